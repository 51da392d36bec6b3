"""What speaks against a mailbox or a forwarding; for one row, or for one of many looked up at once.

`known`: what has been looked up for many rows (`mailboxes.known_tables`); without it the tables
themselves are asked.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.refusals import Findings
from domains.checks import check_domain_exists, check_width
from domains.services import must_be_in, refuse_taken
from domains.words import as_validation_error
from mailboxes.known_tables import MailTables
from mailboxes.routing import check_mailbox_gets_mail, check_route
from mailkit.addresses import AddressError, domain_of, parse_destinations, parse_source

SEPARATOR = ", "


def check_new_mailbox(
    findings: Findings,
    actor: Actor,
    address: str,
    *,
    is_taken: bool,
    known: MailTables | None = None,
) -> None:
    """Judge a mailbox that would be made at this address, which has been parsed."""
    must_be_in(actor, domain_of(address), "email", findings)
    check_width(findings, "email", "users", "email", address)
    if is_taken:
        refuse_taken(findings, "email", address)
    else:
        check_domain_exists(findings, "email", domain_of(address), known)
        check_mailbox_gets_mail(findings, address, actor, known)


def parse_forwarding(
    findings: Findings, source: str | None, destination: str, kept: str = ""
) -> tuple[str, list[str]]:
    """(source, targets) as they are stored; `kept` where the source stays as it is (None)."""
    key, targets = kept, []
    if source is not None:
        try:
            key = parse_source(source)
        except AddressError as error:
            findings.refusals["source"] = [as_validation_error(error)]
    try:
        targets = parse_destinations(destination)
    except AddressError as error:
        findings.refusals["destination"] = [as_validation_error(error)]
    return key, targets


def check_new_source(
    findings: Findings, actor: Actor, key: str, known: MailTables | None = None
) -> None:
    """Judge a source that a forwarding did not have before."""
    must_be_in(actor, domain_of(key), "source", findings)
    check_domain_exists(findings, "source", domain_of(key), known)


def check_forwarding(
    findings: Findings,
    actor: Actor,
    key: str,
    targets: Sequence[str],
    *,
    without: str | None = None,
    known: MailTables | None = None,
    coming: Container[str] = (),
) -> str:
    """Judge a forwarding that would be written; gives what to write. See `check_route`."""
    check_shape(findings, key, targets)
    if not findings.refusals:
        check_route(
            findings,
            key,
            list(targets),
            actor=actor,
            without=without,
            known=known,
            coming=coming,
        )
    return SEPARATOR.join(targets)


def check_shape(findings: Findings, key: str, targets: Sequence[str]) -> None:
    """Refuse what the columns cannot hold, and a whole domain in the place of an address."""
    if "source" not in findings.refusals:
        check_width(findings, "source", "forwardings", "source", key)
    if not targets:
        return
    check_width(findings, "destination", "forwardings", "destination", SEPARATOR.join(targets))
    if targets[0].startswith("@") and not key.startswith("@"):
        findings.refuse(
            "destination",
            "destination.domain_for_address",
            _(
                "“%(target)s” stands for a whole domain; only a whole domain (a source such "
                "as @example.org) can be forwarded to it."
            ),
            target=targets[0],
        )
