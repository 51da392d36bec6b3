"""The domain itself: its name, whether it is registered, and whether DNSSEC breaks it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mailkit.dns.answers import Answer, Asks, Outcome
from mailkit.dns.families.common import observed, why
from mailkit.dns.names import BadName, is_hostname, to_a_label
from mailkit.dns.results import Check, Severity, Status, fail, passed, unknown
from mailkit.dns.subject import MailDomain, MailHost

FAMILY = "domain"


@dataclass(frozen=True)
class DomainFacts:
    """Both ask the apex: a name without MX and SOA exists all the same (NODATA).

    `host` is the mail host's address: where DNSSEC breaks that, no domain's mail arrives.
    """

    mx: Answer
    soa: Answer
    host: Answer | None = None


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> DomainFacts:
    mx, soa = await asyncio.gather(lookups.ask(domain.name, "MX"), lookups.ask(domain.name, "SOA"))
    named = is_hostname(host.hostname)
    return DomainFacts(mx, soa, await lookups.ask(host.hostname, "A") if named else None)


def judge(domain: MailDomain, host: MailHost, facts: DomainFacts) -> list[Check]:
    bad = name_fault(domain.name)
    if bad:
        return [bad]
    own = _own(domain, facts)
    if facts.host is None or facts.host.outcome != Outcome.BOGUS:
        return [own]
    told = [] if own.status == Status.PASS else [own]
    return [*told, _bogus(facts.host, host=host.hostname)]


def _own(domain: MailDomain, facts: DomainFacts) -> Check:
    """What the domain's own answers say."""
    answers = (facts.mx, facts.soa)
    bogus = [answer for answer in answers if answer.outcome == Outcome.BOGUS]
    if bogus:
        return _bogus(*bogus)
    if all(answer.outcome == Outcome.NXDOMAIN for answer in answers):
        return fail(
            FAMILY,
            "domain.nxdomain",
            Severity.CRITICAL,
            observed=(f"{domain.name}. NXDOMAIN",),
            expected="a registered domain that is delegated to its name servers (NS)",
        )
    if any(answer.outcome in (Outcome.OK, Outcome.NODATA) for answer in answers):
        return passed(FAMILY, observed=observed(facts.soa))
    return unknown(FAMILY, why(*answers) or "the answers contradict each other")


def _bogus(*answers: Answer, host: str = "") -> Check:
    return fail(
        FAMILY,
        "domain.dnssec_bogus",
        Severity.CRITICAL,
        observed=(why(*answers),),
        expected="signatures that match the DS at the registry, or no DS there",
        host=host,
    )


def name_fault(name: str) -> Check | None:
    """`domain.bad_name`, where the name is none that DNS could hold."""
    try:
        to_a_label(name)
    except BadName as error:
        return fail(
            FAMILY,
            "domain.bad_name",
            Severity.ERROR,
            observed=(name,),
            expected="labels of at most 63 letters, digits and hyphens, 253 characters in all",
            params={"why": str(error)},
        )
    return None
