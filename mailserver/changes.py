"""What a form or a deletion would do to the rows of the four tables, for the preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from domains.postfix import delimiter
from domains.schema import is_found
from mailboxes.dependents import Extent, extent_of
from mailboxes.routing import DatabaseTables, leads_nowhere_without
from mailboxes.services.own import own_targets
from mailkit.addresses import (
    domain_of,
    lowered,
    parse_destinations,
    parse_domain,
    parse_mailbox_address,
    parse_source,
    split_destination,
)
from mailkit.postfix.alias_tables import Changed
from mailkit.postfix.transports import parse_transport_key

# Tables that the key of a deletion may be of, by the name that a URL has for it.
TABLES = {
    "domain": "domains",
    "mailbox": "users",
    "forwarding": "forwardings",
    "transport": "transport",
}


@dataclass(frozen=True)
class Change:
    """Rows as they would be, by their keys in lower case; None (False) for one that is gone.

    `keys`: of the rows that somebody changes; the other rows follow from it. `gone`: domains whose
    mailboxes, forwardings and transports go with them, and where no forwarding leads any more.
    `losing`: mailboxes, in lower case, that forwardings lose where they would lead nowhere.
    """

    keys: tuple[str, ...]
    domains: Mapping[str, bool] = field(default_factory=dict)
    users: Mapping[str, bool] = field(default_factory=dict)
    forwardings: Mapping[str, str | None] = field(default_factory=dict)
    transports: Mapping[str, str | None] = field(default_factory=dict)
    gone: tuple[Extent, ...] = ()
    losing: frozenset[str] = frozenset()


def merged(changes: Sequence[Change], keys: int) -> Change:
    """All of them as one, named by the first so many keys."""
    named = dict.fromkeys(key for one in changes for key in one.keys)
    return Change(
        tuple(named)[:keys],
        {key: there for one in changes for key, there in one.domains.items()},
        {key: there for one in changes for key, there in one.users.items()},
        {key: text for one in changes for key, text in one.forwardings.items()},
        {key: value for one in changes for key, value in one.transports.items()},
        tuple(extent for one in changes for extent in one.gone),
        frozenset(email for one in changes for email in one.losing),
    )


class ChangedTables:
    """All four tables after a change."""

    def __init__(self, tables: DatabaseTables, change: Change) -> None:
        self._tables = tables
        self._aliases = Changed(tables, change.forwardings, change.users)
        self._change = change
        self._dead: dict[str, bool] = {}

    def domains(self, names: Sequence[str]) -> Set[str]:
        """See mailkit.postfix.resolve.ResolveTables, here and below."""
        change = self._change.domains
        there = {name for name in names if change.get(name)}
        return there | {one for one in self._tables.domains(names) if change.get(one, True)}

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Without what goes with a domain, and without the targets that go."""
        found = self._aliases.forwardings(keys)
        rows = {key: text for key, text in found.items() if not self._goes(domain_of(key))}
        return {key: left for key, text in rows.items() if (left := self._left(key, text))}

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        return {key for key in self._aliases.mailboxes(keys) if not self._goes(domain_of(key))}

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        change = self._change.transports
        asked = [key for key in keys if key not in change]
        found = dict(self._tables.transports(asked)) if asked else {}
        changed = ((key, change.get(key)) for key in keys)
        found |= {key: value for key, value in changed if value is not None}
        # As mailboxes.dependents.transport_keys_of has it.
        of = {key: domain_of(key) if "@" in key else key.removeprefix(".") for key in found}
        return {key: found[key] for key in found if not self._goes(of[key])}

    def _goes(self, domain_name: str) -> bool:
        return any(one.has(domain_name) for one in self._change.gone)

    def _left(self, source: str, text: str) -> str:
        """A destination without the targets that go, as the services leave it."""
        targets = split_destination(text)
        left = [one for one in targets if not self._loses(source, lowered(one))]
        return text if len(left) == len(targets) else ", ".join(left)

    def _loses(self, source: str, target: str) -> bool:
        domain = domain_of(target)
        if any(one.gets_mail and lowered(one.name) == domain for one in self._change.gone):
            return True
        if target not in self._change.losing:
            return False
        # As mailboxes.dependents.forwardings_losing has it.
        if target not in self._dead:
            self._dead[target] = leads_nowhere_without(target)
        return source == target or self._dead[target]


def forwarding_change(source: str, destination: str, *, old: str = "") -> Change:
    """A forwarding as typed, in the place of `old`. Raises AddressError."""
    new = parse_source(source)
    rows: dict[str, str | None] = {old.lower(): None} if old else {}
    rows[new] = ", ".join(parse_destinations(destination))
    return Change(tuple(rows), forwardings=rows)


def transport_change(key: str, value: str, *, old: str = "") -> Change:
    """A transport as typed, in the place of `old`. Raises AddressError, TransportError."""
    rows: dict[str, str | None] = {old.lower(): None} if old else {}
    rows[parse_transport_key(key)] = value.strip()
    return Change(tuple(rows), transports=rows)


def domain_creation(name: str) -> Change:
    """A new virtual domain. Raises AddressError."""
    domain = parse_domain(name)
    return Change((domain,), domains={domain: True})


def mailbox_creation(email: str) -> Change:
    """A new mailbox. Raises AddressError."""
    address = parse_mailbox_address(email, delimiter())
    return Change((address,), users={address: True})


def own_forwarding_change(email: str, destination: str, *, keep_copy: bool) -> Change:
    """What a mailbox owner sets for the mail to the own address. Raises AddressError."""
    targets = own_targets(email, destination, keep_copy=keep_copy)
    rows = {lowered(email): ", ".join(targets) if targets else None}
    return Change((lowered(email),), forwardings=rows)


def deletion(kind: str, keys: Sequence[str], *, keep: bool = False) -> Change:
    """Rows of a kind of TABLES that are deleted; with `keep` what hangs on them stays."""
    # Postfix, which asks in lower case, never found the others.
    found = [key for key in keys if is_found(TABLES[kind], key)]
    lower = [key.lower() for key in found]
    match kind:
        case "forwarding":
            return Change(tuple(keys), forwardings=dict.fromkeys(lower))
        case "transport":
            return Change(tuple(keys), transports=dict.fromkeys(lower))
        case "mailbox":
            losing = frozenset() if keep else frozenset(lower)
            return Change(tuple(keys), users=dict.fromkeys(lower, False), losing=losing)
        case _:
            gone = () if keep else tuple(extent_of(key) for key in found)
            return Change(tuple(keys), domains=dict.fromkeys(lower, False), gone=gone)
