"""Rows of `transport` as Postfix reads them: keys, values, and the order in which it looks.

transport(5). The value is `service:nexthop`; the service must be in master.cf, and what a nexthop
may be follows from the service's kind. It is checked with care: smtp(8) and lmtp(8) die of a
destination they cannot parse, and master(8) then holds back the whole service, so that one wrong
row delays everybody's mail.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailkit.addresses import parse_address, parse_domain
from mailkit.postfix.address_list import quote_local_part
from mailkit.postfix.aliases import split_extension

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
# known_tcp_ports, which Postfix knows by itself; others depend on the server's /etc/services.
PORT_NAMES = frozenset({"lmtp", "smtp", "smtps", "submission", "submissions"})
HIGHEST_PORT = 65535
_SEPARATORS = re.compile(r"[, \t]+")
# valid_hostname(3); an underscore is taken.
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_MAX_HOST = 255
_STATUS = re.compile(r"([0-9])\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")
# With another class of status, bounce(8) and defer(8) put 5.0.0 and 4.0.0.
_STATUS_CLASS = {"error": "5", "retry": "4"}


class TransportError(ValueError):
    """Postfix would not understand it; `code` is one of CODES, `params` has what words need."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class TransportValue:
    """A parsed value. `str()` gives it as it is stored.

    An empty `service` is the one that the address would have without a row; an empty `nexthop`
    is the recipient's domain, or a general text for `error` and `retry`.
    """

    service: str
    nexthop: str
    written: str

    def __str__(self) -> str:
        return self.written

    @property
    def is_null(self) -> bool:
        """Whether it is `:`, which delivers as if there was no row (and ends the search)."""
        return not self.service and not self.nexthop


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
        # `.test` is a live row: Postfix asks for each parent down to the last label.
        return "." + parse_domain(typed[1:], needs_dot=False)
    return parse_domain(typed)


def split_value(stored: str) -> tuple[str, str]:
    """(service, nexthop) of a stored value, as Postfix splits it at the first colon."""
    service, _colon, nexthop = stored.partition(":")
    return service, nexthop


def parse_transport(text: str, services: Mapping[str, str]) -> TransportValue:
    """Check a value against the services of master.cf ({name: kind}). Raises TransportError."""
    value = text.strip(" \t")
    if not value:
        raise TransportError("transport.empty")
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise TransportError("transport.control", value=value)
    if not value.isascii():
        raise TransportError("transport.non_ascii", value=value)
    service, nexthop = split_value(value)
    if service and service not in services:
        raise TransportError(
            "transport.unknown_service", value=service, services=", ".join(sorted(services))
        )
    # Without a service the mail goes by smtp(8) or lmtp(8); the latter takes all forms.
    kind = services[service] if service else "lmtp"
    if kind in _STATUS_CLASS:
        _check_status(service, kind, nexthop)
    elif kind in ("smtp", "lmtp") and nexthop:
        _check_destinations(kind, nexthop)
    return TransportValue(service, nexthop, value)


def _check_status(service: str, kind: str, nexthop: str) -> None:
    found = _STATUS.match(nexthop.strip())
    wanted = _STATUS_CLASS[kind]
    if found and found[1] != wanted:
        raise TransportError(
            "transport.bad_status", value=found[0], service=service, wanted=f"{wanted}.x.x"
        )


def _check_destinations(kind: str, nexthop: str) -> None:
    if nexthop != nexthop.strip():
        raise TransportError("transport.blanks", value=nexthop)
    if kind == "lmtp" and nexthop.startswith("unix:"):
        # The rest is one path, also where somebody meant a list.
        path = nexthop.removeprefix("unix:")
        if not path or _SEPARATORS.search(path):
            raise TransportError("transport.bad_socket", value=nexthop)
        return
    # Since Postfix 3.5 several destinations may stand here, tried in turn.
    hosts = nexthop.removeprefix("inet:") if kind == "lmtp" else nexthop
    destinations = [one for one in _SEPARATORS.split(hosts) if one]
    if not destinations:
        raise TransportError("transport.bad_host", value=nexthop)
    for destination in destinations:
        _check_host_and_port(destination)


def _check_host_and_port(text: str) -> None:
    """`host`, `host:port`, `[host]`, `[host]:port`; host_port(3). Without brackets: its MX."""
    if text.startswith("["):
        host, bracket, after = text[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise TransportError("transport.bad_host", value=text)
        port = after.removeprefix(":")
    else:
        host, colon, port = text.rpartition(":")
        if not colon:
            host, port = text, ""
    if not _is_host(host, in_brackets=text.startswith("[")):
        raise TransportError("transport.bad_host", value=text)
    if port and not _is_port(port):
        raise TransportError("transport.bad_port", value=text)


def _is_host(host: str, *, in_brackets: bool) -> bool:
    if in_brackets and host[:5].lower() == "ipv6:":
        return _ip_version(host[5:]) == 6
    version = _ip_version(host)
    if version is not None:
        return version == 4 or in_brackets
    return is_hostname(host)


def is_hostname(name: str) -> bool:
    """Whether Postfix takes it for the name of a host or a domain. valid_hostname(3)."""
    if name.replace(".", "").isdigit() or len(name) > _MAX_HOST:
        return False
    return all(_LABEL.fullmatch(label) for label in name.split("."))


def _ip_version(text: str) -> int | None:
    try:
        # Postfix takes no zone (fe80::1%eth0).
        return None if "%" in text else ipaddress.ip_address(text).version
    except ValueError:
        return None


def _is_port(port: str) -> bool:
    if port.isdigit():
        return 0 < int(port) <= HIGHEST_PORT
    return port in PORT_NAMES


def transport_keys(address: str, delimiter: str = "+") -> list[str]:
    """The keys Postfix asks for, in its order: address, without extension, domain, parents, `*`.

    `user+x@sub.example.org`, `user@sub.example.org`, `sub.example.org`, `.example.org`, `.org`.
    A local part that must stand in quotes is asked for with them, then without.
    """
    address = address.lower()
    bare = split_extension(address, delimiter)[0]
    forms = (quote_local_part(address), address, quote_local_part(bare), bare)
    keys = list(dict.fromkeys(forms))
    name = address.rpartition("@")[2] if "@" in address else ""
    while name:
        keys.append(name)
        dot = name.find(".", 1)
        name = name[dot:] if dot > 0 else ""
    keys.append("*")
    return keys


def lookup_transport(
    address: str,
    rows: Callable[[Sequence[str]], Mapping[str, str]],
    delimiter: str = "+",
) -> tuple[str, str] | None:
    """(key, value) of the row that decides about an address, or None.

    `rows` gives {key as asked: value} of those keys that have a row; an empty value is no row.
    """
    keys = transport_keys(address, delimiter)
    return first_match(keys, rows(keys))


def first_match(keys: Iterable[str], rows: Mapping[str, str]) -> tuple[str, str] | None:
    """(key, value) of the first key that has a row with something in it, or None."""
    return next(((key, rows[key]) for key in keys if rows.get(key)), None)
