"""What hangs on a mailbox or a virtual domain: shown before it is deleted, and removed with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domains.models import Domain, Transport
from domains.schema import is_found, schema
from mailboxes.leading import Asked, Leading, leading
from mailboxes.models import Forwarding, Mailbox
from mailboxes.routing import leads_nowhere_without
from mailkit.addresses import domain_of, lowered

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
    """What goes with a domain when its dependents are removed; `as_of`: see Leading."""

    mailboxes: Some
    forwardings_from: Some
    forwardings_to: Some
    transports: Some
    as_of: datetime | None

    def __bool__(self) -> bool:
        return any((self.mailboxes, self.forwardings_from, self.forwardings_to, self.transports))


@dataclass(frozen=True)
class MailboxDependents:
    """What a mailbox's deletion touches. `losing`: sources that would lose this target.

    `as_of`: see Leading.
    """

    forwarding_from: Forwarding | None
    forwardings_to: Some
    losing: Some
    as_of: datetime | None

    def __bool__(self) -> bool:
        return bool(self.forwarding_from or self.forwardings_to)


def _some(keys: list[str]) -> Some:
    return Some(keys[:SHOWN], min(len(keys), COUNTED), len(keys) > COUNTED)


@dataclass(frozen=True)
class Extent:
    """What belongs to a row of `domains`, by its name as it is stored.

    All addresses in it, whatever letters are capitals. But where the database tells capitals apart
    and there is another row such as `UP.test` beside `up.test` (`has_twin`), only what is spelled
    like this one: deleting one must leave what belongs to the other. `gets_mail`: Postfix, which
    asks in lower case, finds this row and no twin of it.
    """

    name: str
    has_twin: bool = False
    gets_mail: bool = True

    def has(self, domain_name: str) -> bool:
        """Whether a domain as it stands in some row's key is this one."""
        if self.has_twin:
            return domain_name == self.name
        return lowered(domain_name) == lowered(self.name)


def extent_of(domain_name: str) -> Extent:
    """What belongs to the row of `domains` with this name, which may be gone already."""
    if "domains" in schema().blind:
        return Extent(domain_name)
    alike = Domain.objects.named([domain_name]).values_list("domain", flat=True)
    same = lowered(domain_name)
    twins = [name for name in alike if name != domain_name and lowered(name) == same]
    return Extent(domain_name, bool(twins), gets_mail=same not in twins)


def mailbox_keys(extent: Extent) -> list[str]:
    """The addresses of a domain's mailboxes, each really in it whatever the collation says."""
    keys = Mailbox.objects.in_domain(extent.name).order_by("pk").values_list("pk", flat=True)
    return [key for key in keys if extent.has(domain_of(key))]


def forwarding_keys(extent: Extent) -> list[str]:
    """The sources in a domain, its catch-all included."""
    keys = Forwarding.objects.in_domain(extent.name).order_by("pk").values_list("pk", flat=True)
    return [key for key in keys if extent.has(domain_of(key))]


def transport_keys_of(extent: Extent) -> list[str]:
    """Transports of the domain, of its addresses, and of what lies below it."""
    keys = Transport.objects.in_domain(extent.name).order_by("pk").values_list("pk", flat=True)
    return [
        key for key in keys if extent.has(domain_of(key) if "@" in key else key.removeprefix("."))
    ]


def forwardings_naming(email: str, find: Leading) -> list[str]:
    """The sources of the forwardings with this mailbox as a target."""
    if _is_shadowed(email):
        return []
    wanted = lowered(email)
    rows = find.rows(Asked(addresses=(email,)))
    naming = [
        row.source for row in rows if any(lowered(target) == wanted for target in row.destinations)
    ]
    # Without a unique key a source may have several rows.
    return list(dict.fromkeys(naming))


def _is_shadowed(email: str) -> bool:
    """Whether mail to this mailbox's address finds another row, which is spelled in lower case."""
    return not is_found("users", email) and Mailbox.objects.by_key(lowered(email)) is not None


def forwardings_into(extent: Extent, find: Leading) -> list[tuple[str, list[str]]]:
    """(source, targets in the domain) of each forwarding of another domain that leads into it."""
    if not extent.gets_mail:
        return []
    wanted = lowered(extent.name)
    found: dict[str, list[str]] = {}
    for row in find.rows(Asked(domains=(wanted,))):
        if extent.has(domain_of(row.source)):
            continue
        targets = [one for one in row.destinations if lowered(domain_of(one)) == wanted]
        if targets:
            # Without a unique key a source may have several rows.
            found.setdefault(row.source, []).extend(targets)
    return list(found.items())


def forwardings_losing(email: str, find: Leading) -> list[str]:
    """Sources that would lead nowhere at `email` once its mailbox is gone."""
    return _losing(email, forwardings_naming(email, find))


def losing_of(email: str, naming: list[str]) -> list[str]:
    """Those of the sources that name it which would lead nowhere once its mailbox is gone."""
    return [] if _is_shadowed(email) else _losing(email, naming)


def _losing(email: str, naming: list[str]) -> list[str]:
    # In its own forwarding ("keep a copy") the address means the mailbox and nothing else.
    if naming and leads_nowhere_without(email):
        return naming
    return [source for source in naming if source.lower() == email.lower()]


def domain_dependents(domain_name: str) -> DomainDependents:
    """What hangs on a row of `domains`, for the page that asks before deleting it."""
    extent, find = extent_of(domain_name), leading()
    return DomainDependents(
        mailboxes=_some(mailbox_keys(extent)),
        forwardings_from=_some(forwarding_keys(extent)),
        forwardings_to=_some([source for source, _targets in forwardings_into(extent, find)]),
        transports=_some(transport_keys_of(extent)),
        as_of=find.as_of,
    )


def mailbox_dependents(email: str) -> MailboxDependents:
    """What hangs on a mailbox, for the page that asks before deleting it."""
    find = leading()
    naming = forwardings_naming(email, find)
    return MailboxDependents(
        forwarding_from=Forwarding.objects.by_key(email),
        forwardings_to=_some(naming),
        losing=_some(_losing(email, naming)),
        as_of=find.as_of,
    )
