"""Jobs over mailboxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from bulk.items import Item, Reason, Verdict, reasons_of
from bulk.models import Job
from bulk.selection import batches
from bulk.work import Progress
from mailboxes.models import Mailbox
from mailboxes.passwords import label
from mailboxes.services.mailboxes import suspend_mailbox
from mailkit.passwords import is_locked, lock


class SuspendMailboxes:
    """Nobody signs in any more; mail still arrives."""

    def plan(self, job: Job, actor: Actor, progress: Progress) -> Iterator[Item]:
        line = 0
        for rows in batches(Mailbox.objects.all(), job.options["selection"], actor):
            for row in rows:
                line += 1
                yield _suspended(line, row)
            progress(line, 0)

    def prepare(self, job: Job, items: Sequence[Item]) -> None:
        return None

    def carry_out(
        self, job: Job, actor: Actor, items: Sequence[Item], prepared: None
    ) -> Sequence[Item]:
        refused = []
        for item in items:
            try:
                with transaction.atomic():
                    suspend_mailbox(actor=actor, email=item.key)
            except ValidationError as error:
                refused.append(_refused(item, reasons_of(error)))
            except PermissionDenied:
                reason = Reason("__all__", "outside_domains", _("This is not yours to change."))
                refused.append(_refused(item, (reason,)))
            except Mailbox.DoesNotExist:
                reason = Reason("__all__", "not_found", _("It was deleted meanwhile."))
                refused.append(_refused(item, (reason,)))
        return refused


def _suspended(line: int, row: Mailbox) -> Item:
    stored = row.password or ""
    if is_locked(stored):
        return Item(line, "mailbox", row.pk, Verdict.SAME)
    changes: dict[str, list[str | None]] = {"password": [label(stored), label(lock(stored))]}
    return Item(line, "mailbox", row.pk, Verdict.CHANGE, changes)


def _refused(item: Item, reasons: tuple[Reason, ...]) -> Item:
    return Item(item.line, item.object_type, item.key, Verdict.REFUSED, item.changes, reasons)
