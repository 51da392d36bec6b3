"""Jobs over mailboxes: suspending, resuming, deleting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from audit.actor import Actor
from audit.many import Refusals
from bulk.items import Item, Verdict
from bulk.models import Job
from bulk.works.rows import RowWork
from mailboxes.models import Mailbox
from mailboxes.naming import named
from mailboxes.naming_many import losing_by_mailbox
from mailboxes.passwords import label
from mailboxes.services.mailboxes import Dependents
from mailboxes.services.many import delete_mailboxes, resume_mailboxes, suspend_mailboxes
from mailkit.passwords import is_locked, lock, unlock

# So many forwardings that lose a target are named; the others are counted.
NAMED = 5


class SuspendMailboxes(RowWork):
    """Nobody signs in any more; mail still arrives."""

    noun: ClassVar[str] = "mailbox"

    def items_of(
        self, rows: Sequence[Mailbox], line: int, options: Mapping[str, Any], actor: Actor
    ) -> Iterator[Item]:
        for number, row in enumerate(rows, line + 1):
            stored = row.password or ""
            after = None if is_locked(stored) else lock(stored)
            yield _of_hash(number, row, after)

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        return suspend_mailboxes(actor=actor, emails=[item.key for item in items])


class ResumeMailboxes(RowWork):
    """The former passwords work again."""

    noun: ClassVar[str] = "mailbox"

    def items_of(
        self, rows: Sequence[Mailbox], line: int, options: Mapping[str, Any], actor: Actor
    ) -> Iterator[Item]:
        for number, row in enumerate(rows, line + 1):
            stored = row.password or ""
            after = unlock(stored) if is_locked(stored) else None
            yield _of_hash(number, row, after)

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        return resume_mailboxes(actor=actor, emails=[item.key for item in items])


class DeleteMailboxes(RowWork):
    """They are gone, and forwardings that would lead nowhere without them lose this target."""

    noun: ClassVar[str] = "mailbox"

    def items_of(
        self, rows: Sequence[Mailbox], line: int, options: Mapping[str, Any], actor: Actor
    ) -> Iterator[Item]:
        losing = losing_by_mailbox([row.email for row in rows])
        effect = "keep" if options.get("dependents") == "keep" else "lose"
        for number, row in enumerate(rows, line + 1):
            sources = losing.get(row.email, [])
            effects = {effect: [len(sources), *named(sources[:NAMED], actor)]} if sources else {}
            yield Item(number, "mailbox", row.email, Verdict.DELETE, values={"effects": effects})

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        dependents: Dependents = "keep" if job.options.get("dependents") == "keep" else "remove"
        emails = [item.key for item in items]
        return delete_mailboxes(actor=actor, emails=emails, dependents=dependents)


def _of_hash(line: int, row: Mailbox, after: str | None) -> Item:
    if after is None:
        return Item(line, "mailbox", row.email, Verdict.SAME)
    changes: dict[str, list[str | None]] = {"password": [label(row.password), label(after)]}
    return Item(line, "mailbox", row.email, Verdict.CHANGE, changes)
