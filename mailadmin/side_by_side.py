"""The panel's server and one worker as two processes that begin and end together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

# A worker that was killed is started again after so many seconds.
AGAIN_AFTER = 5.0
# What is still there so long after it was told to end is killed: gunicorn gives its threads 20 s.
PATIENCE = 30.0
LOOK_EVERY = 0.2
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """In a child, before it begins: the kernel tells it to end when its parent is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class SideBySide:
    """Runs `server` until it ends or a signal comes, and `worker` as long as that."""

    def __init__(
        self,
        server: Sequence[str],
        worker: Sequence[str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commands = (list(server), list(worker))
        self._clock = clock
        self._stopping = False
        self._server: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._worker_due = 0.0

    def run(self) -> int:
        """Returns the server's exit code; 0 where a signal ended it."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._reload)
        self._server = self._start(self._commands[0])
        while not self._stopping and self._server.poll() is None:
            self._look_after_worker()
            time.sleep(LOOK_EVERY)
        self._end()
        code = self._server.returncode
        return 0 if self._stopping else code if code >= 0 else 128 - code

    def _look_after_worker(self) -> None:
        if self._worker is not None and self._worker.poll() is not None:
            self._worker_due = self._clock() + AGAIN_AFTER
            sys.stderr.write("The worker has ended; it is started again.\n")
            self._worker = None
        if self._worker is None and self._clock() >= self._worker_due:
            self._worker = self._start(self._commands[1])

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        # No threads run here, so the child may do this before it becomes the other program. In a
        # session of its own Ctrl-C does not reach it, but what this process then tells it.
        return subprocess.Popen(
            command,
            preexec_fn=end_with_parent,  # noqa: PLW1509
            start_new_session=True,
        )

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _reload(self, number: int, frame: FrameType | None) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGHUP)

    def _end(self) -> None:
        running = [one for one in (self._server, self._worker) if one and one.poll() is None]
        for one in running:
            one.terminate()
        until = self._clock() + PATIENCE
        for one in running:
            try:
                one.wait(max(0.0, until - self._clock()))
            except subprocess.TimeoutExpired:
                os.kill(one.pid, signal.SIGKILL)
                one.wait()
