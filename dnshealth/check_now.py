"""One domain checked at once, family by family, within a limit of time, and stored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore

from django.db import connections

from audit.actor import Actor
from dnshealth.checking import ResolverDown, check_by_family
from dnshealth.lost_runs import LIMIT, end_lost_runs
from dnshealth.models import Outcome, Run
from dnshealth.names import stored_name
from dnshealth.services import PAGE, Result, begin_run, end_run, note_progress, store_results

logger = logging.getLogger(__name__)

THREADS = 4
# So many more wait for one of these; whoever comes then is asked to come again.
WAITING = THREADS
_places = BoundedSemaphore(THREADS + WAITING)


class Busy(Exception):
    """So many checks are under way in this process that this one would not be done in time."""


def run_under_way(row_key: str) -> Run | None:
    """The run over this domain alone that has not ended yet. What is lost is written down."""
    end_lost_runs()
    return (
        Run.objects.filter(domain=stored_name(row_key), outcome=Outcome.RUNNING)
        .order_by("-started_at")
        .first()
    )


def check_now(*, actor: Actor, row_key: str) -> Run:
    """Check the domain of this row and store what was found; returns the run, which has ended.

    Raises Busy.
    """
    run = _begin(actor, row_key)
    _carry_out(run, row_key)
    return run


def check_soon(*, actor: Actor, row_key: str) -> Run:
    """As `check_now` in a thread of this process; returns the run, which has just begun.

    One that is under way already is given instead of a second one. Raises Busy.
    """
    run = run_under_way(row_key)
    if run is None:
        run = _begin(actor, row_key)
        start(lambda: _carry_out(run, row_key))
    return run


def _begin(actor: Actor, row_key: str) -> Run:
    """Take one of the places; the run's end gives it back."""
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        return begin_run(actor=actor, kind=PAGE, row_key=row_key)
    except BaseException:
        _places.release()
        raise


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
    finally:
        _places.release()
