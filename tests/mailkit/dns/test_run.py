"""A run: results as they come, the mail host once, dead domains and dead resolvers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.families.registry import BY_NAME, FAMILIES, Family
from mailkit.dns.lookups import Lookups
from mailkit.dns.results import Check, Severity, Status, Verdict, fail, passed, unknown, verdict
from mailkit.dns.run import (
    DomainResult,
    ResolverDown,
    check,
    check_as_answers_come,
    check_family,
)
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.switched_off import is_off, without
from tests.servers.bad_dns import BadDns

HOST = MailHost(hostname="mx.test", ips=(ip_address("192.0.2.1"),), connect=False, trusts_ad=True)


@pytest.fixture
def bad() -> Iterator[BadDns]:
    with BadDns() as server:
        yield server


def lookups(bad: BadDns) -> Lookups:
    return Lookups([bad.server], timeout=0.1, lifetime=0.2)


async def run(bad: BadDns, *names: str, **more: object) -> list[DomainResult]:
    domains = (MailDomain(name) for name in names)
    return [one async for one in check(domains, HOST, lookups(bad), **more)]  # type: ignore[arg-type]


def test_each_domain_has_every_family_in_order(bad: BadDns) -> None:
    (result,) = asyncio.run(run(bad, "a.test"))
    order = list(dict.fromkeys(one.family for one in result.checks))
    assert order == [family.name for family in FAMILIES]


def test_the_mail_host_is_looked_at_once(bad: BadDns) -> None:
    results = asyncio.run(run(bad, *(f"{n}.test" for n in range(20))))
    assert len(results) == 20
    names = [name for name, _ in bad.questions]
    assert names.count("1.2.0.192.in-addr.arpa.") == 1
    of_host = [[one for one in r.checks if one.family == "ptr"] for r in results]
    assert all(found == of_host[0] for found in of_host)


def test_a_dead_resolver_ends_the_run_before_it_begins(bad: BadDns) -> None:
    bad.silent = True
    began = time.monotonic()
    with pytest.raises(ResolverDown):
        asyncio.run(run(bad, "a.test"))
    assert time.monotonic() - began < 2


def test_a_resolver_that_dies_ends_the_run_and_spoils_no_result(bad: BadDns) -> None:
    seen: list[DomainResult] = []

    async def until_it_dies() -> None:
        domains = (MailDomain(f"{n}.test") for n in range(500))
        results = check(domains, HOST, lookups(bad), at_once=5)
        seen.append(await anext(results))
        bad.silent = True
        while True:
            seen.append(await anext(results))

    with pytest.raises(ResolverDown):
        asyncio.run(until_it_dies())
    assert len(seen) < 500
    for result in seen:
        assert not [c for c in result.checks if "resolver" in c.reason]


def test_dead_domains_do_not_hold_the_others_up(bad: BadDns) -> None:
    async def order() -> list[str]:
        dead = [MailDomain(f"timeout.{n}.test") for n in range(50)]
        good = [MailDomain(f"{n}.test") for n in range(20)]
        patient = Lookups([bad.server], timeout=1, lifetime=2)
        return [r.domain.name async for r in check(dead + good, HOST, patient)]

    names = asyncio.run(order())
    assert all(not name.startswith("timeout") for name in names[:20])
    assert len(names) == 70


def test_a_dead_domain_is_unknown_after_two_lookups(bad: BadDns) -> None:
    (result,) = asyncio.run(run(bad, "timeout.test"))
    own = {c.status for c in result.checks if c.family not in ("ptr", "helo", "tlsa", "dnsbl")}
    assert own == {Status.UNKNOWN}
    asked = {name for name, _ in bad.questions if name.endswith("timeout.test.")}
    assert asked == {"timeout.test."}


def test_a_name_that_is_none_is_told_once(bad: BadDns) -> None:
    (result,) = asyncio.run(run(bad, "a_b.test"))
    failed = [one.code for one in result.checks if one.status == Status.FAIL]
    assert "domain.bad_name" in failed
    assert not [code for code in failed if code.startswith("mx.")]


def test_a_family_switched_off_is_skipped_with_the_reason_unless_required(bad: BadDns) -> None:
    off = dict.fromkeys(("client", "mx", "helo"), "not used here")

    async def one() -> DomainResult:
        domain = MailDomain("a.test", switched_off=off)
        (result,) = [r async for r in check([domain], HOST, lookups(bad))]
        return result

    checks = asyncio.run(one()).checks
    skipped = {c.family for c in checks if c.status == Status.SKIPPED and c.reason in off.values()}
    assert skipped == {"client", "helo"}


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        (unknown("spf", "no answer", "spf.include_unknown"), Status.UNKNOWN, Verdict.UNKNOWN),
        (unknown("spf", "no answer"), Status.UNKNOWN, Verdict.UNKNOWN),
        (unknown("mx", "no answer", "mx.missing"), Status.UNKNOWN, Verdict.UNKNOWN),
        (unknown("dnsbl", "no answer", "dnsbl.refused"), Status.UNKNOWN, Verdict.OK),
        (fail("mx", "mx.no_ipv6", Severity.NOTICE), Status.SKIPPED, Verdict.OK),
    ],
)
def test_only_a_fault_can_be_switched_off(found: Check, status: Status, said: Verdict) -> None:
    (check,) = without([found], {found.code: "not wanted"})
    assert (check.status, is_off(check)) == (status, status == Status.SKIPPED)
    assert verdict([check]) == said


def test_beside_a_fault_that_is_switched_off_unknown_stays() -> None:
    checks = [
        fail("spf", "spf.no_all", Severity.WARNING),
        unknown("spf", "no answer", "spf.include_unknown"),
    ]
    found = without(checks, dict.fromkeys(("spf.no_all", "spf.include_unknown"), "not wanted"))
    assert [one.status for one in found] == [Status.SKIPPED, Status.UNKNOWN]
    assert verdict(found) == Verdict.UNKNOWN


def test_one_domain_comes_family_by_family(bad: BadDns) -> None:
    async def families() -> list[str]:
        domain = MailDomain("a.test")
        return [name async for name, _ in check_as_answers_come(domain, HOST, lookups(bad))]

    assert sorted(asyncio.run(families())) == sorted(family.name for family in FAMILIES)


def test_a_fault_of_ours_is_unknown_and_ends_nothing(
    bad: BadDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Check]:
        raise RuntimeError("oh")

    mx = next(family for family in FAMILIES if family.name == "mx")
    monkeypatch.setitem(BY_NAME, "mx", Family("mx", mx.probe, broken))
    (found,) = asyncio.run(check_family("mx", MailDomain("a.test"), HOST, _Silent()))
    assert (found.status, found.reason) == (Status.UNKNOWN, "a fault of this program: RuntimeError")


class _Silent:
    """A resolver from which nothing comes, one outcome for every question."""

    def __init__(self, outcome: Outcome = Outcome.TIMEOUT) -> None:
        self.outcome = outcome

    async def ask(self, name: str, type: str) -> Answer:
        return Answer(name, type, self.outcome, reason="no answer")


SAYS_NOTHING = [
    Outcome.TIMEOUT,
    Outcome.SERVFAIL,
    Outcome.REFUSED,
    Outcome.MALFORMED,
    Outcome.NETWORK,
    Outcome.LOCAL,
]


@pytest.mark.parametrize("outcome", SAYS_NOTHING)
@pytest.mark.parametrize("family", [family.name for family in FAMILIES])
def test_no_answer_is_unknown_and_never_absent(family: str, outcome: Outcome) -> None:
    host = MailHost(
        hostname="mx.test", ips=HOST.ips, dnsbls=("bl.test",), connect=True, trusts_ad=True
    )
    checks = asyncio.run(check_family(family, MailDomain("a.test"), host, _Silent(outcome)))
    assert {one.status for one in checks} == {Status.UNKNOWN}, checks
    assert all(one.reason for one in checks)


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([passed("mx")], Verdict.OK),
        ([passed("mx"), unknown("ptr", "x")], Verdict.UNKNOWN),
        ([passed("mx"), unknown("caa", "x")], Verdict.OK),
        ([fail("caa", "caa.missing", Severity.NOTICE), unknown("ptr", "x")], Verdict.NOTICE),
        (
            [
                fail("mx", "mx.null", Severity.CRITICAL),
                fail("caa", "caa.missing", Severity.NOTICE),
            ],
            Verdict.CRITICAL,
        ),
    ],
)
def test_the_verdict_is_the_worst_that_failed(checks: list[Check], expected: Verdict) -> None:
    assert verdict(checks) == expected
