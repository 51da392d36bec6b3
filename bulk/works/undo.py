"""Taking back an action of many rows: its plan row by row, and all of it in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.models import Entry
from audit.reversal import How, RowStep
from bulk.items import Item, Verdict, reasons_of
from bulk.models import Job
from bulk.work import Progress, Unreadable
from undo.rows import changes_of
from undo.services import Step, plan_undo, undo

# So many obstacles are listed.
LISTED = 1000
_VERDICTS = {
    How.PUT_BACK: Verdict.CREATE,
    How.TAKE_OUT: Verdict.DELETE,
    How.SET_BACK: Verdict.CHANGE,
}


class Undo:
    """`options`: {"entry": one of the action's entries}. Never half: in one transaction."""

    in_one: ClassVar[bool] = True

    def plan(self, job: Job, actor: Actor, progress: Progress) -> Iterator[Item]:
        try:
            plan = plan_undo(actor=actor, entry_id=job.options["entry"])
        except Entry.DoesNotExist:
            raise Unreadable("gone", _("This change is not there, or not yours to see.")) from None
        line = 0
        for obstacle in plan.obstacles[:LISTED]:
            line += 1
            error = ValidationError(str(obstacle.message), obstacle.code)
            yield _item(line, obstacle.entry, Verdict.REFUSED, reasons=reasons_of(error))
        for warning in plan.warnings:
            line += 1
            yield Item(line, "", "", Verdict.WARNED, reasons=reasons_of(warning))
        for step in () if plan.obstacles else plan.steps:
            line += 1
            yield _of_step(line, step)
            if not line % 1000:
                progress(line, len(plan.steps))

    def prepare(self, job: Job, items: Sequence[Item]) -> None:
        return None

    def carry_out(
        self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any
    ) -> Sequence[Item]:
        raise TypeError("an undo has no parts")

    def carry_out_whole(self, job: Job, actor: Actor) -> int:
        """All of it; returns how many changes it took back. Raises ValidationError."""
        return undo(actor=actor, entry_id=job.options["entry"], force=job.force).taken_back


def _of_step(line: int, step: Step) -> Item:
    if not isinstance(step, RowStep):
        changes = {name: [after, before] for name, (before, after) in step.entry.changes.items()}
        return _item(line, step.entry, Verdict.CHANGE, changes=changes)
    # The key of a row that comes or goes stands in front already.
    said = ([None, step.key], [step.key, None])
    shown = {name: pair for name, pair in changes_of(step).items() if pair not in said}
    return _item(line, step.entry, _VERDICTS[step.how], key=step.key_now, changes=shown)


def _item(line: int, entry: Entry, verdict: Verdict, key: str = "", **more: Any) -> Item:
    return Item(line, entry.object_type, key or entry.object_key, verdict, **more)
