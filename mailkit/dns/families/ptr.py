"""PTR: the sending addresses' names, each confirmed forwards (FCrDNS; RFC 8499, RFC 5321, 4.1.3).

Most receivers refuse mail from an address without a name, or whose name does not lead back.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.families.common import (
    HostAddresses,
    address_record,
    host_addresses,
    observed,
    why,
)
from mailkit.dns.names import dotted
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import IPAddress, MailDomain, MailHost

FAMILY = "ptr"
# Receivers look at no more (RFC 7208, 4.6.4, for SPF's ptr; others do alike).
MOST_NAMES = 10
_DYNAMIC = re.compile(
    r"(^|[-.0-9_])(dyn|dynamic|dynip|dhcp|pool|dial(up|in)?|ppp|dsl|adsl|cable|broadband)"
    r"([-.0-9_]|$)"
)


@dataclass(frozen=True)
class Reverse:
    """One sending address: its PTR records, and the addresses of each name there."""

    ip: IPAddress
    ptr: Answer
    names: tuple[HostAddresses, ...]

    @property
    def confirmed(self) -> list[str]:
        return [one.name for one in self.names if self.ip in one.ips]


@dataclass(frozen=True)
class PtrFacts:
    """`hostname`: the addresses of the name we say in HELO."""

    reverses: tuple[Reverse, ...] = ()
    hostname: HostAddresses | None = None


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> PtrFacts:
    reverses = await asyncio.gather(*(_reverse(ip, lookups) for ip in host.ips))
    hostname = await host_addresses(host.hostname, lookups) if host.hostname else None
    return PtrFacts(tuple(reverses), hostname)


async def _reverse(ip: IPAddress, lookups: Asks) -> Reverse:
    ptr = await lookups.ask(ip.reverse_pointer, "PTR")
    names = await asyncio.gather(
        *(host_addresses(name, lookups) for name in ptr.values[:MOST_NAMES])
    )
    return Reverse(ip, ptr, tuple(names))


def judge(domain: MailDomain, host: MailHost, facts: PtrFacts) -> list[Check]:
    if not host.ips:
        return [skipped(FAMILY, "no sending addresses are set", host=host.hostname)]
    checks = []
    for reverse in facts.reverses:
        checks += _judge_one(host, reverse, facts.hostname)
    return checks or [
        passed(
            FAMILY,
            observed=tuple(line for one in facts.reverses for line in observed(one.ptr)),
            host=host.hostname,
        )
    ]


def _judge_one(host: MailHost, reverse: Reverse, hostname: HostAddresses | None) -> list[Check]:
    ip, ptr = reverse.ip, reverse.ptr
    about: dict[str, Any] = {"host": host.hostname, "ip": str(ip), "params": {"ip": str(ip)}}
    if not ptr.known:
        return [unknown(FAMILY, why(ptr), **about)]
    name = dotted(host.hostname) if host.hostname else ""
    good = (Record(dotted(ip.reverse_pointer), "PTR", name),) if name else ()
    seen = (*observed(ptr), *(line for one in reverse.names for line in one.observed))
    expected = f"PTR {name}" if name else "a name that leads back to the address"
    if ptr.absent or not ptr.values:
        return [
            fail(
                FAMILY,
                "ptr.missing",
                Severity.CRITICAL,
                observed=(f"{ptr.name} PTR {ptr.outcome.value}",),
                expected=expected,
                publish=(*good, *_forward(ip, name, hostname)),
                **about,
            )
        ]
    swap = {
        "observed": seen,
        "expected": expected,
        "publish": (*(() if name in ptr.values else good), *_forward(ip, name, hostname)),
        "remove": _others(reverse, name) if name else (),
    }
    confirmed = reverse.confirmed
    if not confirmed:
        open_ones = [one for one in reverse.names if not one.known]
        if open_ones:
            return [unknown(FAMILY, "; ".join(one.why for one in open_ones), **about)]
        return [fail(FAMILY, "ptr.not_confirmed", Severity.CRITICAL, **swap, **about)]
    checks = []
    if name and name not in confirmed:
        mine = [one for one in reverse.names if one.name == name and not one.known]
        if mine:
            checks.append(unknown(FAMILY, mine[0].why, **about))
        else:
            checks.append(fail(FAMILY, "ptr.helo_mismatch", Severity.ERROR, **swap, **about))
    generic = [one for one in confirmed if is_generic(one, ip)]
    if generic and len(generic) == len(confirmed):
        better = swap if name and not is_generic(name, ip) else {"observed": seen}
        checks.append(fail(FAMILY, "ptr.generic", Severity.WARNING, **better, **about))
    if len(ptr.values) > 1:
        keep = name if name in confirmed else confirmed[0]
        checks.append(
            fail(
                FAMILY,
                "ptr.multiple",
                Severity.NOTICE,
                observed=seen,
                expected=f"PTR {keep} alone",
                remove=_others(reverse, keep),
                **about,
            )
        )
    return checks


def _forward(ip: IPAddress, name: str, hostname: HostAddresses | None) -> tuple[Record, ...]:
    """The host's own address, where a new PTR to it would not be confirmed."""
    if not name or hostname is None or ip in hostname.ips:
        return ()
    return (address_record(name, ip),)


def _others(reverse: Reverse, keep: str) -> tuple[Record, ...]:
    owner = dotted(reverse.ip.reverse_pointer)
    return tuple(Record(owner, "PTR", value) for value in reverse.ptr.values if value != keep)


def is_generic(name: str, ip: IPAddress) -> bool:
    """A name that a provider makes from the address: blocklists and filters count it against us."""
    if _DYNAMIC.search(name.lower()):
        return True
    if ip.version == 6:
        digits = ip.exploded.replace(":", "")
        return digits in re.sub(r"[-.:]", "", name.lower())
    octets = str(ip).split(".")
    return any(_holds(name, order) for order in (octets, octets[::-1]))


def _holds(name: str, octets: Iterable[str]) -> bool:
    """The four octets one after the other, with zeros before or without, or none between them."""
    parts = [f"0{{0,2}}{octet}" for octet in octets]
    return re.search(r"(?<!\d)" + r"[-._x]?".join(parts) + r"(?!\d)", name) is not None
