"""The mailbox owner's own forwarding: where the mail to the own address goes beside the mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.kept import keep
from audit.log import record
from audit.refusals import Findings
from audit.transaction import service
from domains.checks import check_width
from domains.locks import guard, one_at_a_time
from domains.services import changed_meanwhile, insert_row
from domains.state import state_of
from domains.words import as_validation_error
from mailboxes.checks import SEPARATOR
from mailboxes.limits import check_owners_limit
from mailboxes.models import Forwarding, Mailbox
from mailboxes.routing import check_route
from mailboxes.services.forwardings import forwarding_row
from mailboxes.targets import note_targets
from mailkit.addresses import AddressError, domain_of, lowered, parse_destinations, parse_source

# Each mail is sent to all of them in the server's name.
MOST_DESTINATIONS = 20


@dataclass(frozen=True)
class OwnForwarding:
    """`others`: destinations beside the own mailbox; none: there is no forwarding.

    `state`: for a form, see domains.state.
    """

    others: list[str]
    keeps_copy: bool
    state: str


def own_forwarding(email: str) -> OwnForwarding:
    """What becomes of the mail to this mailbox's address."""
    row = _row_of(Forwarding.objects.all(), email)
    state = _state(email, row)
    if row is None:
        return OwnForwarding([], True, state)
    others = _without(row.destinations, email)
    return OwnForwarding(others, not others or len(others) < len(row.destinations), state)


def own_targets(email: str, destination: str, *, keep_copy: bool) -> list[str]:
    """The destinations that what an owner typed stands for; none for no forwarding.

    Who writes the own address among the others wants a copy kept. Raises AddressError.
    """
    typed = parse_destinations(destination) if destination.strip() else []
    others = _without(typed, email)
    if not others:
        return []
    keep_copy = keep_copy or len(others) < len(typed)
    return [email.lower(), *others] if keep_copy else others


@service
def set_own_forwarding(
    *,
    actor: Actor,
    destination: str,
    keep_copy: bool,
    force: bool = False,
    state: str | None = None,
    admins: Sequence[Actor] = (),
) -> OwnForwarding:
    """Send the mail to the owner's address to these destinations, beside the mailbox or instead.

    Without a destination all mail stays in the mailbox. That the mailbox gets no more mail needs
    no `force`: it is what `keep_copy` not set asks for. `admins`: domain admins among whose
    forwardings it counts (`accounts.own_forwarding`). Raises Refused, NeedsConfirmation,
    ChangedMeanwhile, Mailbox.DoesNotExist; PermissionDenied where owners may not do it.
    """
    if not actor.is_mailbox_owner or not settings.MAILADMIN.owners_may_forward:
        raise PermissionDenied
    mailbox = Mailbox.objects.by_key(actor.name)
    if mailbox is None:
        raise Mailbox.DoesNotExist(actor.name)
    guard(Forwarding)
    if admins:
        # Before the row is locked, as wherever forwardings are counted.
        one_at_a_time(Forwarding)
    row = _row_of(Forwarding.objects.select_for_update(), mailbox.email)
    if state is not None and state != _state(mailbox.email, row):
        raise changed_meanwhile({"destination": row.destination if row else ""})
    targets = _targets(actor, mailbox.email, row, destination, keep_copy=keep_copy, force=force)
    if targets and row is None:
        findings = Findings()
        check_owners_limit(findings, admins)
        findings.settle(force=False)
    if targets != (row.destinations if row else []):
        _write(actor, mailbox.email, row, targets)
    return own_forwarding(mailbox.email)


def _targets(
    actor: Actor,
    email: str,
    row: Forwarding | None,
    destination: str,
    *,
    keep_copy: bool,
    force: bool,
) -> list[str]:
    """The destinations to be written, checked; none for no forwarding."""
    findings = Findings()
    try:
        targets = own_targets(email, destination, keep_copy=keep_copy)
        source = row.source if row else parse_source(email)
    except AddressError as error:
        findings.refusals["destination"] = [as_validation_error(error)]
        findings.settle(force=force)
        return []
    if not targets:
        return []
    others = _without(targets, email)
    if others[0].startswith("@"):
        findings.refuse(
            "destination",
            "destination.domain_for_address",
            _("“%(target)s” stands for a whole domain: type an address."),
            target=others[0],
        )
    most = max(MOST_DESTINATIONS, len(row.destinations) if row else 0)
    if len(targets) > most:
        findings.refuse(
            "destination",
            "too_many_destinations",
            _("These are %(count)s addresses; %(most)s are allowed."),
            count=len(targets),
            most=most,
        )
    check_width(findings, "destination", "forwardings", "source", source)
    check_width(findings, "destination", "forwardings", "destination", SEPARATOR.join(targets))
    if not findings.refusals:
        check_route(findings, source, targets, actor=actor, without=row.source if row else None)
        _forget_mail_taken_away(findings)
    findings.settle(force=force)
    return targets


def _forget_mail_taken_away(findings: Findings) -> None:
    # Ours to say beside the box "keep a copy", where it is chosen.
    left = [
        one for one in findings.warnings.get("destination", []) if one.code != "mail_taken_away"
    ]
    findings.warnings = {"destination": left} if left else {}


def _write(actor: Actor, email: str, row: Forwarding | None, targets: list[str]) -> None:
    source = row.source if row else lowered(email)
    after = {"source": source, "destination": SEPARATOR.join(targets)} if targets else None
    action = "change" if row and after else "create" if after else "delete"
    record(
        actor=actor,
        action=f"{action}_forwarding",
        object_type="forwarding",
        key=source,
        domain=domain_of(source),
        before=forwarding_row(row) if row else None,
        after=after,
        kept=keep("forwarding", row.source if row else None, after),
    )
    rows = Forwarding.objects.filter(pk=source)
    if after is None:
        rows.delete()
    elif row is None:
        insert_row(Forwarding, "source", after)
    else:
        rows.update(destination=after["destination"])
    note_targets(source, after["destination"] if after else None)


def _row_of(rows: Any, email: str) -> Forwarding | None:
    # Postfix asks for it in lower case, however the mailbox is stored.
    row: Forwarding | None = rows.by_key(lowered(email))
    return row


def _without(targets: Sequence[str], email: str) -> list[str]:
    return [one for one in targets if one.lower() != email.lower()]


def _state(email: str, row: Forwarding | None) -> str:
    return state_of(forwarding_row(row) if row else {"source": email, "destination": None})
