"""Whichever answer of a case does not come: no fault is made of that, and none is lost in silence.

Each case is looked up once; then each of its answers in turn becomes a timeout, the others stay.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from ipaddress import ip_network

import pytest

from mailkit.dns.answers import Answer, Asks, Outcome
from mailkit.dns.families.registry import BY_NAME, Family
from mailkit.dns.lookups import Lookups
from mailkit.dns.results import Check, Status
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.wire import server
from tests.mailkit.dns import dkim_cases, policy_cases, spf_cases
from tests.mailkit.dns.cases import LABORATORY, Side, sts
from tests.mailkit.dns.cases import Case as MailCase
from tests.mailkit.dns.cases.all_cases import CASES, zones_of
from tests.mailkit.dns.cases.hosts import LIST
from tests.mailkit.dns.memory import Case, failed, loaded
from tests.servers.dns import DnsServers

# Beside those of test_cases.py, whose zones are mended while it runs.
FIRST = 500
PARENT = "signed-parent.test"
OWN = {PARENT: f"other-{PARENT}"}
# Where one answer alone tells what the others mean.
MORE = [
    MailCase(
        "dnsbl.listed",
        None,
        LIST + "{list4}.bl A 127.0.0.4\n1.0.0.127.bl A 127.0.0.2",
        host={"dnsbls": ("bl.{d}",)},
    ),
    MailCase(
        "mx.target_private", None, "@ MX 10 {h}.\n@ MX 20 b\nb A 10.0.0.1\nb AAAA 2001:db8::99"
    ),
    MailCase(
        "sts.policy_fetch",
        None,
        sts.RECORD + "@ MX 10 {h}.\nmta-sts A 10.1.2.3\nmta-sts AAAA ::1",
        host={"allowed_networks": (*LABORATORY, ip_network("::1/128"))},
        fine_around=sts.serving(),
    ),
]
SIDES = [
    Side(
        replace(case, parent=OWN.get(case.parent, case.parent)),
        wrong,
        FIRST + 2 * number + (not wrong),
    )
    for number, case in enumerate([*CASES, *MORE])
    for wrong in (True, False)
    if (wrong and case not in MORE) or case.fine is not None or case.fine_domain or case.fine_host
]
IN_MEMORY = [
    pytest.param(BY_NAME[family], case, id=f"{family}: {case.id}")
    for family, cases in (
        ("spf", spf_cases.CASES),
        ("dkim", dkim_cases.CASES),
        ("dmarc", policy_cases.DMARC),
        ("tlsrpt", policy_cases.TLSRPT),
        ("bimi", policy_cases.BIMI),
    )
    for case in cases
]
# May be lost: what only a hint was asked for, whose answer the verdict does not wait for.
HINTS = {
    "spf.type99": "a record of a type that nobody reads any more",
    "dkim.doubled_name": "the wrong name is looked up to explain dkim.missing, which stays",
}
# May come in the place of a hint.
INSTEAD = {"dkim.missing": "dkim.doubled_name"}


class Without:
    """The answers of `asks`, but `silent` times out; and which questions were asked."""

    def __init__(self, asks: Asks, silent: tuple[str, str] | None = None) -> None:
        self.asks = asks
        self.silent = silent
        self.asked: dict[tuple[str, str], None] = {}

    async def ask(self, name: str, type: str) -> Answer:
        key = (name.lower().rstrip("."), type)
        self.asked[key] = None
        if key == self.silent:
            return Answer(key[0] + ".", type, Outcome.TIMEOUT, reason="no answer in 5 s")
        return await self.asks.ask(name, type)


async def wrong_with(family: Family, domain: MailDomain, host: MailHost, asks: Asks) -> list[str]:
    """What is said of this domain and must not be, with each answer missing in turn."""

    async def checks(without: Without) -> list[Check]:
        return family.judge(domain, host, await family.probe(domain, host, without))

    whole = Without(asks)
    before = failed(await checks(whole))
    wrong = []
    for key in whole.asked:
        found = await checks(Without(asks, key))
        after = failed(found)
        invented = {code for code in after - before if INSTEAD.get(code) not in before}
        lost = {code for code in before - after if code not in HINTS}
        if invented:
            wrong.append(f"{key} times out: {sorted(invented)} is made of it")
        if lost and Status.UNKNOWN not in {check.status for check in found}:
            wrong.append(f"{key} times out: {sorted(lost)} is lost, {found}")
    return wrong


@pytest.fixture(scope="module")
def servers(dns_servers: DnsServers) -> DnsServers:
    zones = zones_of(SIDES)
    dns_servers.load({f"{OWN[PARENT]}.": zones.pop(f"{PARENT}."), **zones})
    return dns_servers


@pytest.mark.stack
@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.names.d)
def test_a_missing_answer_is_no_finding(side: Side, servers: DnsServers) -> None:
    async def wrong(host: MailHost) -> list[str]:
        lookups = Lookups([server(servers.resolver)], timeout=0.5, lifetime=0.5)
        family = BY_NAME[side.case.family]
        return await wrong_with(family, side.mail_domain(), host, lookups)

    with side.around(side.names) if side.around else nullcontext({}) as more:
        found = asyncio.run(wrong(side.mail_host(more)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("family", "case"), IN_MEMORY)
def test_a_missing_answer_is_no_finding_in_zones_in_memory(family: Family, case: Case) -> None:
    found = asyncio.run(wrong_with(family, case.domain, case.host, loaded(case)))
    assert not found, "\n".join(found)
