"""The rows of tasks: who takes one, how it ends, and what becomes of those that were left.

Every change names the state it starts from and counts the rows it changed, so of two workers one
gets the task, on any database and without a lock that is held. `started_at` tells one taking from
the next: a worker that was taken for dead writes nothing over what came after it.
"""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django_tasks_db.compat import TaskResultStatus, normalize_json
from django_tasks_db.models import DBTaskResult, get_date_max

Row = DBTaskResult[Any, Any]

# So often may its worker die over a task, or the database go away; then it counts as failed.
MOST_TRIES = 5
# Looked at for one that is free: other workers take from the same end.
AT_ONCE = 10
KEPT_DAYS = 14
KILLED = "worker.Killed"


def claim(worker_id: str) -> Row | None:
    """The next task, which now belongs to this worker; None if none is due."""
    for row in DBTaskResult.objects.ready()[:AT_ONCE]:
        now = timezone.now()
        workers = [*row.worker_ids, worker_id]
        mine = DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.READY).update(
            status=TaskResultStatus.RUNNING, started_at=now, worker_ids=workers
        )
        if mine:
            row.status, row.started_at, row.worker_ids = TaskResultStatus.RUNNING, now, workers
            return row
    return None


def running() -> list[Row]:
    """Tasks that some worker has, alive or not."""
    return list(DBTaskResult.objects.running())


def succeed(row: Row, value: Any) -> bool:
    """It is done; False if it is another worker's by now."""
    return _end(row, TaskResultStatus.SUCCESSFUL, return_value=normalize_json(value))


def fail(row: Row, error: BaseException) -> bool:
    """It failed, and is not tried again; False if it is another worker's by now.

    Kept are the kind of error and the lines of the program, not the error's own words, in which
    a row of the database may stand.
    """
    kind = type(error)
    return _end(
        row,
        TaskResultStatus.FAILED,
        exception_class_path=f"{kind.__module__}.{kind.__qualname__}",
        traceback="".join(traceback.format_tb(error.__traceback__)),
    )


def give_back(row: Row, *, counted: bool) -> bool:
    """Another worker, or this one later, may take it; False if one has done so.

    `counted`: it was tried, and is failed when it was tried too often.
    """
    if counted and len(row.worker_ids) >= MOST_TRIES:
        return _end(row, TaskResultStatus.FAILED, exception_class_path=KILLED)
    workers = row.worker_ids if counted else row.worker_ids[:-1]
    return bool(_of(row).update(status=TaskResultStatus.READY, worker_ids=workers))


def prune(days: int = KEPT_DAYS) -> int:
    """Remove tasks that ended so long ago; returns how many."""
    oldest = timezone.now() - timedelta(days=days)
    return DBTaskResult.objects.finished().filter(finished_at__lt=oldest).delete()[0]


def state_of(task_id: Any) -> str:
    """How this task stands, as TaskResultStatus; "" where there is none."""
    states = DBTaskResult.objects.filter(pk=task_id).values_list("status", flat=True)
    return states.first() or "" if task_id else ""


def postpone(task_id: str, until: datetime) -> None:
    """Nobody takes it before; one that a worker has already is left alone."""
    DBTaskResult.objects.filter(pk=task_id, status=TaskResultStatus.READY).update(run_after=until)


def is_planned(
    task_path: str, *, after: datetime | None = None, until: datetime | None = None
) -> bool:
    """Whether a task waits that may begin after, or until, this time."""
    waiting = DBTaskResult.objects.filter(task_path=task_path, status=TaskResultStatus.READY)
    if after is not None:
        waiting = waiting.filter(run_after__gt=after, run_after__lt=get_date_max())
    if until is not None:
        waiting = waiting.filter(Q(run_after__lte=until) | Q(run_after=get_date_max()))
    return waiting.exists()


def _of(row: Row) -> Any:
    return DBTaskResult.objects.filter(
        pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at
    )


def _end(row: Row, status: TaskResultStatus, **values: Any) -> bool:
    ended = {"return_value": None, "exception_class_path": "", "traceback": "", **values}
    return bool(_of(row).update(status=status, finished_at=timezone.now(), **ended))
