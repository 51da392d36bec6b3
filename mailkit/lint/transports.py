"""Transports that Postfix cannot use or never asks for, and those over our own domains' mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailkit.addresses import AddressError
from mailkit.lint.findings import Code, Finding
from mailkit.postfix.master import Settings
from mailkit.postfix.resolve import ResolveTables, has_bad_syntax
from mailkit.postfix.transports import (
    TransportError,
    first_match,
    parse_transport,
    parse_transport_key,
    split_value,
    transport_keys,
)

TABLE = "transport"
# Mail for these goes nowhere: somebody has switched the address or domain off.
_HOLDING = frozenset({"error", "retry", "discard"})


def judge_transports(
    rows: Sequence[tuple[str, str]], tables: ResolveTables, settings: Settings
) -> Iterator[Finding]:
    """Findings about these rows (key, value)."""
    names = [key.lower().rpartition("@")[2] for key, _value in rows]
    ours = tables.domains(sorted(set(names)))
    for (key, value), name in zip(rows, names, strict=True):
        yield from _judge(key, value, is_own=name in ours, settings=settings)


def judge_domains(
    names: Sequence[str], tables: ResolveTables, settings: Settings
) -> Iterator[Finding]:
    """Domains that Postfix takes for this machine's own, or that a row `.parent` carries off."""
    # Any address of the domain would do; the domain's own row is judged with the transports.
    asked = {name: transport_keys(f"x@{name}")[1:-1] for name in names if name}
    rows = tables.transports(sorted({key for keys in asked.values() for key in keys}))
    for name, keys in asked.items():
        if name.lower() in settings.mydestination:
            yield Finding(Code.DOMAIN_LOCAL, "domains", name)
        found = first_match(keys, rows)
        if found is not None and found[0].startswith("."):
            yield from _over_ours(name, "domains", found[1], settings, found[0])


def _judge(key: str, value: str, *, is_own: bool, settings: Settings) -> Iterator[Finding]:
    try:
        parse_transport_key(key)
    except (TransportError, AddressError) as error:
        if not is_asked_for(key):
            yield Finding(Code.TRANSPORT_KEY, TABLE, key, problem=error.code, params=error.params)
            return
    if not value:
        yield Finding(Code.TRANSPORT_EMPTY, TABLE, key)
        return
    try:
        parse_transport(value, settings.services)
    except TransportError as error:
        yield Finding(
            Code.TRANSPORT_VALUE, TABLE, key, (value,), problem=error.code, params=error.params
        )
        return
    if key == "*":
        yield Finding(Code.TRANSPORT_STAR, TABLE, key, (value,))
    elif is_own and not key.startswith("."):
        yield from _over_ours(key, TABLE, value, settings)


def is_asked_for(key: str) -> bool:
    """Whether Postfix asks for this key with any address: far more than the panel's forms take.

    `mailhost`, `a_b.test`, `[192.0.2.1]` and `u..v@a.test` are live rows.
    """
    if key == "*":
        return True
    if key.startswith(".") and key.endswith("]") and "@" not in key:
        # `.0.2.1]`: the "parents" of an address literal.
        return True
    address = key if "@" in key else f"x@x{key}" if key.startswith(".") else f"x@{key}"
    if not address.rpartition("@")[0].strip() or has_bad_syntax(address):
        return False
    return key.lower() in transport_keys(address)


def _over_ours(key: str, table: str, value: str, settings: Settings, *by: str) -> Iterator[Finding]:
    service, nexthop = split_value(value)
    if not (service or nexthop) or value == settings.virtual_transport:
        return
    code = Code.TRANSPORT_HELD if service in _HOLDING else Code.TRANSPORT_OWN
    yield Finding(code, table, key, (value, *by))
