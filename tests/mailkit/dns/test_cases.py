"""Every fault is found through real servers, mended by what is suggested, and its near miss passes.

How to add a case stands in `tests/mailkit/dns/cases/__init__.py`.
"""

from __future__ import annotations

import pytest

from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.results import Check, Severity, Status
from tests.mailkit.dns.cases import Side
from tests.mailkit.dns.cases.all_cases import FAULTS, NEAR_MISSES, zones_of
from tests.mailkit.dns.cases.mending import BEGINNINGS, checks_of
from tests.servers.dns import DnsServers

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def loaded(dns_servers: DnsServers) -> DnsServers:
    """The zones of all cases, loaded at once: that takes as long as one of them."""
    dns_servers.load(zones_of((*FAULTS, *NEAR_MISSES)))
    return dns_servers


def run(side: Side, servers: DnsServers) -> list[Check]:
    found = checks_of(side, servers)
    for check in found:
        hold_to_catalogue(check)
    return found


def hold_to_catalogue(check: Check) -> None:
    """A failure has its code and severity from the catalogue, what it saw, and what it wants."""
    if check.status == Status.FAIL:
        assert check.severity in CATALOGUE[check.code].severities, check
        assert check.expected, check
        assert check.observed, check
    elif check.status == Status.UNKNOWN:
        assert check.reason, check
        assert check.code == check.family or not CATALOGUE[check.code].severities, check
    else:
        assert check.code == check.family, check


@pytest.mark.parametrize("side", FAULTS, ids=lambda side: side.names.d)
def test_a_fault_is_found_and_mended(side: Side, loaded: DnsServers) -> None:
    code = side.case.code
    checks = run(side, loaded)
    found = [check for check in checks if check.code == code]
    assert found, checks
    assert {check.status for check in found} == {side.case.status}
    if side.case.mend is None:
        return
    mended = side.case.mend(side, found, loaded)
    again = run(mended, loaded)
    assert code not in {check.code for check in again}, again
    assert Status.UNKNOWN not in {check.status for check in again}, again
    assert worst(again) <= worst(checks), again
    begun = {new for new, olds in BEGINNINGS.items() if code in olds}
    assert failed(again) - failed(checks) <= begun, again


def failed(checks: list[Check]) -> set[str]:
    return {check.code for check in checks if check.status == Status.FAIL}


def worst(checks: list[Check]) -> int:
    order = [None, *Severity]
    return max(order.index(check.severity) for check in checks)


@pytest.mark.parametrize("side", NEAR_MISSES, ids=lambda side: side.names.d)
def test_a_near_miss_is_fine(side: Side, loaded: DnsServers) -> None:
    checks = run(side, loaded)
    assert checks
    assert side.case.code not in {check.code for check in checks}, checks
    assert Status.UNKNOWN not in {check.status for check in checks}, checks
