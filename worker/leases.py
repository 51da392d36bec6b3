"""Which workers live: each counts up its own row, and watches that the others do."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.utils import timezone

from worker import queue
from worker.models import Worker

logger = logging.getLogger(__name__)

# Seconds. A worker that has not counted up for LEASE counts as dead; several beats fit in it.
BEAT = 5.0
LEASE = 30.0


class Heartbeat:
    """Counts up this worker's row from a thread, so that a long task does not hold it up."""

    def __init__(self, worker_id: str, every: float = BEAT) -> None:
        self.worker_id = worker_id
        self.lost = False
        self._every = every
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat; the first time before this returns."""
        self.beat()
        self._thread.start()

    def stop(self) -> None:
        """Beat no more, and take the row away, for nobody has to wait until it counts as dead."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()
        try:
            Worker.objects.filter(pk=self.worker_id).delete()
        except (DatabaseError, InterfaceError):
            connection.close()

    def beat(self) -> None:
        """This worker lives. `lost` is set if others have taken it for dead in the meantime."""
        now = timezone.now()
        rows = Worker.objects.filter(pk=self.worker_id)
        if rows.update(beats=F("beats") + 1, seen_at=now):
            return
        self.lost = self._thread.is_alive()
        Worker.objects.create(
            id=self.worker_id,
            host=socket.gethostname()[:255],
            pid=os.getpid(),
            started_at=now,
            seen_at=now,
        )

    def _run(self) -> None:
        while not self._end.wait(self._every):
            try:
                self.beat()
            except (DatabaseError, InterfaceError):
                # The worker itself says that the database is away.
                connection.close()
        connection.close()


class Watch:
    """What one worker knows of the others: who has not counted up for a lease is dead.

    Only this machine's monotonic clock counts; what it begins with is that it has just seen all.
    """

    def __init__(self, lease: float = LEASE, clock: Callable[[], float] = time.monotonic) -> None:
        self._lease = lease
        self._clock = clock
        self._seen: dict[str, tuple[int, float]] = {}

    def take_up(self) -> int:
        """Free the tasks of the dead for others, and forget the dead; returns how many tasks."""
        tasks = queue.running()
        beats = dict(Worker.objects.values_list("pk", "beats"))
        # One who never showed himself, such as django-tasks' own worker, has the same time.
        known = {row.worker_ids[-1]: -1 for row in tasks if row.worker_ids} | beats
        now = self._clock()
        before = self._seen
        self._seen = {
            name: before[name] if name in before and before[name][0] == count else (count, now)
            for name, count in known.items()
        }
        dead = {name for name, (_count, since) in self._seen.items() if now - since > self._lease}
        freed = 0
        for row in tasks:
            if (not row.worker_ids or row.worker_ids[-1] in dead) and queue.give_back(
                row, counted=True
            ):
                logger.warning("Task %s was left by a worker that is gone", row.pk)
                freed += 1
        for name in dead & beats.keys():
            Worker.objects.filter(pk=name, beats=beats[name]).delete()
        return freed
