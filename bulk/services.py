"""Beginning, confirming, stopping and forgetting jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.actor import Actor
from audit.kept import days as kept_days
from audit.models import Entry
from audit.refusals import Findings
from audit.transaction import service
from bulk.items import Verdict
from bulk.kinds import KINDS
from bulk.models import ENDED, TO_DO, Job, Role, State
from bulk.parts import forget, keep_file, numbers, read_passwords
from bulk.running import AFTER_REQUEST, end, in_one, run
from mailkit.addresses import domain_of
from worker.queue import state_of
from worker.tasks import TaskResultStatus, task

# Days for which a job that ended is kept, and one that nobody confirmed.
KEPT_DAYS = 14
UNCONFIRMED_DAYS = 2
# Passwords that a job made: forgotten so long after its end, and so long after they were shown.
PASSWORDS_KEPT_HOURS = 24
SHOWN_MINUTES = 10
NOTHING_KEPT = _(
    "Nothing is kept for undo (MAILADMIN_UNDO_DAYS is 0), so all or nothing cannot be had: what is "
    "done could not be taken back. Do the good rows only."
)


@service
def begin_job(
    *,
    actor: Actor,
    kind: str,
    options: dict[str, Any],
    file: Iterator[bytes] | None = None,
    in_background: bool = True,
) -> Job:
    """Make a job and have it checked: by a worker, or by whoever calls bulk.running.run."""
    if not actor.is_operator:
        raise PermissionDenied
    job = Job.objects.create(
        kind=kind,
        options=options,
        actor_kind=actor.kind.value,
        actor=actor.name,
        account=actor.account,
        address=actor.address,
    )
    if file is not None:
        job.whole = keep_file(job, file)
        job.save(update_fields=["whole"])
    if in_background:
        _enqueue(job)
    return job


def have_it_checked(job: Job) -> None:
    """Let a worker plan it; for one that was begun to wait for something first."""
    _enqueue(job)


@service
def confirm_job(
    *,
    actor: Actor,
    job: Job,
    force: bool = False,
    all_or_nothing: bool = False,
    in_background: bool = True,
) -> bool:
    """Carry the plan out; False if it does not wait for that (any more). Only whoever began it.

    Raises Refused where all or nothing is wanted and not all can be done, or nothing is kept that
    would take it back.
    """
    _must_be_own(actor, job)
    if all_or_nothing and not can_take_back():
        findings = Findings()
        findings.refuse("__all__", "cannot_take_back", NOTHING_KEPT)
        findings.settle(force=False)
    if all_or_nothing or in_one(job):
        _all_can_be_done(job, force=force)
    rows = Job.objects.filter(pk=job.pk, state=State.CHECKED)
    values = {"force": force, "all_or_nothing": all_or_nothing}
    if not rows.update(state=State.APPLYING, **values):
        return False
    job.refresh_from_db()
    _enqueue(job, after=None if in_background else AFTER_REQUEST)
    return True


def can_take_back() -> bool:
    """Whether what a job has done is kept, so that all or nothing can be had."""
    return kept_days() > 0


def _all_can_be_done(job: Job, *, force: bool) -> None:
    left_out = job.counts.get(Verdict.REFUSED, 0)
    left_out += 0 if force else job.counts.get(Verdict.WARNED, 0)
    if left_out:
        words = ngettext(
            "%(count)s row cannot be done, so none is: mend it, or do the good rows only.",
            "%(count)s rows cannot be done, so none is: mend them, or do the good rows only.",
            left_out,
        )
        findings = Findings()
        findings.refuse("__all__", "not_all", words, count=left_out)
        findings.settle(force=False)


@service
def cancel_job(*, actor: Actor, job: Job) -> bool:
    """Stop it: what is done stays done, and can be undone. False if it has ended already."""
    if not actor.touches_everything:
        _must_be_own(actor, job)
    job.refresh_from_db()
    if job.state in ENDED or job.state == State.TAKING_BACK:
        return False
    if job.state == State.APPLYING and in_one(job):
        return False
    return end(job, State.CANCELLED)


@service
def take_back_job(*, actor: Actor, job: Job) -> bool:
    """Have what is done so far taken back by `run`; False if it is not under way."""
    _must_be_own(actor, job)
    return bool(Job.objects.filter(pk=job.pk, state=State.APPLYING).update(state=State.TAKING_BACK))


@service
def resume_job(*, actor: Actor, job: Job) -> bool:
    """Go on with one whose worker gave up; False if it does not stand still."""
    _must_be_own(actor, job)
    if not has_stopped(job):
        return False
    _enqueue(job)
    return True


def has_stopped(job: Job) -> bool:
    """Whether it should be under way and no worker will take it: its task failed too often."""
    to_do = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
    return job.state in TO_DO and bool(job.task) and state_of(job.task) not in to_do


def has_passwords(*, actor: Actor, job: Job) -> bool:
    """Whether it made passwords that this actor can still be shown; not once the job is undone."""
    keeps = getattr(KINDS.get(job.kind), "keeps_secrets", False)
    if not keeps or job.state not in ENDED or not numbers(job, Role.SECRET):
        return False
    if Entry.objects.filter(group=job.group, undone=True).exists():
        return False
    return actor.touches_everything or any(_passwords(actor, job))


def _passwords(actor: Actor, job: Job) -> Iterator[tuple[str, str]]:
    """Those of the domains that are still his."""
    return (one for one in read_passwords(job) if actor.may_touch(domain_of(one[0])))


@service
def take_passwords(*, actor: Actor, job: Job) -> list[tuple[str, str]]:
    """(address, password) of what the job made, once: from then on for SHOWN_MINUTES only.

    Those are for a page that did not arrive, or a second click.
    """
    _must_be_own(actor, job)
    row = Job.objects.select_for_update().get(pk=job.pk)
    if row.state not in ENDED or not has_passwords(actor=actor, job=row):
        return []
    now = timezone.now()
    shown_at = row.options.get("shown_at")
    if shown_at is None:
        row.options = {**row.options, "shown_at": now.isoformat()}
        row.save(update_fields=["options"])
    elif datetime.fromisoformat(shown_at) < now - timedelta(minutes=SHOWN_MINUTES):
        forget(row, Role.SECRET)
        return []
    return list(_passwords(actor, row))


def _forget_passwords() -> None:
    now = timezone.now()
    ended = Job.objects.filter(parts__role=Role.SECRET, ended_at__isnull=False).distinct()
    for job in ended:
        shown_at = job.options.get("shown_at")
        shown = shown_at and datetime.fromisoformat(shown_at) < now - timedelta(
            minutes=SHOWN_MINUTES
        )
        if shown or (job.ended_at and job.ended_at < now - timedelta(hours=PASSWORDS_KEPT_HOURS)):
            forget(job, Role.SECRET)


def prune_jobs() -> int:
    """Remove what is too old, passwords before the rest; returns how many jobs."""
    _forget_passwords()
    now = timezone.now()
    ended = Job.objects.filter(ended_at__lt=now - timedelta(days=KEPT_DAYS))
    # Also one that waits for its columns.
    unconfirmed = Job.objects.filter(state__in=(State.CHECKED, State.CHECKING))
    waiting = unconfirmed.filter(created_at__lt=now - timedelta(days=UNCONFIRMED_DAYS))
    removed = 0
    for rows in (ended, waiting):
        removed += len(rows)
        rows.delete()
    return removed


def _must_be_own(actor: Actor, job: Job) -> None:
    if not job.belongs_to(actor):
        raise PermissionDenied


def _enqueue(job: Job, after: timedelta | None = None) -> None:
    due = run_job if after is None else run_job.using(run_after=timezone.now() + after)
    job.task = str(due.enqueue(job.pk).id)
    job.save(update_fields=["task"])


@task()
def run_job(job_id: int) -> str:
    """Carry the job on; says how it stands then. What is too old goes on this occasion."""
    prune_jobs()
    return run(job_id)
