"""The server and the worker begin and end together, and a worker that was killed comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.panel import BASE_DIR

PROGRAM = """
import sys
from mailadmin import side_by_side
side_by_side.AGAIN_AFTER = 0.1
server, worker = (["sh", "-c", f"echo $$ >> {sys.argv[1]}/{name}; {do}"]
                  for name, do in (("server", sys.argv[2]), ("worker", "exec sleep 60")))
sys.exit(side_by_side.SideBySide(server, worker).run())
"""
Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a pair whose server does this in a shell."""
    running: list[subprocess.Popen[bytes]] = []

    def pair(do: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, str(tmp_path), do]
        running.append(subprocess.Popen(command, cwd=BASE_DIR))
        until(lambda: pids(tmp_path, "worker"))
        return running[-1]

    yield pair
    for process in running:
        process.kill()
        process.wait(30)


def pids(directory: Path, name: str) -> list[int]:
    path = directory / name
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    # One whose parent was killed may be a zombie for a moment, or for good in a container.
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    pair = start("exec sleep 60")
    pair.send_signal(number)

    assert pair.wait(30) == 0
    for name in ("server", "worker"):
        assert not any(alive(pid) for pid in pids(tmp_path, name))


def test_a_worker_that_is_killed_is_started_again(start: Start, tmp_path: Path) -> None:
    start("exec sleep 60")
    (first,) = pids(tmp_path, "worker")
    os.kill(first, signal.SIGKILL)

    until(lambda: len(pids(tmp_path, "worker")) == 2)


def test_the_end_of_the_server_ends_the_worker(start: Start, tmp_path: Path) -> None:
    pair = start(f"until test -e {tmp_path}/worker; do sleep 0.05; done; exit 3")

    assert pair.wait(30) == 3
    assert not any(alive(pid) for pid in pids(tmp_path, "worker"))


def test_both_end_when_what_started_them_is_killed(start: Start, tmp_path: Path) -> None:
    pair = start("exec sleep 60")
    pair.kill()

    until(lambda: not any(alive(p) for n in ("server", "worker") for p in pids(tmp_path, n)))
