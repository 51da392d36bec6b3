"""What a worker does all day: look for a task, do it, write down how it ended."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from audit.trouble import explain
from worker import queue
from worker.giving_back import GivenBack, asked_by
from worker.leases import BEAT, LEASE, Heartbeat, Watch

logger = logging.getLogger(__name__)

# Seconds between two looks for work.
INTERVAL = 1.0
# While the database is away: from the first to the last, doubled each time.
FIRST_WAIT = 1.0
LONGEST_WAIT = 15.0
PRUNE_EVERY = 60 * 60.0
# Signals within so long are one.
ONE_SIGNAL = 1.0
# What another try may get over; the rest is a fault, of the task or of the tables.
PASSING = {"busy", "unreachable", "read_only"}
Trouble = (DatabaseError, InterfaceError)


class Loop:
    """One worker. `parent`: it ends when this process is its parent no more."""

    def __init__(
        self,
        *,
        interval: float = INTERVAL,
        beat: float = BEAT,
        lease: float = LEASE,
        parent: int | None = None,
    ) -> None:
        self.worker_id = uuid.uuid4().hex
        self.stopping = False
        self._told_at = 0.0
        self._interval = interval
        self._heartbeat = Heartbeat(self.worker_id, beat)
        self._watch = Watch(lease)
        self._parent = parent
        self._pruned_at = 0.0
        self._watched_at = 0.0
        self._lease = lease
        # A signal ends the sleep: what is written here is read there.
        self._awake, self._wake = os.pipe()

    def take_signals(self) -> None:
        """SIGTERM and Ctrl-C: end after this step of the task; the second time at once."""
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        # Ctrl-C and whoever started this may both send one.
        if self.stopping and now - self._told_at > ONE_SIGNAL:
            # Its lease runs out, and another one does the work.
            os._exit(1)
        if not self.stopping:
            self.stopping, self._told_at = True, now
        os.write(self._wake, b".")

    def run(self, *, batch: bool = False) -> None:
        """Work until told to stop or, with `batch`, until nothing is left that is due."""
        self._lasting(self._heartbeat.start)
        while not self._is_over():
            worked = self._lasting(self.step)
            # The settings say how long a connection may live; a request's end would see to it.
            close_old_connections()
            if batch and not worked:
                break
            if not worked:
                self._sleep(self._interval)
        self._heartbeat.stop()
        connections.close_all()

    def step(self) -> bool:
        """Do one task; False if there is none. Raises what the database raises."""
        now = time.monotonic()
        if now - self._watched_at > self._lease / 6:
            self._watch.take_up()
            self._watched_at = now
        if now - self._pruned_at > PRUNE_EVERY:
            queue.prune()
            self._pruned_at = now
        row = queue.claim(self.worker_id)
        if row is not None:
            self._heartbeat.lost = False
            self._do(row)
        return row is not None

    def _do(self, row: queue.Row) -> None:
        logger.info("Task %s begins: %s", row.pk, row.task_path)
        begun = time.monotonic()
        try:
            with asked_by(lambda: self.stopping or self._heartbeat.lost):
                given = row.args_kwargs
                value = row.task.call(*given["args"], **given["kwargs"])
            self._write(lambda: queue.succeed(row, value))
        except GivenBack:
            logger.info("Task %s is given back", row.pk)
            self._write(lambda: queue.give_back(row, counted=False))
        except Trouble as error:
            connections.close_all()
            code = explain(error).code
            if code in PASSING:
                logger.warning("Task %s is tried again: the database is %s", row.pk, code)
                self._write(lambda: queue.give_back(row, counted=True))
                self._sleep(self._interval)
            else:
                self._failed(row, error)
        except (Exception, SystemExit) as error:
            self._failed(row, error)
        else:
            logger.info("Task %s is done in %.1f s", row.pk, time.monotonic() - begun)

    def _failed(self, row: queue.Row, error: BaseException) -> None:
        # Not the error's words: they may hold an address or a row.
        frames = traceback.extract_tb(error.__traceback__)
        where = f" in {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        kind = type(error).__name__
        logger.error("Task %s (%s) failed: %s%s", row.pk, row.task_path, kind, where)
        self._write(lambda: queue.fail(row, error))

    def _write(self, write: Callable[[], bool]) -> None:
        if self._lasting(write) is False:
            logger.warning("A task was done by another worker meanwhile")

    def _lasting(self, step: Callable[[], Any]) -> Any:
        """Do it, again and again while the database is away; None if told to stop meanwhile."""
        wait = 0.0
        while True:
            try:
                done = step()
            except Trouble as error:
                connections.close_all()
                trouble = explain(error)
                if not wait:
                    logger.warning("%s (%s) Waiting for it.", trouble.what, trouble.code)
                wait = min(wait * 2 or FIRST_WAIT, LONGEST_WAIT)
                self._sleep(wait)
                if self._is_over():
                    return None
            else:
                if wait:
                    logger.warning("The database is there again.")
                return done

    def _is_over(self) -> bool:
        if self._parent is not None and os.getppid() != self._parent:
            self.stopping = True
        return self.stopping

    def _sleep(self, seconds: float) -> None:
        if self.stopping:
            return
        select.select([self._awake], [], [], seconds)
        sys.stdout.flush()
