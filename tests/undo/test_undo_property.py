"""Changes by services, undone in reverse, give back exactly the four tables as they were.

Random sequences of every kind of change, bulk edits and domain deletions included, with odd rows
and further columns that SQL made in between; on the database of this run (see CONTRIBUTING.md for
the others). `test_undo_kinds.py` looks for kinds that are missing here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from django.db import connection, transaction

from tests.undo.kinds import SERVICES, SQL
from tests.undo.random_changes import Change, Counts, RandomChanges
from tests.undo.services_run import services_run
from tests.undo.snapshot import Snapshot, snapshot
from tests.undo.test_undo_kinds import ACTIONS_MADE, SERVICES_MADE
from undo.services import undo

SEQUENCES = 200 if connection.vendor == "sqlite" else 50
# Fewer sequences may not have every kind often enough: then there are some more.
AT_MOST = 300
AT_LEAST = 20


@dataclass(frozen=True)
class State:
    """The four tables, and what may be undone of the operators."""

    tables: Snapshot
    operators: list[tuple[object, ...]]
    grants: list[tuple[object, ...]]


@dataclass(frozen=True)
class Done:
    change: Change
    before: State
    after: State


def state() -> State:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT username, is_superadmin, is_active, max_mailboxes, max_forwardings"
            " FROM mailadmin_user WHERE kind = 'operator' ORDER BY username"
        )
        operators = list(cursor.fetchall())
        cursor.execute("SELECT user_id, domain FROM mailadmin_grant ORDER BY user_id, domain")
        return State(snapshot(), operators, list(cursor.fetchall()))


def make_changes(world: RandomChanges, how_many: int) -> list[Done]:
    done = []
    before = state()
    for _number in range(how_many):
        change = world.change()
        after = state()
        done.append(Done(change, before, after))
        before = after
    return done


def take_back(world: RandomChanges, one: Done) -> None:
    if one.change.take_back is not None:
        one.change.take_back()
    else:
        assert one.change.entry_id is not None
        undone = undo(
            actor=world.actor,
            entry_id=one.change.entry_id,
            whole=one.change.entries > 1 or world.random.random() < 0.5,
            force=True,
        )
        assert undone.taken_back == one.change.entries
    assert state() == one.before, one.change


def redo(world: RandomChanges, one: Done) -> None:
    """Take back a change, take that back, and once more: there, back, and there again."""
    assert one.change.entry_id is not None
    first = undo(actor=world.actor, entry_id=one.change.entry_id, force=True)
    assert state() == one.before, one.change
    second = undo(actor=world.actor, entry_id=first.entries[0].pk, force=True)
    assert state() == one.after, one.change
    third = undo(actor=world.actor, entry_id=second.entries.last().pk, force=True)
    assert state() == one.before, one.change
    undo(actor=world.actor, entry_id=third.entries[0].pk, force=True)
    assert state() == one.after, one.change


def play(root, seed: int, counts: Counts) -> None:
    """A sequence of changes, and all of it undone in reverse; nothing of it stays."""
    world = RandomChanges(random.Random(seed), root, counts, SERVICES, SQL)
    with transaction.atomic():
        world.make_people()
        # Short ones more often: what goes wrong shows in few changes, and each costs time.
        done = make_changes(world, min(30, 5 + int(world.random.expovariate(1 / 6))))
        last = done[-1]
        if last.change.entry_id is not None:
            redo(world, last)
        for one in reversed(done):
            take_back(world, one)
        transaction.set_rollback(True)


@pytest.mark.usefixtures("further_columns")
def test_changes_undone_in_reverse_give_back_the_tables(superadmin, root, capsys) -> None:
    counts = Counts()
    seed = 0
    with services_run() as ran:

        def rare() -> set[object]:
            """What was made less often than it must be."""
            made = {**counts.kinds, **counts.logged, **ran}
            wanted = (*SERVICES, *SQL, *ACTIONS_MADE, *SERVICES_MADE)
            return {one for one in wanted if made.get(one, 0) < AT_LEAST}

        while seed < SEQUENCES or (rare() and seed < AT_MOST):
            try:
                play(root, seed, counts)
            except BaseException:
                print(f"seed {seed}")
                raise
            seed += 1
        assert rare() == set()
    with capsys.disabled():
        print(f"\n{connection.vendor}: {seed} sequences, {counts.kinds.total()} changes")
        for kind in (*SERVICES, *SQL):
            print(f"  {kind}: {counts.kinds[kind]}")
