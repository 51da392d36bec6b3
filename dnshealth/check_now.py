"""One domain checked at once, family by family, within a limit of time, and stored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache

from django.db import connections
from django.utils import timezone

from audit.actor import Actor
from dnshealth.checking import ResolverDown, check_by_family
from dnshealth.models import Outcome, Run
from dnshealth.names import stored_name
from dnshealth.services import Result, begin_run, end_run, note_progress, store_results

logger = logging.getLogger(__name__)

# Seconds for the whole; what has not answered by then is unknown. Somebody waits for the answer,
# and one of gunicorn's threads with him.
LIMIT = 20.0
# A run that has not ended by then belongs to a process that was stopped.
LOST_AFTER = timedelta(seconds=LIMIT + 10)
THREADS = 4


def run_under_way(row_key: str) -> Run | None:
    """The run over this domain alone that has not ended yet."""
    return (
        Run.objects.filter(
            domain=stored_name(row_key),
            outcome=Outcome.RUNNING,
            started_at__gt=timezone.now() - LOST_AFTER,
        )
        .order_by("-started_at")
        .first()
    )


def is_lost(run: Run) -> bool:
    """Whether the run will never end: its process was stopped."""
    return run.outcome == Outcome.RUNNING and run.started_at < timezone.now() - LOST_AFTER


def check_now(*, actor: Actor, row_key: str) -> Run:
    """Check the domain of this row and store what was found; returns the run, which has ended."""
    run = begin_run(actor=actor, kind="page", row_key=row_key)
    _carry_out(run, row_key)
    return run


def check_soon(*, actor: Actor, row_key: str) -> Run:
    """As `check_now` in a thread of this process; returns the run, which has just begun.

    One that is under way already is given instead of a second one.
    """
    run = run_under_way(row_key)
    if run is None:
        run = begin_run(actor=actor, kind="page", row_key=row_key)
        start(lambda: _carry_out(run, row_key))
    return run


def start(job: Callable[[], None]) -> None:
    """Run the job soon, with a database connection of its own."""

    def work() -> None:
        try:
            job()
        finally:
            connections.close_all()

    _pool().submit(work)


@cache
def _pool() -> ThreadPoolExecutor:
    # Made at the first use: threads do not survive the fork of gunicorn's workers.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="dns")


def _carry_out(run: Run, row_key: str) -> None:
    try:
        found = check_by_family(row_key, lambda family, _checks: note_progress(run, family), LIMIT)
        store_results([Result(row_key, found.checked_at, found.checks)])
    except ResolverDown:
        end_run(run, Outcome.RESOLVER_DOWN)
    except Exception:
        logger.exception("DNS check of one domain")
        end_run(run, Outcome.FAILED)
    else:
        end_run(run, Outcome.DONE)
