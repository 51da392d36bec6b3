"""All domains of somebody checked by a worker: begun on a page, watched, stopped, gone on with.

The run is a row; it names the task. Of two starts at once one begins it, and both watch it. A
worker that takes up what another left goes on where that was: a domain checked since the run began
is done.
"""

from __future__ import annotations

import logging

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, InterfaceError, transaction
from django.utils import timezone

from accounts.models import User
from audit.actor import Actor
from audit.log import record
from audit.transaction import service
from dnshealth.checking import Checked, ResolverDown, check_domains
from dnshealth.lost_runs import end_lost_runs, is_lost
from dnshealth.models import Health, Outcome, Run
from dnshealth.names import stored_name
from dnshealth.runs import Stopped, StoredRun, scope_of
from dnshealth.services import end_run
from domains.models import Domain
from worker.giving_back import GivenBack, carry_on
from worker.queue import state_of
from worker.tasks import TaskResultStatus, task

logger = logging.getLogger(__name__)


def run_of(actor: Actor, run_id: int) -> Run | None:
    """The run of this number, if it is over the domains of this actor."""
    return Run.objects.filter(pk=run_id, scope=scope_of(actor)).first()


def last_run(actor: Actor) -> Run | None:
    """The last run over all domains of this actor. What is lost is written down."""
    end_lost_runs()
    return Run.objects.filter(scope=scope_of(actor)).order_by("-pk").first()


def is_waiting(run: Run) -> bool:
    """Whether no worker has taken it yet, or one has given it back."""
    return run.outcome == Outcome.RUNNING and state_of(run.task) == TaskResultStatus.READY


def is_under_way(run: Run) -> bool:
    """Whether it waits or is done right now: its task may have failed without a word to the run."""
    if run.task is None:
        # A command's, by hand or by the timer.
        return run.outcome == Outcome.RUNNING and not is_lost(run)
    to_do = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
    return run.outcome == Outcome.RUNNING and state_of(run.task) in to_do


def begin_check_all(*, actor: Actor) -> Run:
    """Have all domains of this actor checked; the run that is under way, if there is one."""
    scope = scope_of(actor)
    for _attempt in range(2):
        before = Run.objects.filter(active=scope).first()
        if before is not None:
            if is_under_way(before):
                return before
            end_run(before, Outcome.FAILED)
        run = _begin(actor, scope)
        if run is not None:
            return run
    return Run.objects.get(active=scope)


@service
def _begin(actor: Actor, scope: str) -> Run | None:
    try:
        with transaction.atomic():
            run = Run.objects.create(
                kind="all",
                actor=actor.name,
                scope=scope,
                active=scope,
                domains=Domain.objects.visible_to(actor).count(),
                started_at=timezone.now(),
            )
    except IntegrityError:
        # Another tab was quicker.
        return None
    run.task = check_all.enqueue(run.pk).id
    run.save(update_fields=["task"])
    return run


@service
def cancel_check_all(*, actor: Actor, run: Run) -> bool:
    """Stop it; what was found so far stays stored. False where it has ended already.

    Raises PermissionDenied for a run that is over others' domains.
    """
    if not actor.is_operator or scope_of(actor) != run.scope:
        raise PermissionDenied
    # Of two who stop it one has done it.
    now = Run.objects.select_for_update().get(pk=run.pk)
    if now.outcome != Outcome.RUNNING:
        return False
    record(
        actor=actor,
        action="stop_dns_check",
        object_type="dns_check",
        key=f"{run.started_at:%Y-%m-%d %H:%M} UTC",
        before={"outcome": str(Outcome.RUNNING)},
        after={"outcome": str(Outcome.CANCELLED)},
    )
    end_run(run, Outcome.CANCELLED)
    return True


@task()
def check_all(run_id: int) -> str:
    """Carry the run out, or go on with it; says how it ended, for the list of tasks."""
    run = Run.objects.filter(pk=run_id, outcome=Outcome.RUNNING).first()
    if run is None:
        return "stopped before it began"
    try:
        outcome = _carry_out(run)
    except (DatabaseError, InterfaceError):
        # The worker knows whether another try is worth it.
        raise
    except Exception:
        end_run(run, Outcome.FAILED)
        raise
    return str(outcome)


def _carry_out(run: Run) -> Outcome:
    keys = _row_keys(run)
    if keys is None:
        # Whoever asked for it may do so no more.
        end_run(run, Outcome.CANCELLED)
        return Outcome.CANCELLED
    done = set(Health.objects.filter(checked_at__gte=run.started_at).values_list("pk", flat=True))
    left = [key for key in keys if stored_name(key) not in done]
    stored = StoredRun(run=run, row_keys=left, checked=len(keys) - len(left), whole=True)
    Run.objects.filter(pk=run.pk).update(domains=len(keys), checked=len(keys) - len(left))

    def take(result: Checked) -> None:
        stored.add(result)
        carry_on()

    try:
        check_domains(left, take)
    except ResolverDown:
        stored.end(Outcome.RESOLVER_DOWN)
        return Outcome.RESOLVER_DOWN
    except (GivenBack, Stopped) as reason:
        stored.leave_off()
        if isinstance(reason, GivenBack):
            raise
        return Outcome.CANCELLED
    stored.end(Outcome.DONE)
    return Outcome.DONE


def _row_keys(run: Run) -> list[str] | None:
    """The domains as whoever asked may see them now; None if he may not ask any more."""
    user = User.objects.operators().filter(username=run.actor, is_active=True).first()
    if user is None or scope_of(user.actor()) != run.scope:
        return None
    keys: list[str] = list(
        Domain.objects.visible_to(user.actor()).order_by("pk").values_list("pk", flat=True)
    )
    return keys
