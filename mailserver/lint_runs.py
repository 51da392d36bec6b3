"""The lint in the background: begun on its page, done by a worker, its report kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, InterfaceError, transaction
from django.utils import timezone

from audit.actor import Actor
from audit.transaction import service
from mailserver.linting import lint
from mailserver.models import ACTIVE, LintRun
from worker.giving_back import carry_on
from worker.queue import state_of
from worker.tasks import TaskResultStatus, task

# So many examples of each finding stand on the page.
SHOWN = 20
# Progress is written down after so many rows.
STEP = 5000
# A run that came to no end is shown so long, unless a newer one comes to its end.
KEPT_DAYS = 7


def last_report() -> LintRun | None:
    """The last run that came to its end."""
    return LintRun.objects.filter(report__isnull=False).order_by("-pk").first()


def last_run() -> LintRun | None:
    """The last run, however it stands."""
    return LintRun.objects.order_by("-pk").first()


def is_under_way(run: LintRun) -> bool:
    """Whether it waits or is done right now: its task may have failed without a word to the run."""
    to_do = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
    return run.active is not None and state_of(run.task) in to_do


def has_failed(run: LintRun) -> bool:
    """Whether it came to no end."""
    return run.report is None and not is_under_way(run)


def begin_lint(*, actor: Actor) -> LintRun:
    """Have a worker read all rows; the run that is under way, if there is one."""
    for _attempt in range(2):
        before = LintRun.objects.filter(active=ACTIVE).first()
        if before is not None:
            if is_under_way(before):
                return before
            _end(before, None)
        run = _begin(actor)
        if run is not None:
            return run
    return LintRun.objects.get(active=ACTIVE)


@service
def prune_lint_runs() -> int:
    """Remove runs that came to no end and were begun over KEPT_DAYS ago; returns how many."""
    oldest = timezone.now() - timedelta(days=KEPT_DAYS)
    old = LintRun.objects.filter(report__isnull=True, started_at__lt=oldest)
    failed = [run.pk for run in old if has_failed(run)]
    return LintRun.objects.filter(pk__in=failed).delete()[0]


@service
def _begin(actor: Actor) -> LintRun | None:
    try:
        with transaction.atomic():
            run = LintRun.objects.create(actor=actor.name, active=ACTIVE, started_at=timezone.now())
    except IntegrityError:
        # Another tab was quicker.
        return None
    run.task = str(lint_all.enqueue(run.pk).id)
    run.save(update_fields=["task"])
    return run


@service
def _end(run: LintRun, report: dict[str, Any] | None) -> None:
    run.active, run.ended_at, run.report = None, timezone.now(), report
    run.save(update_fields=["active", "ended_at", "report"])
    if report is not None:
        # What it found is what counts now.
        LintRun.objects.filter(pk__lt=run.pk).delete()


@service
def note_mended(code: str, table: str, key: str) -> None:
    """Let the last report say of this row that it was mended since."""
    run = LintRun.objects.select_for_update().filter(report__isnull=False).order_by("-pk").first()
    if run is None or run.report is None:
        return
    for line in run.report["findings"]:
        for example in line["examples"]:
            if (line["code"], line["table"], example["key"]) == (code, table, key):
                example["mended"] = True
    run.save(update_fields=["report"])


@task()
def lint_all(run_id: int) -> str:
    """Carry the run out; one that a worker left is begun anew, as it only looks."""
    run = LintRun.objects.filter(pk=run_id, active=ACTIVE).first()
    if run is None:
        return "ended before it began"
    told = [0]
    before: dict[str, int] = {}

    def progress(table: str, rows: int) -> None:
        carry_on()
        before[table] = rows
        read = sum(before.values())
        if read - told[0] >= STEP:
            told[0] = read
            LintRun.objects.filter(pk=run_id).update(rows=read)

    try:
        found = lint(limit=SHOWN, on_progress=progress)
    except (DatabaseError, InterfaceError):
        # The worker knows whether another try is worth it.
        raise
    except ValidationError:
        _end(run, None)
        return "no tables"
    except Exception:
        _end(run, None)
        raise
    _end(run, found.as_data())
    return "done"
