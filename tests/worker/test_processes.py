"""Real workers over the real databases: killed, several at once, stopped, without a database."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.panel import BASE_DIR, Panel

ENQUEUE = (
    "from tests.worker import sample\n"
    "for line in {lines!r}: sample.{task}.enqueue(*line)\n"
)
Start = Callable[[], subprocess.Popen[bytes]]


def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def ended(panel: Panel) -> list[tuple[str, int]]:
    code = (
        "from django_tasks_db.models import DBTaskResult as T\n"
        "print([(t.status, len(t.worker_ids)) for t in T.objects.all()])"
    )
    return eval(panel.manage("shell", "-v", "0", "-c", code).stdout)


def enqueue(panel: Panel, task: str, *arguments: tuple[object, ...]) -> None:
    code = ENQUEUE.format(task=task, lines=[tuple(map(str, one)) for one in arguments])
    done = panel.manage("shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def panel(any_database) -> Panel:
    panel = Panel(any_database.url)
    done = panel.manage("migrate", "-v", "0")
    assert done.returncode == 0, done.stderr
    return panel


@pytest.fixture
def start(panel: Panel) -> Iterator[Start]:
    """Starts one more worker, whose lease is short."""
    running: list[subprocess.Popen[bytes]] = []

    def one() -> subprocess.Popen[bytes]:
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.worker.with_lease"],
                cwd=BASE_DIR,
                env=panel.environment(),
            )
        )
        return running[-1]

    yield one
    for process in running:
        process.kill()
        process.wait(10)


def test_what_a_killed_worker_left_is_finished_by_another(
    panel: Panel, start: Start, tmp_path: Path
) -> None:
    done, sign = tmp_path / "done", tmp_path / "sign"
    enqueue(panel, "wait_for", (done, sign))
    first = start()
    until(lambda: lines(done) == ["begins"])
    second = start()
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    sign.touch()

    until(lambda: "ends" in lines(done))
    until(lambda: ended(panel) == [("SUCCESSFUL", 2)])
    assert lines(done) == ["begins", "begins", "ends"]
    second.terminate()
    assert second.wait(10) == 0


def test_of_several_workers_one_does_each_task(panel: Panel, start: Start, tmp_path: Path) -> None:
    done = tmp_path / "done"
    enqueue(panel, "write", *[(done, number) for number in range(60)])
    workers = [start() for _ in range(3)]

    until(lambda: len(lines(done)) >= 60)
    for one in workers:
        one.terminate()
    assert [one.wait(10) for one in workers] == [0, 0, 0]
    assert sorted(lines(done), key=int) == [str(number) for number in range(60)]
    assert ended(panel) == [("SUCCESSFUL", 1)] * 60


def test_a_worker_that_is_told_to_stop_gives_its_task_back(
    panel: Panel, start: Start, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    enqueue(panel, "wait_for", (done, tmp_path / "never"))
    worker = start()
    until(lambda: lines(done) == ["begins"])
    worker.terminate()
    assert worker.wait(10) == 0
    assert ended(panel) == [("READY", 0)]


def test_an_idle_worker_stops_at_once(panel: Panel, start: Start) -> None:
    worker = start()
    until(lambda: '"pid"' in panel.manage("worker", "list", "--json").stdout)
    began = time.monotonic()
    worker.send_signal(signal.SIGINT)
    assert worker.wait(10) == 0
    assert time.monotonic() - began < 3
    assert '"workers": []' in panel.manage("worker", "list", "--json").stdout
