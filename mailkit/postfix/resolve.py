"""To which service and next hop Postfix hands mail for one final address.

Follows trivial-rewrite(8), resolve.c and transport.c: the class of the domain gives a first answer
(local_transport, virtual_transport, default_transport with relayhost), a row of `transport` may
replace one half of it or both. qmgr(8) then returns what has an address that no server could take.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mailkit.postfix.alias_tables import Cached
from mailkit.postfix.aliases import Rules
from mailkit.postfix.master import Settings
from mailkit.postfix.transports import (
    first_match,
    is_hostname,
    split_value,
    transport_keys,
)

# What transport(5) puts where `error:` or `retry:` stands alone.
UNDELIVERABLE = "Address is undeliverable"
BAD_SYNTAX = "5.1.3 bad address syntax"
UNKNOWN_ALIAS = "5.1.1 User unknown in virtual alias table"
_TEXT_SERVICES = ("error", "retry")


def rules_of(settings: Settings) -> Rules:
    """What of the settings matters to alias expansion."""
    local = frozenset({*settings.mydestination, settings.myorigin.lower()} - {""})
    return Rules(settings.recipient_delimiter, local, settings.myorigin)


class Class(StrEnum):
    """Whose address it is (ADDRESS_CLASS_README)."""

    # In mydestination: this machine's own users.
    LOCAL = "local"
    # The domain itself is a key of virtual_alias_maps, so it has forwardings and nothing else.
    ALIAS = "alias"
    # A row of `domains`.
    VIRTUAL = "virtual"
    # Somebody else's.
    DEFAULT = "default"


class ResolveTables(Protocol):
    """What decides about a final address; keys are asked in lower case, all at once."""

    def domains(self, names: Sequence[str]) -> Set[str]:
        """Those of these names that have a row in `domains`."""

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """{source as asked: stored destination} of those of the keys that have a row."""

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """Those of these addresses that have a row in `users`."""

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        """{key as asked: value} of those that have a row in `transport`."""


class CachedTables(Cached):
    """The four tables, each asked for a key once."""

    def __init__(self, tables: ResolveTables) -> None:
        super().__init__(tables)
        self._all = tables
        self._domains: dict[str, bool] = {}
        self._transports: dict[str, str | None] = {}

    def domains(self, names: Sequence[str]) -> Set[str]:
        """See ResolveTables."""
        new = [name for name in names if name not in self._domains]
        if new:
            there = self._all.domains(new)
            self._domains.update((name, name in there) for name in new)
            self.weight += sum(map(len, new))
        return {name for name in names if self._domains[name]}

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See ResolveTables."""
        new = [key for key in keys if key not in self._transports]
        if new:
            there = self._all.transports(new)
            self._transports.update((key, there.get(key)) for key in new)
            self.weight += sum(map(len, new)) + sum(map(len, there.values()))
        found = ((key, self._transports[key]) for key in keys)
        return {key: value for key, value in found if value is not None}


@dataclass(frozen=True)
class Resolved:
    """Where one address goes.

    `row`: (key, value) of the row of `transport` that had a say in it, or None. `bad_syntax`: no
    server could take the address, and Postfix returns the mail itself.
    """

    address: str
    domain: str
    address_class: Class
    service: str
    nexthop: str
    row: tuple[str, str] | None = None
    bad_syntax: bool = False


def has_bad_syntax(address: str) -> bool:
    """Whether Postfix calls it "bad address syntax": 501 at RCPT, returned as a final address."""
    # allow_min_user, off by default: a program might take it for an option.
    if address.startswith("-"):
        return True
    _local, at, domain = address.rpartition("@")
    if not at:
        return False
    return not (_is_literal(domain) if domain.startswith("[") else is_hostname(domain))


def _is_literal(domain: str) -> bool:
    text = domain[1:-1] if domain.endswith("]") else ""
    if text[:5].lower() == "ipv6:":
        text = text[5:]
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def classes_of(
    addresses: Collection[str], tables: ResolveTables, settings: Settings
) -> dict[str, Class]:
    """{address: class}. Asks each table once at most."""
    names = {address: address.rpartition("@")[2].lower() for address in addresses if "@" in address}
    asked = sorted(set(names.values()) - set(settings.mydestination))
    aliased = _alias_domains(asked, tables, settings)
    ours = tables.domains(asked) if asked else frozenset()

    def class_of(address: str) -> Class:
        name = names.get(address)
        if name is None or name in settings.mydestination:
            return Class.LOCAL
        if name in aliased:
            return Class.ALIAS
        return Class.VIRTUAL if name in ours else Class.DEFAULT

    return {address: class_of(address) for address in addresses}


def _alias_domains(names: Sequence[str], tables: ResolveTables, settings: Settings) -> Set[str]:
    """Those of the names that virtual_alias_domains has; by default all of virtual_alias_maps."""
    found = {name for name in names if name in settings.virtual_alias_domains}
    if not settings.alias_domains_in_maps or not names:
        return found
    rows = tables.forwardings(names)
    return found | {name for name in names if rows.get(name)} | tables.mailboxes(names)


def resolve(
    addresses: Collection[str], tables: ResolveTables, settings: Settings
) -> dict[str, Resolved]:
    """{address: where it goes}. Asks each table once at most."""
    if not addresses:
        return {}
    classes = classes_of(addresses, tables, settings)
    keys = {address: transport_keys(address, settings.recipient_delimiter) for address in addresses}
    rows = tables.transports(sorted({key for asked in keys.values() for key in asked}))
    return {
        address: _resolve(address, classes[address], first_match(keys[address], rows), settings)
        for address in addresses
    }


def _resolve(
    address: str, address_class: Class, row: tuple[str, str] | None, settings: Settings
) -> Resolved:
    domain = address.rpartition("@")[2].lower() if "@" in address else ""
    if has_bad_syntax(address):
        return Resolved(address, domain, address_class, "error", BAD_SYNTAX, bad_syntax=True)
    service, nexthop = _without_row(address_class, domain, settings)
    if row is None or address_class is Class.ALIAS:
        return Resolved(address, domain, address_class, service, nexthop)
    service, nexthop = _with_value(row[1], domain, service, nexthop)
    return Resolved(address, domain, address_class, service, nexthop, row)


def _without_row(address_class: Class, domain: str, settings: Settings) -> tuple[str, str]:
    if address_class is Class.ALIAS:
        return "error", UNKNOWN_ALIAS
    if address_class is Class.DEFAULT:
        service, nexthop = split_value(settings.default_transport)
        return service, nexthop or settings.relayhost or domain
    local = address_class is Class.LOCAL
    service, nexthop = split_value(
        settings.local_transport if local else settings.virtual_transport
    )
    return service, nexthop or domain


def _with_value(value: str, domain: str, service: str, nexthop: str) -> tuple[str, str]:
    """transport.c, update_entry(): either half may be left out."""
    new_service, new_nexthop = split_value(value)
    if not new_service:
        return service, new_nexthop or nexthop
    if new_nexthop:
        return new_service, new_nexthop
    return new_service, UNDELIVERABLE if new_service in _TEXT_SERVICES else domain
