"""Runs whose process was killed: they would be under way for ever, so whoever looks ends them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from dnshealth.models import Outcome, Run
from dnshealth.processes import is_gone
from dnshealth.services import PAGE, end_run

# Seconds for a check from a page; what has not answered by then is unknown. Somebody waits for the
# answer, and one of gunicorn's threads with him.
LIMIT = 20.0
# So long a check from a page may wait for one of its kind, and then take.
PAGE_LOST_AFTER = timedelta(seconds=2 * LIMIT + 10)
# Of a process on another machine nobody can tell: no run takes so long.
LOST_AFTER = timedelta(days=1)


def is_lost(run: Run) -> bool:
    """Whether the run will never end: its process was stopped. A worker's is another's then."""
    if run.outcome != Outcome.RUNNING or run.task is not None:
        return False
    longest = PAGE_LOST_AFTER if run.kind == PAGE else LOST_AFTER
    return bool(is_gone(run.process)) or run.started_at < timezone.now() - longest


def end_lost_runs() -> None:
    """Write down that they have ended."""
    for run in Run.objects.filter(outcome=Outcome.RUNNING, task=None):
        if is_lost(run):
            end_run(run, Outcome.LOST)
