"""The cases of SPF, DKIM, DMARC, TLS-RPT and BIMI through real servers, as in `test_cases.py`.

They share names (`example.test`), so each is served by itself. In memory the same cases take a
thousandth of the time: `test_spf.py`, `test_dkim.py`, `test_policies.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mailkit.dns.lookups import Lookups
from mailkit.dns.results import Check
from mailkit.dns.run import check_family
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.wire import server
from tests.mailkit.dns import dkim_cases, policy_cases, spf_cases
from tests.mailkit.dns.cases import LABORATORY
from tests.mailkit.dns.memory import Case, failed
from tests.mailkit.dns.test_cases import hold_to_catalogue
from tests.servers.dns import DnsServers

pytestmark = pytest.mark.stack
TABLES = {
    "spf": spf_cases.CASES,
    "dkim": dkim_cases.CASES,
    "dmarc": policy_cases.DMARC,
    "tlsrpt": policy_cases.TLSRPT,
    "bimi": policy_cases.BIMI,
}
CASES = [
    pytest.param(family, case, id=f"{family}: {case.id}")
    for family, cases in TABLES.items()
    for case in cases
]
NEAR_MISSES = [
    one
    for one in CASES
    if any(part is not None for part in (one.values[1].near, one.values[1].near_others))
    or one.values[1].near_domain is not None
]


def run(servers: DnsServers, family: str, domain: MailDomain, host: MailHost) -> list[Check]:
    async def checks() -> list[Check]:
        lookups = Lookups([server(servers.resolver)])
        asked = replace(host, allowed_networks=LABORATORY)
        return await check_family(family, domain, asked, lookups)

    found = asyncio.run(checks())
    for check in found:
        hold_to_catalogue(check)
    return found


def zones(case: Case, *, near: bool = False) -> dict[str, str]:
    return {f"{origin}.": text for origin, text in case.zones(near=near).items()}


@pytest.mark.parametrize(("family", "case"), CASES)
def test_a_fault_is_found_and_mended(dns_servers: DnsServers, family: str, case: Case) -> None:
    with dns_servers.serving(zones(case)):
        checks = run(dns_servers, family, case.domain, case.host)
        assert failed(checks) == set(case.codes), checks
        if not case.mends or not case.codes:
            return
        # Each suggestion is a whole answer to its fault; several for one record are not added up.
        first = next(check for check in checks if check.code in case.codes)
        dns_servers.publish(first.publish, first.remove)
        after = run(dns_servers, family, case.domain, case.host)
        assert first.code not in failed(after), after


@pytest.mark.parametrize(("family", "case"), NEAR_MISSES)
def test_a_near_miss_is_fine(dns_servers: DnsServers, family: str, case: Case) -> None:
    with dns_servers.serving(zones(case, near=True)):
        checks = run(dns_servers, family, case.subject(near=True), case.host)
        assert not failed(checks) & set(case.codes), checks
