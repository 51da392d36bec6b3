"""The recovery address, the link for a forgotten password, and invitations.

Nothing here tells a stranger whether an address has a mailbox: who asks for a link is answered
before anybody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.in_log import log_owner
from accounts.link_requests import may_ask
from accounts.links import find_link, forget_links, make_link, use_up
from accounts.models import Kind, OneTimeLink, Purpose, Recovery, User
from accounts.owners import factors_suspended
from audit.actor import Actor, ActorKind
from audit.refusals import Findings, Refused
from audit.transaction import service
from domains.postfix import delimiter
from domains.services import locked_row
from domains.words import as_validation_error
from mailboxes.models import Mailbox
from mailboxes.records import record_of
from mailboxes.routing import DatabaseTables
from mailboxes.services.mailboxes import new_hash, store_hash
from mailkit.addresses import AddressError, domain_of, lowered, parse_address
from mailkit.passwords import is_locked
from mailkit.postfix.aliases import Rules, expand, split_extension

# What the change log says of a recovery address; the address itself is nobody else's business.
SET, WAITS = "set", "waits for confirmation"


@dataclass(frozen=True, repr=False)
class Asked:
    """A link to be sent: its token, and where to."""

    email: str
    address: str
    token: str


@dataclass(frozen=True)
class Done:
    """What a link has done, for the notices: whose mailbox, and the recovery addresses touched."""

    email: str
    addresses: tuple[str, ...] = ()


def recovery_of(user: User) -> Recovery:
    """The owner's recovery address; an unsaved, empty one if there is none."""
    return Recovery.objects.filter(user=user).first() or Recovery(user=user)


# --- the recovery address ---


def set_recovery_address(*, actor: Actor, password: str, address: str) -> Asked:
    """An owner names a recovery address, which counts once the link sent there is opened.

    Raises Refused: a wrong password, an address that is the own one or leads to it, suspended
    factors, or too many mails within the hour.
    """
    user, mailbox = _owner(actor)
    findings = Findings()
    _check_password(findings, user, password)
    recipient = _check_address(findings, mailbox.email, address)
    if not findings.refusals and recipient == recovery_of(user).address:
        findings.refuse(
            "address", "recovery.same", _("This is your confirmed recovery address already.")
        )
    findings.settle(force=False)
    if not may_ask(f"confirm:{mailbox.email}", actor.address):
        raise _refused(
            "address",
            "recovery.too_many",
            _("You have been sent several mails within the hour. Try again later."),
        )
    return _set_recovery_address(actor, user, mailbox, recipient)


@service
def _set_recovery_address(actor: Actor, user: User, mailbox: Mailbox, address: str) -> Asked:
    recovery = recovery_of(user)
    log_owner(
        actor,
        "set_recovery_address",
        mailbox.email,
        {"recovery_address": SET if recovery.address else None},
        {"recovery_address": WAITS},
    )
    recovery.pending = address
    recovery.save()
    return Asked(mailbox.email, address, make_link(mailbox, Purpose.CONFIRM, address))


@service
def confirm_recovery_address(*, token: str, network: str) -> Done:
    """Whoever reads mail there has opened the link: the address counts. Raises Refused."""
    found = find_link(token, Purpose.CONFIRM)
    if found is None:
        raise _dead_link()
    link, mailbox = found
    recovery = (
        Recovery.objects.select_for_update()
        .filter(user__username=mailbox.email, user__identity=link.identity, pending=link.address)
        .first()
    )
    if recovery is None or not use_up(link):
        raise _dead_link()
    former = recovery.address
    log_owner(
        _by_link(mailbox.email, network),
        "confirm_recovery_address",
        mailbox.email,
        {"recovery_address": WAITS},
        {"recovery_address": SET},
    )
    recovery.address, recovery.pending = link.address, ""
    recovery.save()
    # Links that were sent to the former address.
    forget_links(mailbox.email, Purpose.RECOVER)
    return Done(mailbox.email, (former, recovery.address))


def remove_recovery_address(*, actor: Actor, password: str) -> Done:
    """An owner wants no recovery address any more. Raises Refused for a wrong password."""
    user, mailbox = _owner(actor)
    findings = Findings()
    _check_password(findings, user, password)
    findings.settle(force=False)
    return _remove_recovery_address(actor, user, mailbox)


@service
def _remove_recovery_address(actor: Actor, user: User, mailbox: Mailbox) -> Done:
    recovery = Recovery.objects.filter(user=user).first()
    if recovery is None:
        return Done(mailbox.email)
    log_owner(actor, "remove_recovery_address", mailbox.email, {"recovery_address": SET}, None)
    recovery.delete()
    forget_links(mailbox.email, Purpose.RECOVER, Purpose.CONFIRM)
    return Done(mailbox.email, (recovery.address,))


def _check_address(findings: Findings, email: str, text: str) -> str:
    """Where the link shall go: not into the mailbox whose password is forgotten."""
    try:
        address = parse_address(text)
    except AddressError as error:
        findings.refusals["address"] = [as_validation_error(error)]
        return ""
    expansion = expand(address, DatabaseTables(), Rules(delimiter=delimiter()))
    ends = {split_extension(one, delimiter())[0] for one in (address, *expansion.recipients)}
    if email.lower() in ends:
        findings.refuse(
            "address",
            "recovery.own",
            _(
                "Mail to this address ends in this mailbox, which you cannot read without its "
                "password. Type another address of yours."
            ),
        )
    elif expansion.error is not None:
        findings.refuse(
            "address", "recovery.endless", _("Mail to this address never arrives anywhere.")
        )
    return address


# --- the forgotten password ---


def ask_for_link(*, email: str, network: str) -> bool:
    """Count a request for a recovery link; False if there were too many. Tells nothing else."""
    return may_ask(email, network)


@service
def make_recovery_link(*, email: str, network: str) -> Asked | None:
    """A link for the owner of this mailbox; None where there is nothing to recover with."""
    mailbox = Mailbox.objects.by_key(lowered(email.strip()))
    if mailbox is None or not mailbox.password or is_locked(mailbox.password):
        return None
    address = confirmed_address(mailbox)
    if not address:
        return None
    actor = Actor(ActorKind.NOBODY, address=network)
    log_owner(actor, "ask_for_recovery", mailbox.email, None, {"link": "sent"})
    return Asked(mailbox.email, address, make_link(mailbox, Purpose.RECOVER, address))


def confirmed_address(mailbox: Mailbox) -> str:
    """Where notices and links to this mailbox's owner go; "" if nowhere."""
    users = User.objects.filter(
        username=mailbox.email, kind=Kind.MAILBOX_OWNER, identity=record_of(mailbox).identity
    )
    user = users.select_related("recovery").first()
    # Not while the hash is one that somebody else wrote: it may be a former owner's address.
    if user is None or not user.is_active or factors_suspended(user):
        return ""
    return recovery_of(user).address


# --- invitations ---


@service
def invite_owner(*, actor: Actor, email: str, sent: bool = False) -> Asked:
    """A link by which a mailbox's owner chooses the password; former ones work no more.

    `sent`: it goes out by mail instead of being handed out. Raises Refused for a suspended mailbox,
    PermissionDenied, Mailbox.DoesNotExist.
    """
    mailbox: Mailbox = locked_row(Mailbox, email)
    if not actor.is_operator or not actor.may_touch(domain_of(mailbox.email)):
        raise PermissionDenied
    if is_locked(mailbox.password):
        raise _refused(
            "__all__",
            "suspended",
            _("This mailbox is suspended: resume it first, or the link would lead nowhere."),
        )
    log_owner(
        actor, "invite_owner", mailbox.email, None, {"link": "sent" if sent else "handed out"}
    )
    return Asked(mailbox.email, "", make_link(mailbox, Purpose.INVITE))


# --- what a link of either kind does ---

ACTIONS = {Purpose.RECOVER: "recover_password", Purpose.INVITE: "accept_invitation"}


def mailbox_of_link(token: str, purpose: Purpose) -> Mailbox | None:
    """Whose password this link sets, if it still works; it is not used up by looking."""
    found = find_link(token, purpose)
    if found is None or not _still_meant(*found):
        return None
    return found[1]


def set_password_by_link(
    *, token: str, purpose: Purpose, password: str, network: str, force: bool = False
) -> Done:
    """Set the mailbox's password and use the link up; all sessions end, since the hash changes.

    Raises Refused (a dead link as an error of no field), NeedsConfirmation.
    """
    if mailbox_of_link(token, purpose) is None:
        raise _dead_link()
    return _set_password_by_link(token, purpose, new_hash(password, force=force), network)


@service
def _set_password_by_link(token: str, purpose: Purpose, stored: str, network: str) -> Done:
    found = find_link(token, purpose)
    if found is None:
        raise _dead_link()
    locked_row(Mailbox, found[1].email)
    # Once more with the row locked: of two who are here at once the second must not get through.
    found = find_link(token, purpose)
    if found is None or not _still_meant(*found):
        raise _dead_link()
    link, mailbox = found
    address = confirmed_address(mailbox)
    if not use_up(link):
        raise _dead_link()
    forget_links(mailbox.email, *Purpose)
    store_hash(
        actor=_by_link(mailbox.email, network),
        email=mailbox.email,
        stored=stored,
        action=ACTIONS[purpose],
    )
    return Done(mailbox.email, (address,))


def _still_meant(link: OneTimeLink, mailbox: Mailbox) -> bool:
    # A recovery link is void once its address is no longer the owner's.
    return link.purpose != Purpose.RECOVER or link.address == confirmed_address(mailbox)


# --- common ---


def _owner(actor: Actor) -> tuple[User, Mailbox]:
    """Raises PermissionDenied, User.DoesNotExist."""
    if not actor.is_mailbox_owner:
        raise PermissionDenied
    user = User.objects.get(username=actor.name, kind=Kind.MAILBOX_OWNER)
    if user.mailbox is None:
        raise User.DoesNotExist(actor.name)
    return user, user.mailbox


def _check_password(findings: Findings, user: User, password: str) -> None:
    if not user.check_password(password):
        findings.refuse("password", "password", _("This is not your password."))
    elif factors_suspended(user):
        findings.refuse(
            "__all__",
            "suspended",
            _("Your password was changed outside this panel: confirm first that you are the same."),
        )


def _by_link(email: str, network: str) -> Actor:
    """Whoever has a link from the owner's mail counts as the owner."""
    return Actor(ActorKind.MAILBOX_OWNER, email, network)


def _dead_link() -> Refused:
    return _refused("__all__", "dead_link", _("This link does not work any more."))


def _refused(field: str, code: str, message: Any) -> Refused:
    return Refused({field: [ValidationError(message, code)]})
