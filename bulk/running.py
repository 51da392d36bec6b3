"""Carrying a job on from where it stands, in a worker or a command, until it ends or must wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from audit.actions import one_action
from audit.actor import Actor, ActorKind, command_actor
from audit.models import Entry
from audit.told import nobody_told
from audit.transaction import service
from bulk.items import CHANGING, Item, Verdict, count, reasons_of
from bulk.kinds import KINDS
from bulk.lasting import one_run
from bulk.models import TO_DO, Job, Role, State
from bulk.parts import ITEMS, forget, keep_items, numbers, read_items
from bulk.selection import AT_ONCE
from bulk.telling import tell
from bulk.work import Unreadable
from mailboxes.open_sessions import ended_together
from undo.services import undo
from worker.giving_back import carry_on
from worker.queue import postpone

# A worker looks after a job that a request or a command carries out, in case that one dies: so long
# after its last sign of life.
AFTER_REQUEST = timedelta(minutes=5)


class Stopped(Exception):
    """Somebody cancelled the job, or carries it on elsewhere."""


def run(job_id: int) -> str:
    """Carry it on; says how it stands then. Comes to the same end when it is begun twice."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return "gone"
    try:
        with one_run(), nobody_told(wanted=tells_nobody(job)):
            _run(job)
    except Stopped:
        pass
    except (DatabaseError, InterfaceError):
        # The worker knows whether another try is worth it.
        raise
    except Exception:
        end(job, State.FAILED, "error")
        raise
    job.refresh_from_db()
    return str(job.state)


def is_done_at_once(job: Job) -> bool:
    """Whether its plan is so small that the request that confirms it carries it out."""
    work: Any = KINDS[job.kind]
    if job.items > getattr(work, "at_once", AT_ONCE):
        return False
    if not hasattr(work, "is_quick"):
        return True
    return all(work.is_quick(read_items(job, Role.PLAN, one)) for one in numbers(job, Role.PLAN))


def tells_nobody(job: Job) -> bool:
    """Whether its plan is so big that no owner gets a mail about a row of it."""
    return job.items > AT_ONCE


def _run(job: Job) -> None:
    if job.state not in TO_DO:
        return
    if job.state == State.TAKING_BACK:
        _take_back(job)
        return
    actor = actor_of_job(job)
    if actor is None:
        # Whoever asked for it may do so no more.
        end(job, State.CANCELLED, "not_allowed")
        return
    if job.state == State.CHECKING:
        _check(job, actor)
    elif job.state == State.APPLYING:
        _apply(job, actor)
    if job.state == State.TAKING_BACK:
        _take_back(job)


def actor_of_job(job: Job) -> Actor | None:
    """Whoever asked for it with the domains he has now; None if he may not ask any more."""
    if job.actor_kind == ActorKind.COMMAND:
        return command_actor(job.actor)
    user = User.objects.operators().filter(pk=job.account, is_active=True).first()
    actor = user.actor(job.address) if user is not None else None
    return actor if actor is not None and actor.kind.value == job.actor_kind else None


def end(job: Job, state: State, reason: str = "") -> bool:
    """It ends like this, unless it has ended already. What is secret about it is forgotten."""
    rows = Job.objects.filter(pk=job.pk, state=job.state)
    if not rows.update(state=state, reason=reason, ended_at=timezone.now()):
        return False
    job.state = state
    keeps = getattr(KINDS.get(job.kind), "keeps_secrets", False)
    forget(job, Role.UPLOAD, *(() if keeps else (Role.SECRET,)))
    return True


def _check(job: Job, actor: Actor) -> None:
    """Write the plan; from its beginning, also where somebody left off, since it only looks."""
    _still(job, turn=F("turn") + 1)
    job.refresh_from_db(fields=["turn"])
    forget(job, Role.PLAN, Role.SECRET)
    work = KINDS[job.kind]
    counts: dict[str, int] = {}
    items = 0

    def progress(read: int, whole: int) -> None:
        _still(job, read=read, whole=whole)

    try:
        for number, batch in enumerate(_some(job, work.plan(job, actor, progress))):
            carry_on()
            items += len(batch)
            for verdict, found in count(batch).items():
                counts[verdict] = counts.get(verdict, 0) + found
            with transaction.atomic():
                _still(job, items=items, counts=counts)
                keep_items(job, Role.PLAN, number, batch)
    except Unreadable as error:
        job.options = {**job.options, "unreadable": str(error)}
        job.save(update_fields=["options"])
        end(job, State.REFUSED, error.code)
        return
    _still(job, items=items, counts=counts, state=State.CHECKED)
    forget(job, Role.UPLOAD)


def _some(job: Job, items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    most = min(ITEMS, getattr(KINDS[job.kind], "at_a_time", ITEMS))
    while batch := list(islice(rest, most)):
        yield batch


def _still(job: Job, **values: Any) -> None:
    """Write down how far it is. Raises Stopped where that is not ours to say any more."""
    if not Job.objects.filter(pk=job.pk, state=job.state, turn=job.turn).update(**values):
        raise Stopped
    for name, value in values.items():
        setattr(job, name, value)
    tell(job)


def _apply(job: Job, actor: Actor) -> None:
    work = KINDS[job.kind]
    if in_one(job):
        _apply_whole(job, actor)
        return
    for number in numbers(job, Role.PLAN)[job.position :]:
        carry_on()
        items = to_do(job, read_items(job, Role.PLAN, number, secrets=True))
        prepared = work.prepare(job, items)
        with one_action(job.group):
            refused = _carry_out(job, actor, number, items, prepared)
        job.position = number + 1
        job.done += len(items) - len(refused)
        tell(job)
        if refused and job.all_or_nothing:
            job.state = State.TAKING_BACK
            return
    end(job, State.DONE)


def in_one(job: Job) -> bool:
    """Whether it is carried out in one transaction, and so cannot be stopped on the way."""
    return bool(getattr(KINDS[job.kind], "in_one", False))


def _apply_whole(job: Job, actor: Actor) -> None:
    carry_on()
    try:
        with one_action(job.group):
            _carry_out_whole(job, actor)
    except ValidationError as error:
        item = Item(1, "", "", Verdict.REFUSED, reasons=reasons_of(error))
        keep_items(job, Role.RESULT, 0, [item])
        end(job, State.REFUSED, f"{job.kind}_refused")
        return
    end(job, State.DONE)


@service
def _carry_out_whole(job: Job, actor: Actor) -> None:
    """All of the plan, and that it is done, in one transaction."""
    work: Any = KINDS[job.kind]
    rows = Job.objects.filter(pk=job.pk, state=State.APPLYING)
    if not rows.filter(position=0).update(position=1):
        if not rows.exists():
            raise Stopped
        # Done by a worker that died before it could say that this is the end.
        return
    done = work.carry_out_whole(job, actor)
    Job.objects.filter(pk=job.pk).update(done=done)


def to_do(job: Job, items: Sequence[Item]) -> list[Item]:
    """Those that are to be carried out."""
    wanted = CHANGING | {Verdict.WARNED} if job.force else CHANGING
    return [item for item in items if item.verdict in wanted]


@service
def _carry_out(
    job: Job, actor: Actor, number: int, items: Sequence[Item], prepared: Any
) -> Sequence[Item]:
    """One part of the plan, and that it is done, in one transaction."""
    rows = Job.objects.filter(pk=job.pk, state=State.APPLYING, position=number)
    if not rows.update(position=number + 1):
        raise Stopped
    _is_alive(job)
    with ended_together():
        refused = KINDS[job.kind].carry_out(job, actor, items, prepared) if items else []
    if refused:
        keep_items(job, Role.RESULT, number, refused)
        if job.all_or_nothing:
            # Not a moment later: whoever takes a dead worker's place has to know.
            Job.objects.filter(pk=job.pk).update(state=State.TAKING_BACK)
    Job.objects.filter(pk=job.pk).update(
        done=F("done") + len(items) - len(refused), failed=F("failed") + len(refused)
    )
    return refused


def _is_alive(job: Job) -> None:
    """Whoever carries it on is no worker, perhaps: none is to come in between."""
    if job.task:
        postpone(job.task, timezone.now() + AFTER_REQUEST)


def _take_back(job: Job) -> None:
    """All or nothing: something was refused on the way, so what is done is undone.

    By the panel itself: the job may have changed rows of others that led to those it deleted, and
    whoever began it may have lost his domains by now.
    """
    _is_alive(job)
    left = Entry.objects.filter(group=job.group, undone=False).order_by("pk")
    begun = left.first()
    if begun is not None:
        try:
            undo(actor=command_actor(job.actor), entry_id=begun.pk, whole=True, force=True)
        except ValidationError:
            if left.exists():
                end(job, State.FAILED, "not_taken_back")
                return
    Job.objects.filter(pk=job.pk).update(done=0)
    # Passwords that it made fit nothing any more.
    forget(job, Role.SECRET)
    end(job, State.REFUSED, "all_or_nothing")
