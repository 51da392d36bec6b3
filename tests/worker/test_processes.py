"""Real workers over the real databases: killed, several at once, stopped, without a database."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.database import Database
from tests.servers.panel import BASE_DIR, Panel
from tests.servers.plugin import EVERY_DIALECT, SERVER_FIXTURES

TASKS = "django_tasks_database_dbtaskresult"
Start = Callable[[], subprocess.Popen[bytes]]


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def ended(database: Database) -> list[tuple[str, int]]:
    """Of each task how it stands, and how many workers had it."""
    rows = database.execute(f"SELECT status, worker_ids FROM {TASKS}")
    return [(status, len(json.loads(ids) if isinstance(ids, str) else ids)) for status, ids in rows]


def enqueue(panel: Panel, task: str, *arguments: tuple[object, ...]) -> None:
    code = "from tests.worker import sample\n"
    code += f"for one in {[tuple(map(str, one)) for one in arguments]!r}: "
    code += f"sample.{task}.enqueue(*one)"
    done = panel.manage("shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr


def make_tables(panel: Panel) -> None:
    """Those of tasks and workers; all of the panel's take ten times as long."""
    for app in ("django_tasks_database", "worker"):
        done = panel.manage("migrate", app, "-v", "0")
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=EVERY_DIALECT)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    server = request.getfixturevalue(SERVER_FIXTURES[request.param])
    database = server.create_database()
    make_tables(Panel(database.url))
    yield database
    server.drop_database(database)


@pytest.fixture
def panel(database: Database) -> Panel:
    database.execute(f"DELETE FROM {TASKS}")
    return Panel(database.url)


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
        process.wait(30)


def test_what_a_killed_worker_left_is_finished_by_another(
    database: Database, panel: Panel, start: Start, tmp_path: Path
) -> None:
    done, sign = tmp_path / "done", tmp_path / "sign"
    enqueue(panel, "wait_for", (done, sign))
    first = start()
    until(lambda: lines(done) == ["begins"])
    first.send_signal(signal.SIGKILL)
    first.wait(30)
    sign.touch()
    second = start()

    until(lambda: ended(database) == [("SUCCESSFUL", 2)])
    assert lines(done) == ["begins", "begins", "ends"]
    second.terminate()
    assert second.wait(30) == 0


def test_of_several_workers_one_does_each_task(
    database: Database, panel: Panel, start: Start, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    enqueue(panel, "write", *[(done, number) for number in range(60)])
    workers = [start() for _ in range(3)]

    until(lambda: ended(database) == [("SUCCESSFUL", 1)] * 60)
    # One that has only just come has not told the system yet what to do with its signal.
    until(lambda: database.execute("SELECT COUNT(*) FROM mailadmin_worker")[0][0] >= len(workers))
    for one in workers:
        one.terminate()
    assert [one.wait(30) for one in workers] == [0, 0, 0]
    assert sorted(lines(done), key=int) == [str(number) for number in range(60)]


def test_a_worker_that_is_told_to_stop_gives_its_task_back(
    database: Database, panel: Panel, start: Start, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    enqueue(panel, "wait_for", (done, tmp_path / "never"))
    worker = start()
    until(lambda: lines(done) == ["begins"])
    assert '"pid": ' + str(worker.pid) in panel.manage("worker", "list", "--json").stdout
    # As of a terminal and of what started it.
    worker.send_signal(signal.SIGINT)
    worker.terminate()
    assert worker.wait(30) == 0
    assert ended(database) == [("READY", 0)]
    assert database.execute("SELECT count(*) FROM mailadmin_worker") == [(0,)]
