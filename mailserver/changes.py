"""What a form or a deletion would do to the rows of the four tables, for the preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from domains.postfix import delimiter
from domains.schema import is_found
from mailboxes.dependents import Extent, extent_of, forwardings_losing, forwardings_naming
from mailboxes.routing import DatabaseTables
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

    `keys`: of the rows that somebody changes; the other rows follow from it. `gone`: a domain whose
    mailboxes, forwardings and transports go with it, and where no forwarding leads any more.
    """

    keys: tuple[str, ...]
    domains: Mapping[str, bool] = field(default_factory=dict)
    users: Mapping[str, bool] = field(default_factory=dict)
    forwardings: Mapping[str, str | None] = field(default_factory=dict)
    transports: Mapping[str, str | None] = field(default_factory=dict)
    gone: Extent | None = None


class ChangedTables:
    """All four tables after a change."""

    def __init__(self, tables: DatabaseTables, change: Change) -> None:
        self._tables = tables
        self._aliases = Changed(tables, change.forwardings, change.users)
        self._change = change

    def domains(self, names: Sequence[str]) -> Set[str]:
        """See mailkit.postfix.resolve.ResolveTables, here and below."""
        change = self._change.domains
        there = {name for name in names if change.get(name)}
        return there | {one for one in self._tables.domains(names) if change.get(one, True)}

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Without what goes with a domain, and without targets in it."""
        gone = self._change.gone
        found = self._aliases.forwardings(keys)
        if gone is None:
            return found
        rows = {key: text for key, text in found.items() if not gone.has(domain_of(key))}
        return {key: left for key, text in rows.items() if (left := _without_targets(text, gone))}

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        gone = self._change.gone
        found = self._aliases.mailboxes(keys)
        return {key for key in found if gone is None or not gone.has(domain_of(key))}

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        change, gone = self._change.transports, self._change.gone
        asked = [key for key in keys if key not in change]
        found = dict(self._tables.transports(asked)) if asked else {}
        changed = ((key, change.get(key)) for key in keys)
        found |= {key: value for key, value in changed if value is not None}
        return {key: found[key] for key in found if gone is None or not _goes(key, gone)}


def _goes(transport_key: str, gone: Extent) -> bool:
    """As mailboxes.dependents.transport_keys_of has it."""
    name = domain_of(transport_key) if "@" in transport_key else transport_key.removeprefix(".")
    return gone.has(name)


def _without_targets(text: str, gone: Extent) -> str:
    """A destination without the addresses in a domain that goes, as the service leaves it."""
    targets = split_destination(text)
    left = [one for one in targets if lowered(domain_of(one)) != lowered(gone.name)]
    return text if not gone.gets_mail or len(left) == len(targets) else ", ".join(left)


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


def deletion(kind: str, key: str, *, keep: bool = False) -> Change:
    """A row of a kind of TABLES that is deleted; with `keep` what hangs on it stays."""
    if not is_found(TABLES[kind], key):
        # Postfix, which asks in lower case, never found it.
        return Change((key,))
    lower = key.lower()
    match kind:
        case "forwarding":
            return Change((key,), forwardings={lower: None})
        case "transport":
            return Change((key,), transports={lower: None})
        case "mailbox":
            rows = {} if keep else _losing(key)
            return Change((key,), users={lower: False}, forwardings=rows)
        case _:
            extent = extent_of(key)
            return Change((key,), domains={lower: False}, gone=None if keep else extent)


def _losing(email: str) -> dict[str, str | None]:
    """The forwardings that lose this target with the mailbox, as they will be."""
    losing = set(forwardings_losing(email))
    return {
        source.lower(): ", ".join(one for one in targets if lowered(one) != lowered(email)) or None
        for source, targets in forwardings_naming(email)
        if source in losing
    }
