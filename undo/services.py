"""Undo: what it takes to take a change of the log back, and taking it back.

A plan first, which only looks; then, in one transaction, each row as it was before the action,
logged like any other change, so that an undo can be undone.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.actions import group_of_action
from audit.actor import Actor
from audit.kept import Kept, kept_of
from audit.models import Entry
from audit.reading import undone_by
from audit.refusals import Findings, Refused
from audit.reversal import Board, Obstacle, RowStep, plan_step, play, wrong_row
from audit.transaction import service
from audit.undone import mark_undone
from domains.locks import guard, one_at_a_time
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from undo.checks import over_limit, why_not
from undo.dns import KIND as DNS_SETTINGS
from undo.dns import SettingsStep, plan_settings
from undo.mail import warn
from undo.operators import Operators, OperatorStep
from undo.rows import write_rows

Step = RowStep | OperatorStep | SettingsStep
# So many reasons are told; an action of a hundred thousand rows may have as many.
TOLD = 20


@dataclass(frozen=True, repr=False)
class Plan:
    """What undo would do. `steps` newest change first; it is refused if there are `obstacles`.

    `warnings`: what it would do to mail, to be confirmed. `already`: entries of the action that are
    undone and stay so.
    """

    entry: Entry
    whole: bool
    steps: list[Step]
    board: Board
    obstacles: list[Obstacle] = field(default_factory=list)
    warnings: list[ValidationError] = field(default_factory=list)
    already: int = 0


@dataclass(frozen=True)
class Undone:
    """`group`: of the entries that undo logged; `taken_back`: how many changes it took back."""

    group: UUID
    taken_back: int

    @property
    def entries(self) -> QuerySet[Entry]:
        """What undo logged, oldest first. Of a big domain that is a lot: read when asked for."""
        logged: QuerySet[Entry] = Entry.objects.filter(group=self.group)
        return logged.order_by("pk")


def plan_undo(*, actor: Actor, entry_id: int, whole: bool = True) -> Plan:
    """What taking back this entry, or the whole action that it belongs to, would do. Only looks.

    Raises Entry.DoesNotExist for an entry that the actor does not see.
    """
    return _plan(actor, entry_id, whole=whole, lock=False)


def in_the_way(*, actor: Actor, entry_id: int, whole: bool = True) -> list[Obstacle]:
    """Why this cannot be taken back; empty if it can. Does not look at what mail would do.

    Raises Entry.DoesNotExist.
    """
    return _plan(actor, entry_id, whole=whole, lock=False, mail=False).obstacles


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Python's search for cycles is off: of the objects of a hundred thousand rows, none of which
    goes in a circle, it took a quarter of the time to look through them again and again.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@service
@_collector_paused()
def undo(*, actor: Actor, entry_id: int, whole: bool = True, force: bool = False) -> Undone:
    """Take back one entry, or the whole action that it belongs to.

    Raises Entry.DoesNotExist; Refused where something stands in the way; NeedsConfirmation where
    mail would be lost by it.
    """
    for model in (Domain, Mailbox, Forwarding, Transport):
        guard(model)
    plan = _plan(actor, entry_id, whole=whole, lock=True)
    findings = Findings()
    for obstacle in plan.obstacles[:TOLD]:
        findings.refuse("__all__", obstacle.code, obstacle.message)
    if plan.warnings:
        findings.warnings["__all__"] = plan.warnings
    findings.settle(force=force)
    try:
        with transaction.atomic():
            _carry_out(actor, plan)
    except IntegrityError as error:
        # The database's own text may hold the whole row, so it is not repeated.
        raise _refused(
            "conflict",
            _("The database refuses a row: its key is taken, or a rule of the table forbids it."),
        ) from error
    except DataError as error:
        raise _refused(
            "does_not_fit", _("A value does not fit its column any more. Nothing was changed.")
        ) from error
    return _mark(plan)


def _plan(actor: Actor, entry_id: int, *, whole: bool, lock: bool, mail: bool = True) -> Plan:
    entry: Entry = Entry.objects.visible_to(actor).get(pk=entry_id)
    entries = _entries(entry, whole=whole, lock=lock)
    open_ = [one for one in entries if not one.undone]
    plan = Plan(entry, whole, [], Board(lock=lock), already=len(entries) - len(open_))
    if not open_:
        plan.obstacles.append(_undone_already(entry))
        return plan
    kept: dict[int, Kept | None] = {one.pk: kept_of(one) for one in open_}
    seen = _seen(actor, entry)
    reasons = (
        why_not(actor, one, kept[one.pk], seen=seen is None or one.pk in seen) for one in open_
    )
    plan.obstacles.extend(reason for reason in reasons if reason is not None)
    if plan.obstacles:
        return plan
    kinds = {one.object_type for one in open_}
    if lock and "mailbox" in kinds and actor.limits.mailboxes is not None:
        one_at_a_time(Mailbox)
    if lock and "forwarding" in kinds:
        one_at_a_time(Forwarding)
    plan.board.load(one for one in kept.values() if one is not None)
    operators = Operators()
    for one in open_:
        step = _step(one, kept[one.pk], plan.board, operators)
        if isinstance(step, Obstacle):
            plan.obstacles.append(step)
            continue
        if isinstance(step, RowStep):
            play(step, plan.board)
        plan.steps.append(step)
    if not plan.obstacles:
        plan.obstacles.extend(over_limit(actor, entry, _rows_of(plan)))
        plan.warnings.extend(warn(actor, _rows_of(plan), plan.board) if mail else ())
    return plan


def _seen(actor: Actor, entry: Entry) -> set[int] | None:
    """The entries of its action that the actor sees; None for all."""
    if actor.touches_everything:
        return None
    same = Entry.objects.visible_to(actor).filter(group=entry.group)
    return set(same.values_list("pk", flat=True))


def _step(entry: Entry, kept: Kept | None, board: Board, operators: Operators) -> Step | Obstacle:
    if entry.object_type == DNS_SETTINGS:
        return plan_settings(entry)
    return operators.plan_step(entry) if kept is None else plan_step(entry, kept, board)


def _entries(entry: Entry, *, whole: bool, lock: bool) -> list[Entry]:
    found = Entry.objects.with_kept().order_by("-pk")
    found = found.filter(group=entry.group) if whole else found.filter(pk=entry.pk)
    return list(found.select_for_update() if lock else found)


def _undone_already(entry: Entry) -> Obstacle:
    message = _("This is undone already, by change %(id)s.") % {
        "id": undone_by([entry]).get(entry.pk)
    }
    return Obstacle(entry, "undone", message)


def _rows_of(plan: Plan) -> list[RowStep]:
    return [step for step in plan.steps if isinstance(step, RowStep)]


def _refused(code: str, message: object) -> Refused:
    return Refused({"__all__": [ValidationError(str(message), code)]})


def _carry_out(actor: Actor, plan: Plan) -> None:
    def kind(step: Step) -> tuple[str, str]:
        how = step.how if isinstance(step, RowStep) else "service"
        return (how, step.entry.object_type)

    for _kind, run in groupby(plan.steps, kind):
        rows: list[RowStep] = []
        for step in run:
            if isinstance(step, RowStep):
                rows.append(step)
            else:
                _carry_out_by_service(actor, step)
        if rows:
            write_rows(actor, rows, plan.board.contents[rows[0].table])
    wrong = wrong_row(plan.board, _rows_of(plan))
    if wrong is not None:
        raise _refused(
            "not_exact",
            _("The database would store “%(key)s” otherwise than it was. Nothing was changed.")
            % {"key": wrong},
        )


def _carry_out_by_service(actor: Actor, step: OperatorStep | SettingsStep) -> None:
    step.carry_out(actor)
    # The service of `accounts` or `dnshealth` wrote its own entries.
    logged = Entry.objects.filter(group=group_of_action(), undoes=None)
    logged.update(undoes=step.entry)


def _mark(plan: Plan) -> Undone:
    mark_undone(step.entry for step in plan.steps)
    return Undone(group_of_action(), len(plan.steps))
