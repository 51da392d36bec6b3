"""DNSSEC (RFC 4033 to 4035): whether what resolvers say about the domain can be proved."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata

from mailkit.dns.answers import Answer, Asks, Outcome
from mailkit.dns.families.common import looked_for, observed, why
from mailkit.dns.names import BadName, absolute, dotted
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import MailDomain, MailHost

FAMILY = "dnssec"
ENTRY_POINT = 257


@dataclass(frozen=True)
class DnssecFacts:
    """`keys` only where the domain is not secure: a signed zone whose DS is missing has some."""

    soa: Answer
    keys: Answer | None = None


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> DnssecFacts:
    soa = await lookups.ask(domain.name, "SOA")
    if not host.trusts_ad or not soa.known or soa.secure:
        return DnssecFacts(soa)
    return DnssecFacts(soa, await lookups.ask(domain.name, "DNSKEY"))


def judge(domain: MailDomain, host: MailHost, facts: DnssecFacts) -> list[Check]:
    if not host.trusts_ad:
        words = "the resolver is neither on this machine nor named as validating"
        return [skipped(FAMILY, words)]
    soa = facts.soa
    if not soa.known:
        return [unknown(FAMILY, why(soa))]
    if soa.secure:
        return [passed(FAMILY, observed=observed(soa))]
    keys = facts.keys
    if keys is None or not keys.known:
        return [unknown(FAMILY, why(keys) if keys else "the zone's keys were not looked up")]
    signed = keys.outcome == Outcome.OK
    return [
        fail(
            FAMILY,
            "dnssec.unsigned",
            Severity.NOTICE,
            observed=looked_for(keys),
            expected="a signed zone, and its DS at the registry",
            publish=_delegation(domain, keys),
            params={"signed": "yes" if signed else "no"},
        )
    ]


def _delegation(domain: MailDomain, keys: Answer) -> tuple[Record, ...]:
    """The DS records of the zone's entry points, as SHA-256 (RFC 8624, 3.3)."""
    records = []
    for value in keys.values:
        key = _read(value)
        if key is None:
            continue
        try:
            delegation = dns.dnssec.make_ds(absolute(domain.name), key, "SHA256")
        except (dns.exception.DNSException, ValueError, BadName):
            continue
        records.append(Record(dotted(domain.name), "DS", delegation.to_text()))
    return tuple(records)


def _read(value: str) -> dns.rdata.Rdata | None:
    parts = value.split()
    if len(parts) < 4 or parts[0] != str(ENTRY_POINT):
        return None
    try:
        base64.b64decode("".join(parts[3:]), validate=True)
        return dns.rdata.from_text("IN", "DNSKEY", value)
    except (dns.exception.DNSException, ValueError, binascii.Error):
        return None
