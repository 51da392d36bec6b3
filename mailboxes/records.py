"""Keeps `mailadmin_mailbox` in step with the mailboxes: whose a mailbox is, and who wrote its hash.

Rows of `users` also come, change and go by SQL alone. A mailbox that the panel sees for the first
time is taken as it is; one that is gone takes its record along as soon as the panel notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from domains.schema import schema
from mailboxes.models import Mailbox, MailboxRecord

BATCH = 500


def digest(stored: str | None) -> str:
    """A keyed digest of a stored hash; tells nothing of the hash."""
    return salted_hmac("mailboxes.hash", stored or "", algorithm="sha256").hexdigest()


def begin_record(email: str, stored: str | None) -> MailboxRecord:
    """A new mailbox: whatever was known of a former one of this address is forgotten."""
    forget_records([email])
    return _record(email, stored)


def begin_records(mailboxes: Iterable[tuple[str, str | None]]) -> None:
    """New mailboxes, as (address, stored hash), in a few statements."""
    new = [MailboxRecord(email=email, hash_digest=digest(stored)) for email, stored in mailboxes]
    forget_records(record.email for record in new)
    # Without a unique key in `users` there may be several rows of one address.
    MailboxRecord.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)


def note_hash(email: str, before: str | None, after: str | None) -> None:
    """The panel is about to write another hash.

    A hash in between that it did not write stays unconfirmed when the change says nothing of who
    the owner is (a lock, say): see `confirm` for what does.
    """
    # One that is first seen now is taken as it will be.
    record = _record(email, after)
    rows = MailboxRecord.objects.filter(pk=record.pk, hash_digest=digest(before))
    rows.update(hash_digest=digest(after))


def note_hashes(changes: Mapping[str, tuple[str | None, str | None]]) -> None:
    """`note_hash` of many mailboxes in a few statements: {email: (before, after)}."""
    found = {one.email: one for one in MailboxRecord.objects.filter(email__in=list(changes))}
    new = [
        MailboxRecord(email=email, hash_digest=digest(after))
        for email, (_before, after) in changes.items()
        if email not in found
    ]
    MailboxRecord.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    known = []
    for email, (before, after) in changes.items():
        record = found.get(email)
        if record is not None and record.hash_digest == digest(before):
            record.hash_digest = digest(after)
            known.append(record)
    # In a longer CASE each row is compared with too many others.
    MailboxRecord.objects.bulk_update(known, ["hash_digest"], batch_size=100)


def record_of(mailbox: Mailbox) -> MailboxRecord:
    """The mailbox's record; made now if the panel sees the mailbox for the first time."""
    return _record(mailbox.email, mailbox.password)


def _record(email: str, stored: str | None) -> MailboxRecord:
    """The record with this very address, made if there is none.

    Not stored where this table is blind to case, `users` is not, and another mailbox has it: the
    owner of one with capitals cannot sign in there anyhow, and the other's record stays his.
    """
    record = _of_this_very(email)
    if record is not None:
        return record
    new = MailboxRecord(email=email, hash_digest=digest(stored))
    try:
        with transaction.atomic():
            new.save(force_insert=True)
    except IntegrityError:
        # Or somebody made it in this moment.
        return _of_this_very(email) or MailboxRecord(email=email, hash_digest=digest(stored))
    return new


def _of_this_very(email: str) -> MailboxRecord | None:
    rows = MailboxRecord.objects.filter(email=email)
    return next((one for one in rows if one.email == email), None)


def is_confirmed(mailbox: Mailbox) -> bool:
    """Whether the stored hash is the one the panel wrote, first saw, or was told to trust."""
    return record_of(mailbox).hash_digest == digest(mailbox.password)


def confirm(mailbox: Mailbox) -> None:
    """The owner with the present password, or an operator, says that the owner is the same."""
    record = record_of(mailbox)
    MailboxRecord.objects.filter(pk=record.pk).update(hash_digest=digest(mailbox.password))


def forget_records(emails: Iterable[str]) -> None:
    """The mailboxes are gone: whoever gets the addresses next is a stranger."""
    keys = list(emails)
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        rows = MailboxRecord.objects.filter(email__in=batch)
        if "users" not in schema().blind:
            # This table may be blind to case where `users` is not: another mailbox's record stays.
            rows = rows.filter(pk__in=[one.pk for one in rows if one.email in set(batch)])
        rows.delete()
