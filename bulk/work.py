"""What a kind of job has to know: how to plan it, and how to carry out some items of the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from audit.actor import Actor
from bulk.items import Item
from bulk.models import Job

# Called with how far the checking is, and how much there is (0 where nobody knows).
Progress = Callable[[int, int], None]


class Unreadable(Exception):
    """The job cannot be planned at all, a broken file say. `code`, and words for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Work(Protocol):
    """One kind of job; its instances stand in bulk.kinds.KINDS.

    It may have `at_a_time`: so many items are carried out in one transaction (else parts.ITEMS);
    `at_once`, so many are done in the request that confirms them (else bulk.selection.AT_ONCE),
    and where it has `is_quick(items)`, only if that says so;
    `in_one`: it has `carry_out_whole(job, actor)`, which does all of it in one transaction, says
    how many it did, and raises ValidationError where it does nothing.
    `keeps_secrets`: they are forgotten some time after its end, not with it.
    """

    def plan(self, job: Job, actor: Actor, progress: Progress) -> Iterator[Item]:
        """What would become of each item, in order. Only looks. Raises Unreadable."""
        ...

    def prepare(self, job: Job, items: Sequence[Item]) -> Any:
        """Before the transaction: what takes long, hashing say. Handed to `carry_out`."""
        ...

    def carry_out(
        self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any
    ) -> Sequence[Item]:
        """Within the transaction, by services: do these items, and check them once more.

        Returns those that could not be done as planned, with the verdict and reasons there are
        now; the rows may have changed since the plan was made.
        """
        ...
