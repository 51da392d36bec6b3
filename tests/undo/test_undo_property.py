"""Changes by services, undone in reverse, give back exactly the four tables as they were.

Random sequences of every kind of change, bulk edits and domain deletions included, with odd rows
and further columns that SQL made in between; on the database of this run (see CONTRIBUTING.md for
the others).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from django.db import connection, transaction

from mailadmin.undo import undo
from tests.undo.random_changes import SERVICES, SQL, Change, RandomChanges
from tests.undo.snapshot import Snapshot, snapshot

SEQUENCES = 200 if connection.vendor == "sqlite" else 50
AT_LEAST = 20


@dataclass(frozen=True)
class Done:
    change: Change
    before: Snapshot
    after: Snapshot


def make_changes(world: RandomChanges, how_many: int) -> list[Done]:
    done = []
    before = snapshot()
    for _number in range(how_many):
        change = world.change()
        after = snapshot()
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
    assert snapshot() == one.before, one.change


def redo(world: RandomChanges, one: Done) -> None:
    """Take back a change, take that back, and once more: there, back, and there again."""
    assert one.change.entry_id is not None
    first = undo(actor=world.actor, entry_id=one.change.entry_id, force=True)
    assert snapshot() == one.before, one.change
    second = undo(actor=world.actor, entry_id=first.entries[0].pk, force=True)
    assert snapshot() == one.after, one.change
    third = undo(actor=world.actor, entry_id=second.entries.last().pk, force=True)
    assert snapshot() == one.before, one.change
    undo(actor=world.actor, entry_id=third.entries[0].pk, force=True)
    assert snapshot() == one.after, one.change


@pytest.mark.usefixtures("further_columns")
def test_changes_undone_in_reverse_give_back_the_tables(root, capsys) -> None:
    counts: dict[str, int] = {}
    for seed in range(SEQUENCES):
        world = RandomChanges(random.Random(seed), root, counts)
        try:
            with transaction.atomic():
                done = make_changes(world, world.random.randint(5, 30))
                last = done[-1]
                if last.change.entry_id is not None:
                    redo(world, last)
                for one in reversed(done):
                    take_back(world, one)
                transaction.set_rollback(True)
        except BaseException:
            print(f"seed {seed}")
            raise
    with capsys.disabled():
        print(f"\n{connection.vendor}: {SEQUENCES} sequences, {sum(counts.values())} changes")
        for kind in (*SERVICES, *SQL):
            print(f"  {kind}: {counts.get(kind, 0)}")
    rare = {kind for kind in (*SERVICES, *SQL) if counts.get(kind, 0) < AT_LEAST}
    assert rare == set()
