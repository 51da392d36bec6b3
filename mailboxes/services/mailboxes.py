"""Making, locking and deleting mailboxes, and setting their passwords.

A password is hashed before the transaction begins: hashing takes a while, and on SQLite every
other writer would wait for it.
"""

from __future__ import annotations

from typing import Literal

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.kept import keep
from audit.log import record
from audit.refusals import Findings
from audit.transaction import service
from domains.checks import check_width
from domains.locks import guard
from domains.postfix import delimiter
from domains.services import changed_meanwhile, insert_row, locked_row
from domains.state import state_of
from domains.words import as_validation_error
from mailboxes.checks import check_new_mailbox
from mailboxes.dependents import forwardings_losing
from mailboxes.leading import leading
from mailboxes.limits import check_mailbox_limit
from mailboxes.models import Mailbox
from mailboxes.open_sessions import end_sessions_of
from mailboxes.passwords import hashed, judge_password, label
from mailboxes.records import begin_record, forget_records, note_hash
from mailboxes.services.forwardings import remove_target
from mailboxes.services.left_behind import look_for_more
from mailkit.addresses import AddressError, domain_of, parse_mailbox_address
from mailkit.passwords import is_locked, lock, unlock, verify

Dependents = Literal["remove", "keep"]
# After these the password that opened a session is as good as before.
SAME_PASSWORD = frozenset({"rehash", "resume_mailbox"})


def create_mailbox(*, actor: Actor, email: str, password: str, force: bool = False) -> Mailbox:
    """Make a mailbox with this password. Raises Refused or NeedsConfirmation."""
    findings = Findings()
    address = email
    try:
        address = parse_mailbox_address(email, delimiter())
    except AddressError as error:
        findings.refusals["email"] = [as_validation_error(error)]
    judge_password(findings, password)
    if "email" in findings.refusals or "password" in findings.refusals:
        findings.settle(force=force)
    return _create_mailbox(actor, address, hashed(password), findings, force)


@service
def _create_mailbox(
    actor: Actor, address: str, stored: str, before: Findings, force: bool
) -> Mailbox:
    findings = Findings()
    findings.warnings.update({name: list(found) for name, found in before.warnings.items()})
    guard(Mailbox)
    check_mailbox_limit(findings, actor)
    is_taken = Mailbox.objects.by_key(address) is not None
    check_new_mailbox(findings, actor, address, is_taken=is_taken)
    check_width(findings, "password", "users", "password", stored)
    findings.settle(force=force)
    record(
        actor=actor,
        action="create_mailbox",
        object_type="mailbox",
        key=address,
        domain=domain_of(address),
        after={"email": address, "password": label(stored)},
        kept=keep("mailbox", None, {"email": address, "password": stored}),
    )
    begin_record(address, stored)
    insert_row(Mailbox, "email", {"email": address, "password": stored})
    return Mailbox(email=address, password=stored)


def set_mailbox_password(
    *, actor: Actor, email: str, password: str, force: bool = False, state: str | None = None
) -> Mailbox:
    """Give a mailbox a new password; a suspended one stays suspended.

    Raises Refused, NeedsConfirmation, ChangedMeanwhile, Mailbox.DoesNotExist.
    """
    return store_hash(
        actor=actor,
        email=email,
        stored=new_hash(password, force=force),
        action="set_mailbox_password",
        state=state,
    )


def change_own_password(
    *, actor: Actor, old_password: str, new_password: str, force: bool = False
) -> Mailbox:
    """A mailbox owner changes his own password and proves the old one.

    Raises Refused, NeedsConfirmation, Mailbox.DoesNotExist.
    """
    if not actor.is_mailbox_owner:
        raise PermissionDenied
    mailbox = Mailbox.objects.by_key(actor.name)
    if mailbox is None:
        raise Mailbox.DoesNotExist(actor.name)
    findings = Findings()
    if not verify(old_password, mailbox.password):
        findings.refuse("old_password", "old_password", _("This is not your present password."))
    judge_password(findings, new_password)
    findings.settle(force=force)
    state = state_of(mailbox_row(mailbox))
    return store_hash(
        actor=actor,
        email=mailbox.email,
        stored=hashed(new_password),
        action="change_own_password",
        state=state,
    )


def mailbox_row(mailbox: Mailbox) -> dict[str, str | None]:
    """The row's values, for `state_of` only: the hash is among them."""
    return {"email": mailbox.email, "password": mailbox.password}


def new_hash(password: str, *, force: bool = False) -> str:
    """The hash of a new password, once nothing speaks against it. Call it before a transaction.

    Raises Refused, NeedsConfirmation.
    """
    findings = Findings()
    judge_password(findings, password)
    findings.settle(force=force)
    return hashed(password)


@service
def store_hash(
    *, actor: Actor, email: str, stored: str, action: str, state: str | None = None
) -> Mailbox:
    """Write a new password's hash; a suspended mailbox stays suspended.

    Raises Refused, ChangedMeanwhile, Mailbox.DoesNotExist.
    """
    row: Mailbox = locked_row(Mailbox, email)
    _may_change(actor, row)
    if state is not None and state != state_of(mailbox_row(row)):
        raise changed_meanwhile({"email": row.email, "password": label(row.password)})
    if row.password and is_locked(row.password):
        stored = lock(stored)
    _refuse_wide_hash(stored)
    write_hash(actor, row, stored, action, f"{label(stored)}, new")
    return row


@service
def suspend_mailbox(*, actor: Actor, email: str) -> Mailbox:
    """Lock a mailbox: mail still arrives, nobody signs in. Raises Refused if it does not fit."""
    row: Mailbox = locked_row(Mailbox, email)
    _may_change(actor, row)
    if row.password and is_locked(row.password):
        return row
    stored = lock(row.password or "")
    _refuse_wide_hash(stored)
    write_hash(actor, row, stored, "suspend_mailbox", label(stored))
    return row


@service
def resume_mailbox(*, actor: Actor, email: str) -> Mailbox:
    """Undo `suspend_mailbox`: the former password works again."""
    row: Mailbox = locked_row(Mailbox, email)
    _may_change(actor, row)
    if not row.password or not is_locked(row.password):
        return row
    stored = unlock(row.password)
    write_hash(actor, row, stored, "resume_mailbox", label(stored))
    return row


@service
def delete_mailbox(
    *,
    actor: Actor,
    email: str,
    dependents: Dependents = "remove",
) -> None:
    """Delete a mailbox; mail on disk stays.

    With "remove", each forwarding loses this target where it would lead nowhere without the
    mailbox, and is deleted when no target is left. Raises Mailbox.DoesNotExist.
    """
    row: Mailbox = locked_row(Mailbox, email)
    _may_change(actor, row)
    find = leading()
    losing = forwardings_losing(row.email, find) if dependents == "remove" else []
    record(
        actor=actor,
        action="delete_mailbox",
        object_type="mailbox",
        key=row.email,
        domain=domain_of(row.email),
        before={"email": row.email, "password": label(row.password)},
        kept=keep("mailbox", row.email, None),
    )
    for source in losing:
        remove_target(actor=actor, source=source, targets=[row.email])
    forget_records([row.email])
    Mailbox.objects.filter(pk=row.email).delete()
    end_sessions_of([row.email])
    if dependents == "remove":
        look_for_more(find, actor=actor, kind="mailbox", key=row.email)


def _may_change(actor: Actor, row: Mailbox) -> None:
    if actor.is_mailbox_owner and actor.name == row.email:
        return
    if not actor.may_touch(domain_of(row.email)):
        raise PermissionDenied


def _refuse_wide_hash(stored: str) -> None:
    findings = Findings()
    check_width(findings, "password", "users", "password", stored)
    findings.settle(force=False)


def write_hash(actor: Actor, row: Mailbox, stored: str, action: str, after: str) -> None:
    """Write another hash into a locked row, within a transaction; `after` is what the log says."""
    record(
        actor=actor,
        action=action,
        object_type="mailbox",
        key=row.email,
        domain=domain_of(row.email),
        before={"password": label(row.password)},
        after={"password": after},
        kept=keep("mailbox", row.email, {"email": row.email, "password": stored}),
    )
    note_hash(row.email, row.password, stored)
    Mailbox.objects.filter(pk=row.email).update(password=stored)
    row.password = stored
    if action not in SAME_PASSWORD:
        end_sessions_of([row.email])
