"""DNSBL (RFC 5782): whether blocklists name our sending addresses, and whether they still work."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.families.common import addresses, observed, why
from mailkit.dns.names import dotted
from mailkit.dns.results import Check, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import IPAddress, MailDomain, MailHost

FAMILY = "dnsbl"
# Every list has the first for tests and must not have the second (RFC 5782, 5).
LISTED_FOR_TEST = IPv4Address("127.0.0.2")
NEVER_LISTED = IPv4Address("127.0.0.1")
LISTINGS = IPv4Network("127.0.0.0/8")
# How the big lists say "not to you": an open resolver, too many questions, a wrong name.
REFUSALS = IPv4Network("127.255.255.0/24")
_LINK = re.compile(r"https?://[^\s\"'<>]+")


@dataclass(frozen=True)
class Listing:
    """What one list says about one address; `text` is its explanation, mostly with a link."""

    zone: str
    ip: IPAddress
    answer: Answer
    text: Answer | None = None


@dataclass(frozen=True)
class ListFacts:
    """A list: its two test entries, and our addresses."""

    zone: str
    test: Answer
    never: Answer
    listings: tuple[Listing, ...]


@dataclass(frozen=True)
class DnsblFacts:
    lists: tuple[ListFacts, ...] = ()


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> DnsblFacts:
    if not host.ips:
        return DnsblFacts()
    lists = await asyncio.gather(*(_list(zone, host, lookups) for zone in host.dnsbls))
    return DnsblFacts(tuple(lists))


async def _list(zone: str, host: MailHost, lookups: Asks) -> ListFacts:
    (test, never), listings = await asyncio.gather(
        asyncio.gather(
            lookups.ask(query_name(LISTED_FOR_TEST, zone), "A"),
            lookups.ask(query_name(NEVER_LISTED, zone), "A"),
        ),
        asyncio.gather(*(_listing(zone, ip, lookups) for ip in host.ips)),
    )
    return ListFacts(zone, test, never, tuple(listings))


async def _listing(zone: str, ip: IPAddress, lookups: Asks) -> Listing:
    name = query_name(ip, zone)
    answer = await lookups.ask(name, "A")
    text = None if answer.absent else await lookups.ask(name, "TXT")
    return Listing(zone, ip, answer, text)


def query_name(ip: IPAddress, zone: str) -> str:
    """`2.0.0.127.zone.`; IPv6 by nibbles (RFC 5782, 2.4)."""
    reverse = ip.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    return dotted(f"{reverse}.{zone}")


def judge(domain: MailDomain, host: MailHost, facts: DnsblFacts) -> list[Check]:
    if not host.ips:
        return [skipped(FAMILY, "no sending addresses are set", host=host.hostname)]
    if not host.dnsbls:
        return [skipped(FAMILY, "no blocklists are set", host=host.hostname)]
    checks = [check for one in facts.lists for check in _judge_list(host, one)]
    return checks or [passed(FAMILY, observed=tuple(host.dnsbls), host=host.hostname)]


def _judge_list(host: MailHost, facts: ListFacts) -> list[Check]:
    about: dict[str, Any] = {"host": host.hostname, "params": {"list": facts.zone}}
    answers = (facts.test, facts.never, *(one.answer for one in facts.listings))
    refusals = [a for a in answers if any(ip in REFUSALS for ip in addresses(a))]
    if refusals:
        words = f"{facts.zone} does not answer questions from this resolver"
        seen = observed(*refusals)
        return [unknown(FAMILY, words, "dnsbl.refused", observed=seen, **about)]
    if not facts.test.known or not facts.never.known:
        return [unknown(FAMILY, why(facts.test, facts.never), **about)]
    if not _codes(facts.test):
        words = f"{facts.zone} does not list 127.0.0.2: it is dead, or not a blocklist"
        return [unknown(FAMILY, words, **about)]
    if _codes(facts.never) or not all(ip in LISTINGS for a in answers for ip in addresses(a)):
        words = f"{facts.zone} lists everything: it is dead"
        return [unknown(FAMILY, words, observed=observed(facts.never), **about)]
    checks = []
    for one in facts.listings:
        if not one.answer.known:
            checks.append(unknown(FAMILY, why(one.answer), **{**about, "ip": str(one.ip)}))
        elif _codes(one.answer):
            checks.append(_listed(host, one))
    return checks


def _codes(answer: Answer) -> list[IPAddress]:
    return [ip for ip in addresses(answer) if ip in LISTINGS]


def _listed(host: MailHost, one: Listing) -> Check:
    words = b" ".join(one.text.joined).decode("ascii", "replace") if one.text else ""
    link = _LINK.search(words)
    return fail(
        FAMILY,
        "dnsbl.listed",
        Severity.ERROR,
        observed=(*observed(one.answer), *(observed(one.text) if one.text else ())),
        expected=f"not listed; delisting: {link[0] if link else 'https://' + one.zone}",
        host=host.hostname,
        ip=str(one.ip),
        params={
            "list": one.zone,
            "ip": str(one.ip),
            "codes": ", ".join(map(str, _codes(one.answer))),
            "link": link[0] if link else "",
        },
    )
