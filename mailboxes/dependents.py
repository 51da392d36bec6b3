"""What hangs on a mailbox or a virtual domain: shown before it is deleted, and removed with it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from domains.models import Transport
from domains.querysets import DomainPart
from mailboxes.models import Forwarding, Mailbox
from mailboxes.routing import leads_nowhere_without
from mailkit.addresses import domain_of, split_destination

# So many of each are shown; the rest is only counted, up to COUNTED.
SHOWN = 20
COUNTED = 1000


@dataclass(frozen=True)
class Some:
    """The first keys of some rows, and how many there are (`more`: at least that many)."""

    keys: list[str]
    count: int
    more: bool

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True)
class DomainDependents:
    """What goes with a domain when its dependents are removed."""

    mailboxes: Some
    forwardings_from: Some
    forwardings_to: Some
    transports: Some

    def __bool__(self) -> bool:
        return any((self.mailboxes, self.forwardings_from, self.forwardings_to, self.transports))


@dataclass(frozen=True)
class MailboxDependents:
    """What a mailbox's deletion touches. `losing`: sources that would lose this target."""

    forwarding_from: Forwarding | None
    forwardings_to: Some
    losing: Some

    def __bool__(self) -> bool:
        return bool(self.forwarding_from or self.forwardings_to)


def _some(keys: list[str]) -> Some:
    return Some(keys[:SHOWN], min(len(keys), COUNTED), len(keys) > COUNTED)


def mailbox_keys(domain_name: str) -> list[str]:
    """The addresses of a domain's mailboxes, each really in it whatever the collation says."""
    keys = Mailbox.objects.in_domain(domain_name).order_by("pk").values_list("pk", flat=True)
    return _really_in(domain_name, keys)


def forwarding_keys(domain_name: str) -> list[str]:
    """The sources in a domain, its catch-all included."""
    keys = Forwarding.objects.in_domain(domain_name).order_by("pk").values_list("pk", flat=True)
    return _really_in(domain_name, keys)


def transport_keys_of(domain_name: str) -> list[str]:
    """Transports of the domain, of its addresses, and of what lies below it."""
    part = DomainPart("domain", "transport")
    rows = Transport.objects.alias(_domain=part).filter(
        Q(pk__in=[domain_name, "." + domain_name]) | Q(_domain=domain_name)
    )
    keys = rows.order_by("pk").values_list("pk", flat=True)
    wanted = {domain_name, "." + domain_name}
    return [key for key in keys if (domain_of(key) if "@" in key else key).lower() in wanted]


def forwardings_naming(address: str) -> list[tuple[str, list[str]]]:
    """(source, destinations) of each forwarding with this address, or `@domain`, as a target.

    Reads the whole table: no index can answer it.
    """
    wanted = address.lower()
    rows = Forwarding.objects.naming(address).order_by("pk").values_list("source", "destination")
    found = ((source, split_destination(text or "")) for source, text in rows)
    return [
        (source, targets)
        for source, targets in found
        if any(target.lower() == wanted for target in targets)
    ]


def forwardings_into(domain_name: str) -> list[tuple[str, list[str]]]:
    """(source, targets in the domain) of each forwarding of another domain that leads into it."""
    rows = Forwarding.objects.naming("@" + domain_name).order_by("pk")
    found = []
    for source, text in rows.values_list("source", "destination"):
        if domain_of(source).lower() == domain_name:
            continue
        targets = [
            target
            for target in split_destination(text or "")
            if domain_of(target).lower() == domain_name
        ]
        if targets:
            found.append((source, targets))
    return found


def forwardings_losing(email: str) -> list[str]:
    """Sources that would lead nowhere at `email` once its mailbox is gone."""
    return _losing(email, [source for source, _targets in forwardings_naming(email)])


def _losing(email: str, naming: list[str]) -> list[str]:
    # In its own forwarding ("keep a copy") the address means the mailbox and nothing else.
    if naming and leads_nowhere_without(email):
        return naming
    return [source for source in naming if source.lower() == email.lower()]


def domain_dependents(domain_name: str) -> DomainDependents:
    """What hangs on a domain, for the page that asks before deleting it."""
    return DomainDependents(
        mailboxes=_some(mailbox_keys(domain_name)),
        forwardings_from=_some(forwarding_keys(domain_name)),
        forwardings_to=_some([source for source, _targets in forwardings_into(domain_name)]),
        transports=_some(transport_keys_of(domain_name)),
    )


def mailbox_dependents(email: str) -> MailboxDependents:
    """What hangs on a mailbox, for the page that asks before deleting it."""
    naming = [source for source, _targets in forwardings_naming(email)]
    return MailboxDependents(
        forwarding_from=Forwarding.objects.by_key(email),
        forwardings_to=_some(naming),
        losing=_some(_losing(email, naming)),
    )


def _really_in(domain_name: str, keys: object) -> list[str]:
    return [key for key in keys if domain_of(key).lower() == domain_name]  # type: ignore[attr-defined]
