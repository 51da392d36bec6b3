"""Rows of `transport` as Postfix reads them: keys, values, and the order in which it looks.

transport(5). The value is `service:nexthop`; the service must be in master.cf, and what a nexthop
may be follows from the service's kind.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailkit.addresses import AddressError, parse_address, parse_domain

CODES = (
    "transport.empty",
    "transport.blanks",
    "transport.control",
    "transport.non_ascii",
    "transport.unknown_service",
    "transport.bad_host",
    "transport.bad_port",
    "transport.bad_socket",
    "transport.bad_status",
    "transport.key_empty",
)
_PORT = re.compile(r"[0-9]{1,5}|[a-z][a-z0-9-]*", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_STATUS = re.compile(r"([0-9])\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")
HIGHEST_PORT = 65535


class TransportError(ValueError):
    """Postfix would not understand it; `code` is one of CODES, `params` has what words need."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class TransportValue:
    """A parsed value. `str()` gives it as it is stored."""

    service: str
    nexthop: str
    written: str

    def __str__(self) -> str:
        return self.written


def parse_transport_key(text: str) -> str:
    """`user@domain`, `domain`, `.parent` or `*`, as Postfix asks for it.

    Raises TransportError or AddressError.
    """
    typed = text.strip()
    if not typed:
        raise TransportError("transport.key_empty")
    if typed == "*":
        return typed
    if "@" in typed:
        return parse_address(typed)
    if typed.startswith("."):
        return "." + _parent(typed[1:])
    return parse_domain(typed)


def _parent(name: str) -> str:
    # `.test` is a live row: Postfix asks for each parent down to the last label.
    try:
        return parse_domain(name)
    except AddressError as error:
        if error.code != "domain.no_dot":
            raise
        return parse_domain(name + ".invalid").removesuffix(".invalid")


def parse_transport(text: str, services: Mapping[str, str]) -> TransportValue:
    """Check a value against the services of master.cf ({name: kind}). Raises TransportError."""
    if not text.strip():
        raise TransportError("transport.empty")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise TransportError("transport.control")
    value = text.strip()
    if not value.isascii():
        raise TransportError("transport.non_ascii", value=value)
    service, _colon, nexthop = value.partition(":")
    if service and service not in services:
        raise TransportError(
            "transport.unknown_service", value=service, services=", ".join(sorted(services))
        )
    # An empty service is the default one, which delivers by SMTP or LMTP.
    _check_nexthop(services.get(service, "smtp"), nexthop)
    return TransportValue(service, nexthop, value)


def _check_nexthop(kind: str, nexthop: str) -> None:
    if kind in ("smtp", "lmtp"):
        if nexthop != nexthop.strip():
            raise TransportError("transport.blanks", value=nexthop)
        # Since Postfix 3.5 several destinations may stand here, tried in turn.
        for destination in re.split(r"[,\s]+", nexthop) if nexthop else []:
            _check_destination(kind, destination)
    elif kind == "error":
        found = _STATUS.match(nexthop.strip())
        if found and found.group(1) not in ("4", "5"):
            raise TransportError("transport.bad_status", value=found.group(0))


def _check_destination(kind: str, destination: str) -> None:
    if kind == "lmtp" and destination.startswith("unix:"):
        if not destination.removeprefix("unix:"):
            raise TransportError("transport.bad_socket", value=destination)
        return
    rest = destination.removeprefix("inet:") if kind == "lmtp" else destination
    if rest.startswith("["):
        host, bracket, after = rest[1:].partition("]")
        if not bracket or not host:
            raise TransportError("transport.bad_host", value=destination)
        colon, port = (after[:1], after[1:]) if after else ("", "")
        if after and colon != ":":
            raise TransportError("transport.bad_host", value=destination)
        _check_host(host, destination, in_brackets=True)
        if after:
            _check_port(port, destination)
        return
    host, colon, port = rest.partition(":")
    _check_host(host, destination, in_brackets=False)
    if colon:
        _check_port(port, destination)


def _check_host(host: str, destination: str, *, in_brackets: bool) -> None:
    text = host.lower().removeprefix("ipv6:")
    if in_brackets and ":" in text:
        try:
            ipaddress.IPv6Address(text.partition("%")[0])
        except ValueError as error:
            raise TransportError("transport.bad_host", value=destination) from error
        return
    if not _HOST.fullmatch(host):
        raise TransportError("transport.bad_host", value=destination)


def _check_port(port: str, destination: str) -> None:
    if not _PORT.fullmatch(port) or (port.isdigit() and not 0 < int(port) <= HIGHEST_PORT):
        raise TransportError("transport.bad_port", value=destination)


def transport_keys(address: str, delimiter: str = "+") -> list[str]:
    """The keys Postfix asks for, in its order: address, without extension, domain, parents, `*`."""
    local, _, domain = address.lower().rpartition("@")
    keys = [f"{local}@{domain}"]
    bare = without_extension(local, delimiter)
    if bare != local:
        keys.append(f"{bare}@{domain}")
    keys.append(domain)
    labels = domain.split(".")
    keys += ["." + ".".join(labels[start:]) for start in range(1, len(labels))]
    keys.append("*")
    return keys


def without_extension(local: str, delimiter: str) -> str:
    """`user` of `user+extension`; split_addr() splits at the first delimiter but not at 0."""
    positions = [local.find(one) for one in delimiter if local.find(one) > 0]
    return local[: min(positions)] if positions else local


def first_match(keys: Iterable[str], rows: Mapping[str, str]) -> tuple[str, str] | None:
    """(key, value) of the first key that has a row, or None."""
    return next(((key, rows[key]) for key in keys if key in rows), None)
