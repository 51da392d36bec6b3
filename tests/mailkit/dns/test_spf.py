"""SPF: each code has a zone that makes it, a near miss, and a record that mends it."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from pathlib import Path

import pytest
import yaml

from mailkit.dns.answers import Outcome
from mailkit.dns.families import spf
from mailkit.dns.families.spf.evaluate import Cause, evaluate
from mailkit.dns.families.spf.parse import is_spf, parse
from mailkit.dns.records import txt_value
from mailkit.dns.results import Check, Record, Severity, Status
from mailkit.dns.subject import MailDomain, MailHost
from tests.mailkit.dns import spf_cases
from tests.mailkit.dns.memory import (
    DOMAIN,
    HOST,
    PLAIN,
    Case,
    assert_case,
    checks_of,
    failed,
    loaded,
)
from tests.mailkit.dns.spf_cases import GOOD, OURS, includes, includes_of, txt
from tests.mailkit.dns.zones import Zones

CODES = {
    "missing", "multiple", "syntax", "non_ascii", "bad_chunk_join", "not_authorised", "lookups",
    "void", "loop", "include_dead", "open", "wide", "neutral", "no_all", "ptr_mechanism",
    "after_all", "redirect_ignored", "duplicate_term", "too_long", "type99", "senderid", "mx_many",
}  # fmt: skip


def check_zone(zone: str, host: MailHost = HOST, **others: str) -> list[Check]:
    case = Case((), zone, others={f"{name}.test": text for name, text in others.items()})
    return checks_of(spf, PLAIN, host, loaded(case))


def suggestion(checks: list[Check], code: str) -> str:
    (check,) = (check for check in checks if check.code == code)
    return check.publish[0].value


@pytest.mark.parametrize("case", spf_cases.CASES, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    assert_case(spf, case)


def test_each_code_has_a_case_and_a_near_miss() -> None:
    assert {code for case in spf_cases.CASES for code in case.codes} == {f"spf.{c}" for c in CODES}
    near = {code for case in spf_cases.CASES if case.near is not None for code in case.codes}
    assert near == {f"spf.{c}" for c in CODES}


def test_a_good_record_passes_with_what_was_seen() -> None:
    (check,) = check_zone(GOOD)
    assert check.status == Status.PASS
    assert check.code == check.family == "spf"
    assert check.observed == (f'{DOMAIN}. TXT "v=spf1 {OURS} -all"',)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in ("ok", "nodata", "nxdomain")])
def test_no_answer_is_not_missing(outcome: Outcome) -> None:
    zones = Zones({DOMAIN: outcome})
    (check,) = checks_of(spf, PLAIN, HOST, zones)
    assert check.status == Status.UNKNOWN
    assert check.code == "spf"
    assert "did not answer" in check.reason or outcome == Outcome.BAD_NAME


@pytest.mark.parametrize(
    ("terms", "fault", "code"),
    [
        (f"include:slow.test {OURS} -all", "slow.test", "spf.include_unknown"),
        (f"{OURS} include:slow.test -all", "slow.test", "spf.include_unknown"),
        (f"{OURS} redirect=slow.test", "slow.test", "spf.include_unknown"),
        (f"{OURS} a:slow.test -all", "slow.test", "spf"),
        ("mx -all", "mx.host.test", "spf"),
    ],
)
def test_a_lookup_that_failed_below_makes_it_unknown(terms: str, fault: str, code: str) -> None:
    zone = spf_cases.spf(terms, "@ MX 10 mx.host.test.\n")
    case = Case((), zone, faults={fault: Outcome.TIMEOUT})
    (check,) = checks_of(spf, PLAIN, HOST, loaded(case))
    assert (check.status, check.code) == (Status.UNKNOWN, code)
    assert fault in check.reason


def test_a_fault_beside_an_unknown_include_is_still_told() -> None:
    zone = spf_cases.spf("ip4:192.0.2.10 include:slow.test ?all")
    checks = checks_of(spf, PLAIN, HOST, loaded(Case((), zone, faults={"slow.test": "servfail"})))
    assert failed(checks) == {"spf.neutral"}
    assert checks[-1].code == "spf.include_unknown"


def test_without_our_addresses_it_says_so() -> None:
    (check,) = check_zone(GOOD, host=MailHost("mx.host.test"))
    assert check.status == Status.SKIPPED
    assert "no sending addresses" in check.reason


def test_without_our_addresses_the_record_is_still_read() -> None:
    assert failed(check_zone('@ TXT "v=spf1 mx +all"', host=MailHost())) == {"spf.open"}


@pytest.mark.parametrize(
    ("zone", "code", "severity"),
    [
        (spf_cases.spf(f"{includes_of(11)} {OURS} -all"), "spf.lookups", Severity.CRITICAL),
        (spf_cases.spf(f"{OURS} {includes_of(11)} -all"), "spf.lookups", Severity.ERROR),
        (spf_cases.spf(f"{OURS} {includes_of(8)} -all"), "spf.lookups", Severity.NOTICE),
        (spf_cases.spf(f"a:d1.test a:d2.test mx {OURS} -all"), "spf.void", Severity.CRITICAL),
        (spf_cases.spf(f"{OURS} a:d1.test a:d2.test a:d3.test -all"), "spf.void", Severity.ERROR),
    ],
)  # fmt: skip
def test_a_limit_is_worse_if_it_hits_our_own_mail(zone: str, code: str, severity: Severity) -> None:
    checks = checks_of(spf, PLAIN, HOST, loaded(Case((), zone, others=includes(11))))
    assert [(check.code, check.severity) for check in checks] == [(code, severity)]


@pytest.mark.parametrize(
    ("zone", "code", "mended"),
    [
        ("@ A 192.0.2.1", "spf.missing", f"v=spf1 mx {OURS} ~all"),
        (
            spf_cases.spf("include:i0.test -all"),
            "spf.not_authorised",
            f"v=spf1 include:i0.test {OURS} -all",
        ),
        (
            txt("v=spf1 include:i0.test -all") + txt("v=spf1 include:i1.test ip4:192.0.2.10 ~all"),
            "spf.multiple",
            "v=spf1 include:i0.test include:i1.test ip4:192.0.2.10 ip6:2001:db8::10 ~all",
        ),
        (
            spf_cases.spf(f"ipv4:198.51.100.7 {OURS} -all exp=why.test"),
            "spf.syntax",
            f"v=spf1 ip4:198.51.100.7 {OURS} -all exp=why.test",
        ),
        (
            spf_cases.spf("a:i0.test/24//64 -all"),
            "spf.not_authorised",
            f"v=spf1 a:i0.test/24//64 {OURS} -all",
        ),
        (
            spf_cases.spf(f"{OURS} redirect=q.test"),
            "spf.neutral",
            f"v=spf1 {OURS} include:q.test ~all",
        ),
        (spf_cases.spf(f"{OURS} ?all"), "spf.neutral", f"v=spf1 {OURS} ~all"),
        # As a TXT value has it, in the zone file and in what is suggested.
        (spf_cases.spf(f"{OURS} ?all x=\\\\y"), "spf.neutral", f"v=spf1 {OURS} ~all x=\\\\y"),
        (spf_cases.spf(f"{OURS} -all mx"), "spf.after_all", f"v=spf1 {OURS} -all"),
        (
            spf_cases.spf(f"include:i0.test include:dead.test {OURS} -all"),
            "spf.include_dead",
            f"v=spf1 include:i0.test {OURS} -all",
        ),
        (
            spf_cases.spf(f"{OURS} ip4:0.0.0.0/0 include:i0.test -all"),
            "spf.open",
            f"v=spf1 {OURS} include:i0.test -all",
        ),
        (
            spf_cases.spf("-ip4:192.0.2.0/24 ip6:2001:db8::10 include:i1.test -all"),
            "spf.not_authorised",
            "v=spf1 ip4:192.0.2.10 -ip4:192.0.2.0/24 ip6:2001:db8::10 include:i1.test -all",
        ),
    ],
)  # fmt: skip
def test_what_is_there_is_kept_in_what_is_suggested(zone: str, code: str, mended: str) -> None:
    others = {**includes(2), "q.test": spf_cases.spf("ip4:198.51.100.9 ?all")}
    checks = checks_of(spf, PLAIN, HOST, loaded(Case((), zone, others=others)))
    assert suggestion(checks, code) == mended


def test_a_domain_that_receives_elsewhere_is_not_given_its_mx() -> None:
    domain = MailDomain(DOMAIN, receives_elsewhere=True)
    (check,) = checks_of(spf, domain, HOST, loaded(Case((), "@ MX 10 other.test.")))
    assert check.publish[0].value == f"v=spf1 {OURS} ~all"


def test_a_big_tree_ends() -> None:
    """Each name includes ten more: a receiver stops at ten, and so do we soon after."""
    others = {
        f"t{n}.test": spf_cases.spf(" ".join(f"include:t{n * 10 + m}.test" for m in range(10)))
        for n in range(120)
    }
    zones = loaded(Case((), spf_cases.spf("include:t1.test -all"), others=others))
    checks = checks_of(spf, PLAIN, HOST, zones)
    assert "spf.lookups" in failed(checks)
    assert len(zones.asked) < 150


SUITE = Path(__file__).parent / "data" / "rfc7208-tests.yml"


def records_of_the_suite() -> list[str]:
    found = set()
    for scenario in yaml.safe_load_all(SUITE.read_text("utf-8")):
        for rows in scenario["zonedata"].values():
            for row in rows:
                for kind in ("SPF", "TXT"):
                    text = row.get(kind) if isinstance(row, dict) else None
                    if text and is_spf("".join(text).encode()):
                        found.add("".join(text))
    return sorted(found)


@pytest.mark.parametrize("text", records_of_the_suite())
def test_our_reading_agrees_with_the_evaluation_on_each_record_of_the_suite(text: str) -> None:
    """What the lint calls an error is one for a receiver, and the other way round."""
    zones = Zones().load("e.test", "")
    zones.rrsets["e.test.", "TXT"] = []
    zones.apply([Record("e.test.", "TXT", txt_value(text.encode()))], [])
    found = asyncio.run(evaluate(ip_address("203.0.113.9"), "e.test", "e.test", zones, {}))
    record = parse(text.encode())
    wrong = bool(record.errors) or not record.ascii
    assert wrong == (found.cause in (Cause.SYNTAX, Cause.NON_ASCII)), (record.errors, found)
