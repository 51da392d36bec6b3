"""Locking, unlocking and deleting many mailboxes, and giving them hashes, in a few statements.

The checks, the log and the records are those of the services of one mailbox. What the database may
take for another row (`É@` for `e@`, a trailing blank) goes through those, one by one; so does what
is not there under exactly this key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from audit.actor import Actor
from audit.kept import keep_many
from audit.log import diff, new_entry, record_many
from audit.many import Refusals, not_yours, one_by_one
from audit.refusals import Findings
from audit.reversal import likeness
from audit.transaction import service
from domains.checks import check_width
from domains.locks import guard
from mailboxes.models import Mailbox
from mailboxes.naming_many import losing_by_mailbox
from mailboxes.open_sessions import end_sessions_of
from mailboxes.passwords import label
from mailboxes.records import forget_records, note_hashes
from mailboxes.services.forwardings import must_be_told_apart, remove_target
from mailboxes.services.mailboxes import (
    SAME_PASSWORD,
    Dependents,
    delete_mailbox,
    resume_mailbox,
    store_hash,
    suspend_mailbox,
)
from mailkit.addresses import domain_of
from mailkit.passwords import is_locked, lock, unlock

# What a row's hash becomes; None: it stays as it is.
NewHash = Callable[[Mailbox], str | None]


@service
def suspend_mailboxes(*, actor: Actor, emails: Sequence[str]) -> Refusals:
    """Lock them; those that are locked stay as they are. Returns who is refused, and why."""

    def locked(row: Mailbox) -> str | None:
        return None if row.password and is_locked(row.password) else lock(row.password or "")

    rows, others = locked_rows(Mailbox, emails)
    refused = _write(actor, rows, "suspend_mailbox", locked)
    return refused | one_by_one(others, lambda key: suspend_mailbox(actor=actor, email=key))


@service
def resume_mailboxes(*, actor: Actor, emails: Sequence[str]) -> Refusals:
    """Unlock them: the former passwords work again. Returns who is refused, and why."""

    def unlocked(row: Mailbox) -> str | None:
        return unlock(row.password) if row.password and is_locked(row.password) else None

    rows, others = locked_rows(Mailbox, emails)
    refused = _write(actor, rows, "resume_mailbox", unlocked)
    return refused | one_by_one(others, lambda key: resume_mailbox(actor=actor, email=key))


@service
def store_hashes(*, actor: Actor, hashes: Mapping[str, str]) -> Refusals:
    """Write new passwords' hashes; a suspended one stays so. Returns who is refused, and why."""
    action = "set_mailbox_password"

    def new(row: Mailbox) -> str:
        stored = hashes[row.email]
        return lock(stored) if row.password and is_locked(row.password) else stored

    def one(key: str) -> object:
        return store_hash(actor=actor, email=key, stored=hashes[key], action=action)

    rows, others = locked_rows(Mailbox, list(hashes))
    return _write(actor, rows, action, new, ", new") | one_by_one(others, one)


@service
def delete_mailboxes(
    *, actor: Actor, emails: Sequence[str], dependents: Dependents = "remove"
) -> Refusals:
    """Delete them; see `delete_mailbox`. Returns who is refused, and why."""
    rows, others = locked_rows(Mailbox, emails)
    rows, refused = _own(actor, rows)
    gone = [row.email for row in rows]
    losing = losing_by_mailbox(gone) if dependents == "remove" else {}
    refused |= _not_told_apart(losing)
    rows = [row for row in rows if row.email not in refused]
    gone = [row.email for row in rows]
    kept = keep_many("mailbox", dict.fromkeys(gone))
    record_many(
        new_entry(
            actor=actor,
            action="delete_mailbox",
            object_type="mailbox",
            key=row.email,
            domain=domain_of(row.email),
            changes=diff({"email": row.email, "password": label(row.password)}, None),
            kept=kept.get(row.email),
        )
        for row in rows
    )
    for email in gone:
        for source in losing.get(email, ()):
            remove_target(actor=actor, source=source, targets=[email])
    forget_records(gone)
    Mailbox.objects.filter(pk__in=gone).delete()
    end_sessions_of(gone)

    def one(key: str) -> object:
        return delete_mailbox(actor=actor, email=key, dependents=dependents)

    return refused | one_by_one(others, one)


def _not_told_apart(losing: Mapping[str, Sequence[str]]) -> Refusals:
    """Mailboxes with a forwarding that cannot lose its target."""
    refused: Refusals = {}
    for email, sources in losing.items():
        try:
            for source in sources:
                must_be_told_apart(source)
        except ValidationError as error:
            refused[email] = error
    return refused


def locked_rows(model: Any, keys: Sequence[str]) -> tuple[list[Any], list[str]]:
    """The rows of exactly these keys, locked; and the keys that have to be gone through singly."""
    guard(model)
    found = model.objects.select_for_update().filter(pk__in=list(keys)).found()
    alike = Counter(likeness(row.pk) for row in found)
    wanted = set(keys)
    rows = [row for row in found if row.pk in wanted and alike[likeness(row.pk)] == 1]
    plain = {row.pk for row in rows}
    return rows, [key for key in keys if key not in plain]


def _own(actor: Actor, rows: list[Mailbox]) -> tuple[list[Mailbox], Refusals]:
    mine = [row for row in rows if actor.may_touch(domain_of(row.email))]
    others = [row for row in rows if not actor.may_touch(domain_of(row.email))]
    return mine, {row.email: not_yours() for row in others}


def _write(
    actor: Actor, rows: list[Mailbox], action: str, new_hash: NewHash, said: str = ""
) -> Refusals:
    """Write the new hashes of locked rows; `said` stands in the log behind the scheme."""
    rows, refused = _own(actor, rows)
    changes: dict[str, tuple[str | None, str | None]] = {}
    written = []
    for row in rows:
        stored = new_hash(row)
        if stored is None:
            continue
        error = _too_wide(stored)
        if error is not None:
            refused[row.email] = error
            continue
        changes[row.email] = (row.password, stored)
        written.append(row)
    kept = keep_many(
        "mailbox",
        {email: {"email": email, "password": after} for email, (_was, after) in changes.items()},
    )
    record_many(
        new_entry(
            actor=actor,
            action=action,
            object_type="mailbox",
            key=email,
            domain=domain_of(email),
            changes=diff({"password": label(before)}, {"password": f"{label(after)}{said}"}),
            kept=kept.get(email),
        )
        for email, (before, after) in changes.items()
    )
    note_hashes(changes)
    for row in written:
        row.password = changes[row.email][1]
    Mailbox.objects.bulk_update(written, ["password"], batch_size=100)
    if action not in SAME_PASSWORD:
        end_sessions_of(changes)
    return refused


def _too_wide(stored: str) -> ValidationError | None:
    findings = Findings()
    check_width(findings, "password", "users", "password", stored)
    try:
        findings.settle(force=False)
    except ValidationError as error:
        return error
    return None
