"""DMARC, TLS-RPT and BIMI: each code has its zone, its near miss, and a record that mends it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from mailkit.dns.answers import Outcome
from mailkit.dns.dmarc_record import organizational_domain, tree_walk, walk_names
from mailkit.dns.families import bimi, dmarc, tlsrpt
from mailkit.dns.results import Severity, Status, fail, passed, unknown
from tests.mailkit.dns import policy_cases as cases
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
from tests.mailkit.dns.zones import Zones

CODES = {
    dmarc: {
        "missing", "inherited", "multiple", "syntax", "bad_tag", "p_missing", "p_none",
        "sp_weaker", "testing", "no_rua", "rua_syntax", "rua_unauthorised", "rua_no_mx",
        "old_tags", "alignment",
    },
    tlsrpt: {"missing", "syntax"},
    bimi: {"policy", "syntax"},
}  # fmt: skip
TABLES = {dmarc: cases.DMARC, tlsrpt: cases.TLSRPT, bimi: cases.BIMI}
GOOD = {dmarc: cases.GOOD, tlsrpt: cases.TLS, bimi: cases.bimi(cases.LOGO)}
NAMES = {dmarc: "_dmarc", tlsrpt: "_smtp._tls", bimi: "default._bimi"}
UNKNOWN = [o for o in Outcome if o not in ("ok", "nodata", "nxdomain")]


@pytest.mark.parametrize(
    ("family", "case"),
    [
        pytest.param(family, case, id=f"{family.FAMILY}: {case.id}")
        for family, table in TABLES.items()
        for case in table
    ],
)
def test_case(family: Any, case: Case) -> None:
    assert_case(family, case)


@pytest.mark.parametrize("family", TABLES, ids=lambda family: family.FAMILY)
def test_each_code_has_a_case_and_a_near_miss(family: Any) -> None:
    wanted = {f"{family.FAMILY}.{code}" for code in CODES[family]}
    assert {code for case in TABLES[family] for code in case.codes} == wanted
    assert {c for case in TABLES[family] if case.near is not None for c in case.codes} == wanted


@pytest.mark.parametrize("outcome", UNKNOWN)
@pytest.mark.parametrize("family", TABLES, ids=lambda family: family.FAMILY)
def test_no_answer_is_not_missing(family: Any, outcome: Outcome) -> None:
    case = Case((), GOOD[family], faults={f"{NAMES[family]}.{DOMAIN}": outcome})
    (check,) = checks_of(family, PLAIN, HOST, loaded(case))
    assert (check.status, check.code) == (Status.UNKNOWN, family.FAMILY)
    assert check.reason


@pytest.mark.parametrize(
    ("family", "zone", "fault"),
    [
        (dmarc, cases.MX, "_dmarc.test"),
        (dmarc, cases.to("d@other.test"), "_dmarc.other.test"),
        (dmarc, cases.to("d@other.test"), "example.test._report._dmarc.other.test"),
        (dmarc, cases.to("d@mail.example.test"), "mail.example.test"),
        (bimi, cases.bimi(cases.LOGO), "_dmarc.example.test"),
    ],
)
def test_a_lookup_that_failed_on_the_way_makes_it_unknown(
    family: Any, zone: str, fault: str
) -> None:
    case = Case((), zone, others=cases.OTHER, faults={fault: Outcome.SERVFAIL})
    (check,) = checks_of(family, PLAIN, HOST, loaded(case))
    assert check.status == Status.UNKNOWN
    assert check.code == family.FAMILY


def test_a_fault_is_told_beside_what_is_unknown() -> None:
    zone = cases.dmarc("v=DMARC1; p=none; rua=mailto:d@other.test")
    case = Case((), zone, faults={"other.test": Outcome.TIMEOUT})
    checks = checks_of(dmarc, PLAIN, HOST, loaded(case))
    assert failed(checks) == {"dmarc.p_none", "dmarc.rua_unauthorised"}
    assert checks[-1].status == Status.UNKNOWN


@pytest.mark.parametrize(
    ("zone", "code", "text"),
    [
        (cases.MX, "dmarc.missing", "v=DMARC1; p=none; rua=mailto:postmaster@example.test"),
        (
            cases.dmarc("v=DMARC1; p=none; fo=1; ruf=mailto:f@example.test; pct=5; rua=x@y.test"),
            "dmarc.old_tags",
            "v=DMARC1; p=none; fo=1; ruf=mailto:f@example.test; rua=mailto:x@y.test",
        ),
        (
            cases.dmarc(f"v=DMARC1; p=none; fo=1; {cases.RUA}"),
            "dmarc.p_none",
            f"v=DMARC1; p=quarantine; fo=1; {cases.RUA}",
        ),
        (
            cases.dmarc("v=DMARC1; p=reject; fo=1"),
            "dmarc.no_rua",
            "v=DMARC1; p=reject; fo=1; rua=mailto:postmaster@example.test",
        ),
    ],
)
def test_what_is_there_is_kept_in_what_is_suggested(zone: str, code: str, text: str) -> None:
    checks = checks_of(dmarc, PLAIN, HOST, loaded(Case((), zone)))
    (check,) = (check for check in checks if check.code == code)
    assert [(r.name, r.value) for r in check.publish] == [("_dmarc.example.test.", text)]


@pytest.mark.parametrize(
    ("suffix", "policy"),
    [
        ("v=DMARC1; p=reject; psd=y", "reject"),
        ("v=DMARC1; p=reject; sp=quarantine; psd=y", "quarantine"),
        ("v=DMARC1; p=none; psd=y", "none"),
        ("", "none"),
    ],
)
def test_what_is_suggested_is_not_weaker_than_the_public_suffix(suffix: str, policy: str) -> None:
    others = {"test": f'_dmarc TXT "{suffix}"\n'} if suffix else {}
    (check,) = checks_of(dmarc, PLAIN, HOST, loaded(Case((), cases.MX, others=others)))
    assert check.code == "dmarc.missing"
    assert [record.value for record in check.publish] == [
        f"v=DMARC1; p={policy}; rua=mailto:postmaster@example.test"
    ]


@pytest.mark.parametrize(
    ("name", "count", "second"),
    [
        ("example.test", 2, "test"),
        ("a.b.c.d.e.example.test", 7, "b.c.d.e.example.test"),
        ("a.b.c.d.e.f.example.test", 8, "b.c.d.e.f.example.test"),
        ("a.b.c.d.e.f.g.h.i.example.test", 8, "e.f.g.h.i.example.test"),
    ],
)
def test_the_walk_asks_at_most_eight_times(name: str, count: int, second: str) -> None:
    names = walk_names(name)
    assert (len(names), names[0], names[1], names[-1]) == (count, name, second, "test")


@pytest.mark.parametrize(
    ("zones", "name", "organization"),
    [
        ({}, "a.b.test", "a.b.test"),
        ({"b.test": '_dmarc TXT "v=DMARC1; p=none"'}, "a.b.test", "b.test"),
        (
            {"b.test": '_dmarc TXT "v=DMARC1; p=none"\n_dmarc.a TXT "v=DMARC1; p=none; psd=n"'},
            "x.a.b.test",
            "a.b.test",
        ),
        ({"test": '_dmarc TXT "v=DMARC1; p=none; psd=y"'}, "x.a.b.test", "b.test"),
        ({"b.test": '_dmarc TXT "v=DMARC1; p=none; psd=y"'}, "x.a.b.test", "a.b.test"),
    ],
)
def test_the_organizational_domain(zones: dict[str, str], name: str, organization: str) -> None:
    tree = Zones()
    for origin, text in zones.items():
        tree.load(origin, text)
    assert organizational_domain(asyncio.run(tree_walk(name, tree))) == organization


def test_the_walk_stops_at_what_it_cannot_know() -> None:
    tree = Zones({"_dmarc.b.test": Outcome.TIMEOUT})
    assert organizational_domain(asyncio.run(tree_walk("a.b.test", tree))) is None


SPF_BAD = fail("spf", "spf.missing", Severity.CRITICAL)
DKIM_BAD = fail("dkim", "dkim.missing", Severity.CRITICAL)
DMARC_NONE = fail("dmarc", "dmarc.missing", Severity.ERROR)


@pytest.mark.parametrize(
    ("checks", "codes"),
    [
        ([SPF_BAD, DKIM_BAD], ["dmarc.alignment"]),
        ([SPF_BAD], []),
        ([DKIM_BAD, fail("spf", "spf.open", Severity.CRITICAL)], []),
        ([DKIM_BAD, unknown("spf", "timeout")], []),
        ([SPF_BAD, fail("dkim", "dkim.weak", Severity.WARNING)], []),
    ],
)
def test_mail_that_passes_neither_spf_nor_dkim_has_no_alignment(
    checks: list[Any], codes: list[str]
) -> None:
    found = dmarc.judge_alignment([*checks, passed("dmarc")])
    assert [check.code for check in found] == codes
    for other in (DMARC_NONE, unknown("dmarc", "timeout")):
        assert dmarc.judge_alignment([*checks, other]) == []
    assert dmarc.judge_alignment(checks) == []


@pytest.mark.parametrize(
    ("signer", "record", "others", "signed_by"),
    [
        ("other.test", "v=DMARC1; p=reject; ", {}, "other.test"),
        ("other.test", "v=DMARC1; p=quarantine; sp=none; ", {}, "other.test"),
        ("other.test", "v=DMARC1; p=reject; ", {"_dmarc.other.test": Outcome.TIMEOUT}, None),
        ("mail.example.test", "v=DMARC1; p=reject; ", {}, None),
        ("example.test", "v=DMARC1; p=reject; ", {}, None),
    ],
)
def test_a_signature_of_another_organization_is_none(
    signer: str, record: str, others: dict[str, Outcome], signed_by: str | None
) -> None:
    domain = replace(PLAIN, keys=(replace(cases.KEY, signs_as=signer),))
    case = Case((), cases.dmarc(record + cases.RUA), others=cases.OTHER, faults=others)
    checks = checks_of(dmarc, domain, HOST, loaded(case))
    found = dmarc.judge_alignment([SPF_BAD, passed("dkim"), *checks])
    assert [check.params["signer"] for check in found] == ([signed_by] if signed_by else [])
    assert dmarc.judge_alignment([passed("spf"), passed("dkim"), *checks]) == []


def test_a_strict_policy_takes_a_signature_of_the_domain_itself() -> None:
    zone = cases.dmarc(f"v=DMARC1; p=reject; adkim=s; {cases.RUA}")
    own = replace(cases.FOREIGN, keys=(*cases.FOREIGN.keys, cases.KEY))
    (check,) = checks_of(dmarc, own, HOST, loaded(Case((), zone)))
    assert check.status == Status.PASS
