"""The comparison of the table of targets in the background: every ten minutes, by a worker.

Each run plans the next one before it begins, so that a failed one does not end the chain; the
panel's start plans the first one.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from mailboxes.target_refresh import refresh_targets
from worker.giving_back import carry_on
from worker.queue import is_planned
from worker.tasks import task

EVERY = timedelta(minutes=10)


def plan_comparison() -> None:
    """Have a worker compare now, unless one is about to."""
    if not is_planned(compare_targets.module_path, until=timezone.now()):
        compare_targets.enqueue()


@task()
def compare_targets() -> str:
    """Compare and mend; plans itself anew."""
    if not is_planned(compare_targets.module_path, after=timezone.now()):
        compare_targets.using(run_after=timezone.now() + EVERY).enqueue()
    done = refresh_targets(carry_on)
    return f"{done.rows} read, {done.mended} mended"
