"""Results as they are stored: "could not tell" never replaces what was known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from audit.actor import Actor, command_actor
from dnshealth.models import Finding, Health, Outcome, PastVerdict, Run
from dnshealth.names import stored_name
from dnshealth.packing import pack, unpack
from dnshealth.reading import last_known, verdict_of
from dnshealth.services import Result, begin_run, end_run, prune_results, store_results
from dnshealth.states import State, of_family
from domains.models import Domain
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown

ROOT = command_actor("root")
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SPF_FAULT = fail("spf", "spf.missing", Severity.CRITICAL, expected="v=spf1 mx ~all")
DMARC_FAULT = fail("dmarc", "dmarc.p_none", Severity.WARNING)
NOT_TOLD = unknown("spf", "the name servers did not answer")


def store(*checks: Check, hours: int = 0, domain: str = "a.test") -> Health:
    store_results([Result(domain, MONDAY + timedelta(hours=hours), checks)])
    return Health.objects.get(pk=stored_name(domain))


@pytest.mark.parametrize(
    ("checks", "state"),
    [
        ([passed("mx")], "ok"),
        ([passed("mx"), fail("mx", "mx.no_ipv6", Severity.NOTICE)], "notice"),
        ([unknown("mx", "x"), fail("mx", "mx.missing", Severity.CRITICAL)], "critical"),
        ([unknown("mx", "x"), passed("mx")], "unknown"),
        ([skipped("mx", "x")], "skipped"),
        ([skipped("mx", "x"), passed("mx")], "ok"),
        ([], "skipped"),
    ],
)
def test_a_family_is_as_bad_as_its_worst_check(checks: list[Check], state: str) -> None:
    assert of_family(checks) == State(state)


def test_a_check_is_packed_and_unpacked_without_loss() -> None:
    record = Record("a.test.", "TXT", "v=spf1 mx ~all", 300)
    checks = [
        fail(
            "spf",
            "spf.not_authorised",
            Severity.CRITICAL,
            observed=("v=spf1 -all",),
            expected="pass",
            publish=(record,),
            remove=(Record("a.test.", "TXT", "v=spf1 -all"),),
            params={"ip": "192.0.2.1", "count": 2},
            ip="192.0.2.1",
        ),
        passed("mx", observed=("10 mail.a.test.",)),
        unknown("ptr", "no answer", host="mail.a.test"),
        skipped("dnsbl", "none is set"),
    ]

    assert unpack(pack(checks)) == checks


def test_what_a_database_cannot_hold_is_replaced(db: None) -> None:
    row = store(fail("spf", "spf.syntax", Severity.CRITICAL, observed=("a\x00b\ud800c",)))

    assert unpack(row.findings.get().checks)[0].observed == ("a\ufffdb?c",)


# The first check, the second, and what the domain then stands as: verdict, whether not all could
# be told, and the state of SPF.
COURSES = {
    "known good, then unknown": ([passed("spf")], [NOT_TOLD], "ok", True, "unknown"),
    "known bad, then unknown": ([SPF_FAULT], [NOT_TOLD], "critical", True, "unknown"),
    "unknown from the start": ([NOT_TOLD], [NOT_TOLD], "unknown", True, "unknown"),
    "unknown, then known": ([NOT_TOLD], [passed("spf")], "ok", False, "ok"),
    "bad, then mended": ([SPF_FAULT], [passed("spf")], "ok", False, "ok"),
    "good, then bad": ([passed("spf")], [SPF_FAULT], "critical", False, "critical"),
    "unknown beside a lesser fault": (
        [SPF_FAULT],
        [NOT_TOLD, DMARC_FAULT],
        "critical",
        True,
        "unknown",
    ),
    "an optional one becomes unknown": (
        [passed("spf"), DMARC_FAULT],
        [passed("spf"), unknown("dmarc", "SERVFAIL")],
        "warning",
        True,
        "ok",
    ),
    "an optional one that was in order becomes unknown": (
        [passed("spf"), passed("dmarc")],
        [passed("spf"), unknown("dmarc", "SERVFAIL")],
        "ok",
        False,
        "ok",
    ),
    "a fault and an unknown in one family": (
        [SPF_FAULT],
        [fail("spf", "spf.no_all", Severity.WARNING), unknown("spf", "x", "spf.include_unknown")],
        "critical",
        True,
        "warning",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after", "verdict", "in_part", "spf"), COURSES.values(), ids=COURSES
)
def test_what_was_known_stays(
    before: list[Check], after: list[Check], verdict: str, in_part: bool, spf: str
) -> None:
    store(*before)
    row = store(*after, hours=1)

    assert row.verdict == verdict
    assert (row.unknown_since is not None) == in_part
    assert row.rank == State(verdict).rank
    assert row.findings.get(family="spf").state == spf
    assert row.checked_at == MONDAY + timedelta(hours=1)


def test_the_last_known_stays_over_many_checks_that_could_not_tell(db: None) -> None:
    store(SPF_FAULT)
    for hours in (1, 2, 3):
        row = store(NOT_TOLD, hours=hours)

    finding = row.findings.get()
    assert row.unknown_since == finding.unknown_since == MONDAY + timedelta(hours=1)
    assert unpack(finding.known_checks or []) == [SPF_FAULT]
    assert finding.known_at == MONDAY
    assert row.unknown_reason == NOT_TOLD.reason
    assert row.cells == {"spf": ["unknown", "critical"]}
    assert last_known(["a.test", "b.test"]) == {
        "a.test": {
            "spf": {
                "state": "critical",
                "codes": ["spf.missing"],
                "checked_at": MONDAY.isoformat(),
            }
        }
    }


def test_an_answer_ends_the_last_known(db: None) -> None:
    store(SPF_FAULT)
    store(NOT_TOLD, hours=1)
    row = store(passed("spf"), hours=2)

    finding = row.findings.get()
    assert (finding.known_checks, finding.known_at, finding.unknown_since) == (None, None, None)
    assert (row.unknown_since, row.unknown_reason) == (None, "")
    assert last_known(["a.test"]) == {}


def test_an_older_result_changes_nothing(db: None) -> None:
    store(passed("spf"), hours=5)
    row = store(SPF_FAULT, hours=1)

    assert (row.verdict, row.checked_at) == ("ok", MONDAY + timedelta(hours=5))
    assert row.findings.get().state == "ok"


def test_a_finding_that_says_the_same_again_is_not_written(
    db: None, django_assert_num_queries
) -> None:
    store(SPF_FAULT, passed("mx"))
    before = dict(Finding.objects.values_list("family", "pk"))
    # Savepoint twice, ensure, former ones, lock, findings, the log, span, its time, the row.
    with django_assert_num_queries(10):
        store_results([Result("a.test", MONDAY + timedelta(hours=1), (SPF_FAULT, passed("mx")))])

    assert dict(Finding.objects.values_list("family", "pk")) == before


def test_the_history_has_a_span_for_each_verdict(db: None) -> None:
    for hours, checks in enumerate(
        [(passed("spf"),), (passed("spf"),), (SPF_FAULT,), (NOT_TOLD,), (SPF_FAULT,)]
    ):
        store(*checks, hours=hours)

    spans = list(PastVerdict.objects.order_by("id").values_list("verdict", "first_seen"))
    assert [(verdict, (at - MONDAY).seconds // 3600) for verdict, at in spans] == [
        ("ok", 0),
        ("critical", 2),
        ("unknown", 3),
        ("critical", 4),
    ]
    assert PastVerdict.objects.order_by("id")[0].last_seen == MONDAY + timedelta(hours=1)


@pytest.mark.parametrize(
    ("row_key", "name"),
    [
        ("a.test", "a.test"),
        ("A.Test", "a.test"),
        ("müller.test", "xn--mller-kva.test"),
        ("faß.test", "xn--fa-hia.test"),
        ("a b.test", "a%20b.test"),
        ("a..test", "a..test"),
    ],
)
def test_the_stored_name_is_ascii_and_one_for_each_domain(row_key: str, name: str) -> None:
    assert stored_name(row_key) == name
    assert stored_name(name) == name


def test_many_domains_are_stored_at_once(db: None) -> None:
    store_results(
        Result(f"d{n:03}.test", MONDAY, (SPF_FAULT if n % 2 else passed("spf"),))
        for n in range(120)
    )

    assert Health.objects.filter(verdict="critical").count() == 60
    assert Finding.objects.count() == PastVerdict.objects.count() == 120


def test_prune_keeps_what_is_shown(db: None, root: Actor) -> None:
    now = timezone.now()
    for name in ("a.test", "b.test"):
        Domain.objects.create(domain=name)
        store_results([Result(name, now - timedelta(days=500), (passed("spf"),))])
        store_results([Result(name, now - timedelta(days=450), (SPF_FAULT,))])
    run = begin_run(actor=root, kind="command", domains=2)
    end_run(run, Outcome.DONE)
    Run.objects.update(started_at=now - timedelta(days=450))
    begin_run(actor=root, kind="command", domains=2)
    Domain.objects.filter(pk="b.test").delete()

    pruned = prune_results()

    # The span that is still the last one of its domain stays, however old.
    assert (pruned.runs, pruned.verdicts, pruned.domains) == (1, 2, 1)
    assert list(Health.objects.values_list("pk", "verdict")) == [("a.test", "critical")]
    assert list(PastVerdict.objects.values_list("domain", "verdict")) == [("a.test", "critical")]
    assert prune_results().domains == 0


def test_how_a_domain_stands_for_other_pages(db: None) -> None:
    assert verdict_of(ROOT, "a.test").checked_at is None
    store(SPF_FAULT)
    assert not verdict_of(ROOT, "A.test").in_part
    store(NOT_TOLD, hours=1)
    assert verdict_of(ROOT, "a.test").in_part
