"""MX (RFC 5321, 5.1; RFC 7505): where mail for the domain goes, and whether that is here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.families.common import (
    HostAddresses,
    address_record,
    addresses,
    host_addresses,
    host_records,
    is_ours,
    looked_for,
    observed,
    why,
)
from mailkit.dns.names import dotted, is_hostname
from mailkit.dns.networks import special_network
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import MailDomain, MailHost

FAMILY = "mx"
PREFERENCE = 10
# Nobody has more; a fuzzed answer could, and each costs two lookups.
MOST_TARGETS = 30


@dataclass(frozen=True)
class Target:
    """One MX record: its preference, its target with the last dot, and the target's addresses."""

    preference: int
    name: str
    found: HostAddresses | None

    def record(self, domain: MailDomain) -> Record:
        return Record(dotted(domain.name), "MX", f"{self.preference} {self.name}")


@dataclass(frozen=True)
class MxFacts:
    """`apex` are the domain's own addresses, which count where there is no MX (5.1)."""

    mx: Answer
    targets: tuple[Target, ...] = ()
    apex: HostAddresses | None = None


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> MxFacts:
    mx = await lookups.ask(domain.name, "MX")
    if mx.absent:
        return MxFacts(mx, apex=await host_addresses(domain.name, lookups))
    parsed = list(_parsed(mx))[:MOST_TARGETS]
    names = [name for _, name in parsed if is_hostname(name)]
    found = await asyncio.gather(*(host_addresses(name, lookups) for name in names))
    by_name = dict(zip(names, found, strict=True))
    return MxFacts(mx, tuple(Target(number, name, by_name.get(name)) for number, name in parsed))


def _parsed(mx: Answer) -> Iterable[tuple[int, str]]:
    for value in mx.values:
        preference, _, target = value.partition(" ")
        if preference.isascii() and preference.isdigit() and target:
            yield int(preference), dotted(target)


def judge(domain: MailDomain, host: MailHost, facts: MxFacts) -> list[Check]:
    mx = facts.mx
    if not mx.known:
        return [unknown(FAMILY, why(mx))]
    null = [target for target in facts.targets if target.name == "."]
    if domain.send_only and (mx.absent or len(null) == len(facts.targets)):
        return [passed(FAMILY, observed=observed(mx))]
    if mx.absent:
        return [_missing(domain, host, facts)]
    if not facts.targets:
        return [unknown(FAMILY, "the MX records cannot be read", observed=observed(mx))]
    checks = [*_null(domain, host, facts, null)]
    if len(null) == len(facts.targets):
        return checks
    for target in facts.targets:
        if target.name != ".":
            checks += _target(domain, host, target)
    if not domain.receives_elsewhere:
        checks += _whose(domain, host, facts)
    return checks or [passed(FAMILY, observed=_seen(facts))]


def _missing(domain: MailDomain, host: MailHost, facts: MxFacts) -> Check:
    """Without MX mail goes to the domain's own address: a fault still, but one that works."""
    ours = facts.apex is not None and is_ours(facts.apex, host)
    return fail(
        FAMILY,
        "mx.missing",
        Severity.ERROR if ours else Severity.CRITICAL,
        observed=(*looked_for(facts.mx), *(facts.apex.observed if facts.apex else ())),
        expected=_expected(host),
        publish=_our_mx(domain, host),
    )


def _null(
    domain: MailDomain, host: MailHost, facts: MxFacts, null: list[Target]
) -> Iterable[Check]:
    if not null:
        return
    alone = len(null) == len(facts.targets)
    yield fail(
        FAMILY,
        "mx.null" if alone else "mx.null_mixed",
        Severity.CRITICAL if alone else Severity.ERROR,
        observed=observed(facts.mx),
        expected=_expected(host),
        publish=_our_mx(domain, host) if alone and not domain.receives_elsewhere else (),
        remove=tuple(target.record(domain) for target in null),
    )


def _target(domain: MailDomain, host: MailHost, target: Target) -> list[Check]:
    """What is wrong with one target by itself, whoever's it is."""
    swap = {"publish": _our_mx(domain, host), "remove": (target.record(domain),)}
    seen = (f"{domain.name}. MX {target.preference} {target.name}",)
    params: dict[str, str | int] = {"target": target.name.rstrip(".")}
    if target.found is None:
        code = "mx.target_ip" if _is_ip(target.name) else "mx.target_syntax"
        return [
            fail(
                FAMILY,
                code,
                Severity.ERROR,
                observed=seen,
                expected="a host's name",
                params=params,
                **swap,
            )
        ]
    found = target.found
    checks = []
    if found.canonical:
        direct = Record(dotted(domain.name), "MX", f"{target.preference} {found.canonical}")
        checks.append(
            fail(
                FAMILY,
                "mx.target_cname",
                Severity.ERROR,
                observed=(*seen, *found.observed),
                expected="the host's own name (RFC 2181, 10.3)",
                publish=(direct,),
                remove=(target.record(domain),),
                params=params,
            )
        )
    if found.absent:
        ours = bool(host.hostname) and target.name == dotted(host.hostname)
        mend = {"publish": host_records(host)} if ours else swap
        checks.append(
            fail(
                FAMILY,
                "mx.target_missing",
                Severity.CRITICAL,
                observed=seen,
                expected=f"A or AAAA for {target.name}",
                params=params,
                **mend,
            )
        )
    elif not found.known or not found.ips:
        # Half of the addresses hides what may be wrong with the other half.
        checks.append(unknown(FAMILY, found.why))
    return checks + _private(host, target, found, seen)


def _private(
    host: MailHost, target: Target, found: HostAddresses, seen: tuple[str, ...]
) -> list[Check]:
    bad = {ip: special_network(ip, host.allowed_networks) for ip in found.ips}
    bad = {ip: name for ip, name in bad.items() if name}
    if not bad:
        return []
    owner = found.canonical or target.name
    public = [ip for ip in host.ips if not special_network(ip, host.allowed_networks)]
    kinds = {ip.version for ip in bad}
    return [
        fail(
            FAMILY,
            "mx.target_private",
            Severity.CRITICAL,
            observed=(*seen, *found.observed),
            expected="an address that the Internet reaches",
            publish=tuple(address_record(owner, ip) for ip in public if ip.version in kinds),
            remove=tuple(address_record(owner, ip) for ip in bad),
            params={
                "target": target.name.rstrip("."),
                "ip": ", ".join(map(str, bad)),
                "network": ", ".join(dict.fromkeys(bad.values())),
            },
        )
    ]


def _whose(domain: MailDomain, host: MailHost, facts: MxFacts) -> list[Check]:
    """Whether the targets are ours; unknown as long as one that could be has not been told."""
    if not host.ips and not host.hostname:
        return [skipped(FAMILY, "neither our mail host's name nor its addresses are set")]
    looked_up = [target for target in facts.targets if target.found is not None]
    ours = [t for t in looked_up if t.found is not None and is_ours(t.found, host)]
    backup = {dotted(name) for name in host.backup_mx}
    open_ones = [t for t in looked_up if t.found and t not in ours and not t.found.known]
    strangers = [
        t
        for t in looked_up
        if t.found and t not in ours and t.name not in backup and t.found.ips and t.found.known
    ]
    if not ours:
        if open_ones:
            return [unknown(FAMILY, "; ".join(t.found.why for t in open_ones if t.found))]
        return [_not_ours(domain, host, facts, strangers)]
    checks = [
        fail(
            FAMILY,
            "mx.foreign_extra",
            Severity.WARNING,
            observed=(f"{domain.name}. MX {t.preference} {t.name}", *_addresses_seen(t)),
            expected=_expected(host),
            remove=(t.record(domain),),
            params={"target": t.name.rstrip(".")},
        )
        for t in strangers
    ]
    for target in ours:
        checks += _our_target(host, target)
    return checks


def _not_ours(domain: MailDomain, host: MailHost, facts: MxFacts, strangers: list[Target]) -> Check:
    """Where the host's own name leads astray it is the name that has to be mended.

    The others go: senders would choose among them and ours.
    """
    name = dotted(host.hostname or ".")
    by_name = [t.found for t in facts.targets if t.found and t.name == name]
    wrong = by_name[0].ips if by_name else ()
    others = tuple(t.record(domain) for t in strangers if t.name != name)
    ours = host_records(host) if by_name else _our_mx(domain, host)
    return fail(
        FAMILY,
        "mx.not_ours",
        Severity.CRITICAL,
        observed=_seen(facts),
        expected=_expected(host),
        publish=ours,
        remove=(*(address_record(host.hostname, ip) for ip in wrong), *(others if ours else ())),
    )


def _our_target(host: MailHost, target: Target) -> list[Check]:
    """Our own mail host as its records show it: each address has to be one of ours."""
    found = target.found
    if found is None or not host.ips:
        return []
    owner = found.canonical or target.name
    params: dict[str, str | int] = {"target": target.name.rstrip(".")}
    ipv4, ipv6 = (
        tuple(address_record(owner, ip) for ip in host.ips if ip.version == version)
        for version in (4, 6)
    )
    strays = [
        ip
        for ip in found.ips
        if ip not in host.ips and not special_network(ip, host.allowed_networks)
    ]
    checks = []
    if strays:
        checks.append(
            fail(
                FAMILY,
                "mx.target_partial",
                Severity.ERROR,
                observed=found.observed,
                expected=", ".join(map(str, host.ips)),
                remove=tuple(address_record(owner, ip) for ip in strays),
                params={**params, "ip": ", ".join(map(str, strays))},
            )
        )
    if found.a.absent and addresses(found.aaaa):
        checks.append(
            fail(
                FAMILY,
                "mx.no_ipv4",
                Severity.WARNING,
                observed=found.observed,
                expected="an A record too: most of the Internet's mail comes by IPv4",
                publish=ipv4,
                params=params,
            )
        )
    if found.aaaa.absent and ipv6:
        checks.append(
            fail(
                FAMILY,
                "mx.no_ipv6",
                Severity.NOTICE,
                observed=found.observed,
                expected="an AAAA record, since the host has IPv6",
                publish=ipv6,
                params=params,
            )
        )
    return checks


def _our_mx(domain: MailDomain, host: MailHost) -> tuple[Record, ...]:
    if not host.hostname or domain.receives_elsewhere:
        return ()
    return (Record(dotted(domain.name), "MX", f"{PREFERENCE} {dotted(host.hostname)}"),)


def _expected(host: MailHost) -> str:
    return f"MX {PREFERENCE} {dotted(host.hostname)}" if host.hostname else "an MX of ours"


def _seen(facts: MxFacts) -> tuple[str, ...]:
    lines = list(observed(facts.mx))
    for target in facts.targets:
        lines += _addresses_seen(target)
    return tuple(dict.fromkeys(lines))


def _addresses_seen(target: Target) -> tuple[str, ...]:
    return target.found.observed if target.found else ()


def _is_ip(name: str) -> bool:
    text = name.rstrip(".").strip("[]")
    try:
        ip_address(text.removeprefix("ipv6:"))
    except ValueError:
        return False
    return True
