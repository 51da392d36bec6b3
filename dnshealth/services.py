"""Writing results: what a run found, so that "could not tell" never replaces what was known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.models import Entry
from audit.transaction import service
from dnshealth.domain_settings import prune_settings
from dnshealth.models import Finding, Health, Notice, Outcome, PastVerdict, Run
from dnshealth.names import stored_name
from dnshealth.packing import Packed, pack, unpack
from dnshealth.processes import this_process
from dnshealth.states import State, of_family, of_verdict
from domains.models import Domain
from mailkit.dns.results import REQUIRED_FAMILIES, Check, Status, verdict
from mailkit.dns.switched_off import off_keys

# Stored in one transaction; a domain has some fifteen rows.
BATCH = 50
KEPT_DAYS = 400
# Kinds of runs.
PAGE, COMMAND = "page", "command"
NOTICES_KEPT = timedelta(days=30)
_HEALTH_FIELDS = (
    "row_key",
    "verdict",
    "rank",
    "checked_at",
    "unknown_since",
    "unknown_reason",
    "cells",
    "off",
    "span",
    "place",
)
_FINDING_FIELDS = (
    "state",
    "rank",
    "checks",
    "known_checks",
    "known_at",
    "unknown_since",
)


@dataclass(frozen=True)
class Result:
    """What a run found of one domain: the row's key, when, and all its checks."""

    row_key: str
    checked_at: datetime
    checks: tuple[Check, ...]


@service
def begin_run(
    *, actor: Actor, kind: str, row_key: str = "", domains: int = 1, scope: str = ""
) -> Run:
    """A run of this process that begins now; over several domains without `row_key`."""
    return Run.objects.create(
        kind=kind,
        actor=actor.name,
        domain=stored_name(row_key) if row_key else "",
        domains=domains,
        scope=scope,
        place=Entry.objects.newest_id() if row_key else 0,
        started_at=timezone.now(),
        process=this_process(),
    )


def note_progress(run: Run, family: str) -> None:
    """This family has answered."""
    run.done.append(family)
    Run.objects.filter(pk=run.pk).update(done=run.done)


def end_run(run: Run, outcome: Outcome) -> None:
    """The run has ended like this, unless it was stopped before."""
    run.ended_at, run.outcome = timezone.now(), outcome
    Run.objects.filter(pk=run.pk, outcome=Outcome.RUNNING).update(
        ended_at=run.ended_at, outcome=outcome, active=None
    )


def store_results(results: Iterable[Result]) -> None:
    """Store what was found, some domains at a time.

    A check that could not tell keeps what was known before beside it. A result that is older than
    what is stored is left out.
    """
    by_name = {stored_name(one.row_key): one for one in results}
    names = sorted(by_name)
    for at in range(0, len(names), BATCH):
        _store({name: by_name[name] for name in names[at : at + BATCH]})


@service
def _store(results: Mapping[str, Result]) -> None:
    there = set(Health.objects.filter(pk__in=results).values_list("pk", flat=True))
    _begin_anew(there)
    # Another run may make them in this moment.
    Health.objects.bulk_create(
        [
            Health(domain=name, row_key=one.row_key, verdict=State.UNCHECKED)
            for name, one in results.items()
            if name not in there
        ],
        ignore_conflicts=True,
    )
    # Two runs over one domain: the second waits here, in the order of the names.
    rows = list(Health.objects.select_for_update().filter(pk__in=results).order_by("pk"))
    fresh = [
        row
        for row in rows
        if row.checked_at is None or row.checked_at <= results[row.pk].checked_at
    ]
    stored: dict[str, dict[str, Finding]] = {row.pk: {} for row in fresh}
    for finding in Finding.objects.filter(health__in=stored):
        stored[finding.health_id][finding.family] = finding
    changed: list[Finding] = []
    place = Entry.objects.newest_id()
    for row in fresh:
        row.place = place
        changed += _renew(row, stored[row.pk], results[row.pk])
    _extend_history(fresh, place)
    Health.objects.bulk_update(fresh, _HEALTH_FIELDS)
    # Making them gives them their numbers.
    new = [one for one in changed if one.pk is None]
    old = [one for one in changed if one.pk is not None]
    Finding.objects.bulk_create(new)
    Finding.objects.bulk_update(old, _FINDING_FIELDS)


def _begin_anew(names: set[str]) -> None:
    """What is stored of a former domain is nothing that was known of the present one."""
    former = list(Health.objects.filter(pk__in=names).former().values_list("pk", flat=True))
    if not former:
        return
    Finding.objects.filter(health__in=former).delete()
    Health.objects.filter(pk__in=former).update(
        checked_at=None, unknown_since=None, span=None, told="", told_off=[]
    )


def _renew(row: Health, stored: dict[str, Finding], result: Result) -> list[Finding]:
    """Bring the row and its findings up to date; returns the findings that have to be written."""
    changed = []
    known: list[Check] = []
    cells = {}
    by_family = groupby(
        sorted(result.checks, key=lambda check: check.family), key=lambda check: check.family
    )
    for family, group in by_family:
        checks = list(group)
        finding = stored.get(family) or Finding(health=row, family=family)
        before = _written(finding)
        _renew_finding(finding, checks, row.checked_at, result.checked_at)
        if finding.pk is None or _written(finding) != before:
            changed.append(finding)
        last = unpack(finding.known_checks) if finding.known_checks else None
        known += _with_last_known(checks, last)
        cells[family] = [finding.state, str(of_family(last)) if last else ""]
    now, best = verdict(result.checks), verdict(known)
    # What mail depends on got no answer, or the rest had been worse before it got none.
    could_not_tell = now != best or any(
        check.status == Status.UNKNOWN and check.family in REQUIRED_FAMILIES
        for check in result.checks
    )
    if could_not_tell and row.unknown_since is None:
        row.unknown_since = result.checked_at
    elif not could_not_tell:
        row.unknown_since = None
    row.unknown_reason = _reason(result.checks) if could_not_tell else ""
    row.verdict = str(best)
    row.rank = of_verdict(best).rank
    row.row_key = result.row_key
    row.checked_at = result.checked_at
    row.cells = cells
    row.off = off_keys(known)
    return changed


def _renew_finding(
    finding: Finding, checks: list[Check], checked_before: datetime | None, now: datetime
) -> None:
    state = of_family(checks)
    if any(check.status == Status.UNKNOWN for check in checks):
        if finding.unknown_since is None:
            finding.unknown_since = now
            if finding.pk is not None and finding.state != State.SKIPPED:
                finding.known_checks, finding.known_at = finding.checks, checked_before
    else:
        finding.unknown_since = finding.known_checks = finding.known_at = None
    finding.state = state
    last = of_family(unpack(finding.known_checks)) if finding.known_checks else state
    finding.rank = max(state.rank, last.rank)
    finding.checks = pack(checks)


def _written(finding: Finding) -> tuple[str, Packed, object]:
    return finding.state, finding.checks, finding.unknown_since


def _with_last_known(checks: Sequence[Check], last: list[Check] | None) -> list[Check]:
    """The checks with what could not be told replaced by what was known."""
    if last is None:
        return list(checks)
    failed = [check for check in checks if check.status == Status.FAIL]
    return failed + last


def _reason(checks: Iterable[Check]) -> str:
    return next((check.reason for check in checks if check.status == Status.UNKNOWN), "")


def _extend_history(rows: Sequence[Health], place: int) -> None:
    """The verdict of today belongs to the span of yesterday, if it is the same."""
    spans = PastVerdict.objects.in_bulk([row.span_id for row in rows if row.span_id])
    for row in rows:
        assert row.checked_at is not None  # noqa: S101 - _renew has just set it
        seen = str(State.UNKNOWN) if row.unknown_since else row.verdict
        span = spans.get(row.span_id or 0)
        if span is not None and span.verdict == seen:
            span.last_seen = row.checked_at
            continue
        row.span = PastVerdict.objects.create(
            domain=row.pk,
            verdict=seen,
            first_seen=row.checked_at,
            last_seen=row.checked_at,
            place=place,
        )
    PastVerdict.objects.bulk_update(spans.values(), ["last_seen"])


@dataclass(frozen=True)
class Pruned:
    """So many rows are gone."""

    runs: int
    verdicts: int
    domains: int


def prune_results(days: int = KEPT_DAYS) -> Pruned:
    """Remove runs and verdicts that are over for `days`, and results of domains without a row."""
    oldest = timezone.now() - timedelta(days=days)
    runs = Run.objects.filter(started_at__lt=oldest).delete()[0]
    current = Health.objects.filter(span__isnull=False).values("span")
    verdicts = PastVerdict.objects.filter(last_seen__lt=oldest).exclude(pk__in=current).delete()[0]
    Notice.objects.filter(made_at__lt=timezone.now() - NOTICES_KEPT).delete()
    prune_settings()
    return Pruned(runs, verdicts, _prune_domains())


def _prune_domains() -> int:
    removed, after = 0, ""
    while True:
        rows = list(
            Health.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "row_key")[:1000]
        )
        if not rows:
            return removed
        after = rows[-1][0]
        there = set(
            Domain.objects.filter(pk__in=[key for _name, key in rows]).values_list("pk", flat=True)
        )
        gone = [name for name, key in rows if key not in there]
        with transaction.atomic():
            PastVerdict.objects.filter(domain__in=gone).delete()
            Health.objects.filter(pk__in=gone).delete()
        removed += len(gone)
