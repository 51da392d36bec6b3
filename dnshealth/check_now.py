"""One domain checked at once, family by family, within a limit of time, and stored."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache

from django.db import connections
from django.utils import timezone

from audit.actor import Actor
from dnshealth.host import new_lookups, subjects
from dnshealth.models import Outcome, Run
from dnshealth.names import stored_name
from dnshealth.services import Result, begin_run, end_run, note_progress, store_results
from mailkit.dns.families.registry import FAMILIES
from mailkit.dns.results import Check, unknown
from mailkit.dns.run import ResolverDown, check_as_answers_come, with_alignment

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
        checks = _look_up(row_key, lambda family: note_progress(run, family))
        store_results([Result(row_key, timezone.now(), tuple(checks))])
    except ResolverDown:
        end_run(run, Outcome.RESOLVER_DOWN)
    except Exception:
        logger.exception("DNS check of one domain")
        end_run(run, Outcome.FAILED)
    else:
        end_run(run, Outcome.DONE)


def _look_up(row_key: str, on_family: Callable[[str], None]) -> list[Check]:
    """All checks of a domain. Raises ResolverDown.

    The loop is driven from outside, so that `on_family` runs where the database may be used.
    """
    wanted = subjects([row_key])
    found: dict[str, list[Check]] = {}
    deadline = time.monotonic() + LIMIT
    with asyncio.Runner() as runner:
        answers = check_as_answers_come(wanted.domains[0], wanted.host, new_lookups())
        while (left := deadline - time.monotonic()) > 0:
            try:
                family, checks = runner.run(asyncio.wait_for(anext(answers), left))
            except (StopAsyncIteration, TimeoutError):
                break
            found[family] = checks
            on_family(family)
        runner.run(answers.aclose())
    for one in FAMILIES:
        found.setdefault(one.name, [unknown(one.name, f"no answer within {LIMIT:.0f} seconds")])
    found = with_alignment(found)
    return [check for one in FAMILIES for check in found[one.name]]
