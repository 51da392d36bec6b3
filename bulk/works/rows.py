"""What jobs over chosen rows of one table have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from audit.actor import Actor
from audit.many import Refusals
from audit.refusals import Findings
from bulk.items import Item, Reason, Verdict, reasons_of
from bulk.models import Job
from bulk.selection import batches
from bulk.work import Progress


class RowWork:
    """A job over rows of one table: `items_of` says what becomes of some, `change` does it."""

    noun: ClassVar[str]

    def plan(self, job: Job, actor: Actor, progress: Progress) -> Iterator[Item]:
        line = 0
        for rows in batches(self.noun, job.options["selection"], actor):
            yield from self.items_of(rows, line, job.options, actor)
            line += len(rows)
            progress(line, 0)

    def items_of(
        self, rows: Sequence[Any], line: int, options: Mapping[str, Any], actor: Actor
    ) -> Iterator[Item]:
        """What would become of these rows; the first one is the selection's `line` + 1."""
        raise TypeError(f"{type(self).__name__} has no plan")

    def prepare(self, job: Job, items: Sequence[Item]) -> Any:
        return None

    def carry_out(
        self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any
    ) -> Sequence[Item]:
        refused = self.change(job, actor, items, prepared)
        return [_refused(item, refused[item.key]) for item in items if item.key in refused]

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        """Do it, by services; returns which keys are refused, and why."""
        raise TypeError(f"{type(self).__name__} has no change")


def _refused(item: Item, error: ValidationError) -> Item:
    return Item(
        item.line, item.object_type, item.key, Verdict.REFUSED, item.changes, reasons_of(error)
    )


def judged(findings: Findings, sound: Verdict) -> tuple[Verdict, tuple[Reason, ...]]:
    """The verdict of what a service would say, and its reasons; `sound` where it says nothing."""
    try:
        findings.settle(force=False)
    except ValidationError as error:
        verdict = Verdict.REFUSED if findings.refusals else Verdict.WARNED
        return verdict, reasons_of(error)
    return sound, ()
