"""Server processes and their directories: started here, and gone whatever ends the test run."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Reads "+pid", "-pid", "+/dir" and "-/dir" lines. When the pipe closes, that is when the test run
# has ended in whatever way (kill -9 included), it kills what is left and removes the directories.
_REAPER = r"""
import os, shutil, signal, sys, time
left = []
for line in sys.stdin:
    sign, what = line[0], line[1:].rstrip("\n")
    if sign == "+":
        left.append(what)
    elif what in left:
        left.remove(what)
pids = [int(what) for what in left if not what.startswith("/")]
for number in (signal.SIGTERM, signal.SIGKILL):
    for pid in pids:
        try:
            os.killpg(pid, number)
        except OSError:
            pass
    if pids:
        time.sleep(0.5)
for what in left:
    if what.startswith("/"):
        shutil.rmtree(what, ignore_errors=True)
"""


_given_ports: set[int] = set()


class ServerError(RuntimeError):
    """A server is not installed, does not start, or does not answer."""


class _Reaper:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._process: subprocess.Popen[str] | None = None

    def tell(self, sign: str, what: object) -> None:
        with self._lock:
            if self._process is None or self._owner != os.getpid():
                self._owner = os.getpid()
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _REAPER],
                    stdin=subprocess.PIPE,
                    text=True,
                    # Its own session: a Ctrl-C in the terminal must not reach it.
                    start_new_session=True,
                )
                atexit.register(self._close, self._process)
            assert self._process.stdin is not None
            self._process.stdin.write(f"{sign}{what}\n")
            self._process.stdin.flush()

    @staticmethod
    def _close(process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            process.stdin.close()
            process.wait(10)


_reaper = _Reaper()


def make_directory(prefix: str) -> Path:
    """A new directory directly below the system's temporary one.

    The path is short (a UNIX socket's ends at 107 bytes) and others may enter it: Postfix, Dovecot
    and PostgreSQL run under users of their own.
    """
    directory = Path(tempfile.mkdtemp(prefix=f"{prefix}-"))
    _reaper.tell("+", directory)
    directory.chmod(0o755)
    return directory


def remove_directory(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    _reaper.tell("-", directory)


def start_process(command: list[str | Path], **options: Any) -> subprocess.Popen[bytes]:
    """Start a server in a process group of its own."""
    process = subprocess.Popen(
        [str(part) for part in command],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        **options,
    )
    _reaper.tell("+", process.pid)
    return process


def stop_process(
    process: subprocess.Popen[bytes], number: int = signal.SIGTERM, seconds: float = 10
) -> None:
    """Ask the process to end by this signal; then kill its whole group."""
    if process.poll() is None:
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _reaper.tell("-", process.pid)


def free_port() -> int:
    """A loopback port that nothing listens on, and that this run has not been given before.

    Below the range from which the kernel takes ports for outgoing connections: one of those could
    have it by the time the server starts.
    """
    while True:
        port = random.randrange(10000, 32768)
        if port in _given_ports:
            continue
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with socket.socket() as probe, datagrams, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            # Name servers take both, and a resolver's questions leave from any UDP port.
            datagrams.bind(("127.0.0.1", port))
            _given_ports.add(port)
            return port


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Return when `ready()` is true; ServerError "`what`: not within n s" when it never is."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    while not ready():
        if time.monotonic() > deadline:
            raise ServerError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def find_program(name: str, *directories: str) -> str:
    """The path of a program, also where a plain user's PATH does not look."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin", *directories])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerError(f"{name} is not installed; `make setup-stack` installs the servers")
    return found
