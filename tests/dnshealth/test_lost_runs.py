"""A run whose process is killed has ended, for whoever looks or begins another one."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dnshealth import runs
from dnshealth.lost_runs import end_lost_runs
from dnshealth.models import Outcome
from dnshealth.models import Run as StoredRun
from dnshealth.processes import is_gone, this_process
from tests.dnshealth.conftest import Run
from tests.dnshealth.zones import GOOD, Use, answers
from tests.pages.reading import read
from tests.servers.panel import BASE_DIR, Panel

ONCE = pytest.mark.skipif(
    connection.vendor != "sqlite",
    reason="NOT TESTED here: it has a SQLite file of its own wherever the others are; "
    "`make test` runs it once, with the tests on SQLite",
)


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """A process that has said its name and waits."""
    code = (
        "from dnshealth.processes import this_process as name; print(name(), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def name_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_process_is_there_until_it_is_killed(other: subprocess.Popen[str]) -> None:
    name = name_of(other)
    assert name != this_process()
    assert is_gone(name) is False
    other.kill()
    # Whether or not its parent has noticed.
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(name) is True
    other.wait()
    assert is_gone(name) is True


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (lambda name: name, False),
        (lambda name: name + "1", True),
        (lambda name: "elsewhere/pid:[1] 4711 1", None),
        (lambda name: "", None),
        (lambda name: "nonsense", None),
    ],
    ids=["this", "its number before", "another machine", "none", "nonsense"],
)
def test_whose_process_it_is(change: Callable[[str], str], gone: bool | None) -> None:
    assert is_gone(change(this_process())) is gone


@pytest.fixture
def killed(other: subprocess.Popen[str], db: None) -> StoredRun:
    """A run over all domains by command, whose process was killed."""
    name = name_of(other)
    run = StoredRun.objects.create(
        kind="command", actor="root", scope="*", started_at=timezone.now(), process=name
    )
    end_lost_runs()
    assert StoredRun.objects.get().outcome == Outcome.RUNNING
    other.kill()
    other.wait()
    return run


def test_the_page_says_that_it_ended(killed: StoredRun, admin: Client) -> None:
    page = read(admin.get("/dns/"))
    assert "came to no end" in page.text
    assert "The command that did it was stopped from outside" in page.text
    assert StoredRun.objects.get().outcome == Outcome.LOST


def test_the_page_shows_one_that_is_under_way(admin: Client, db: None) -> None:
    StoredRun.objects.create(
        kind="command",
        actor="root",
        scope="*",
        started_at=timezone.now(),
        process=this_process(),
        checked=3,
        domains=7,
    )
    page = read(admin.get("/dns/"))
    assert "3 of 7" in page.text
    assert "No worker runs" not in page.text


@pytest.mark.parametrize(
    ("process", "hours", "outcome"),
    [
        ("elsewhere/pid:[1] 1 1", 23, Outcome.RUNNING),
        ("elsewhere/pid:[1] 1 1", 25, Outcome.LOST),
        ("", 25, Outcome.LOST),
    ],
    ids=["elsewhere", "elsewhere, long ago", "from before the update"],
)
def test_of_another_machine_only_time_tells(
    db: None, process: str, hours: int, outcome: Outcome
) -> None:
    began = timezone.now() - timedelta(hours=hours)
    StoredRun.objects.create(kind="command", actor="root", started_at=began, process=process)
    end_lost_runs()
    assert StoredRun.objects.get().outcome == outcome


def test_a_command_that_is_stopped_on_the_page_says_so(
    two_domains: None, run: Run, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(answers(a_test=GOOD, b_test=GOOD))
    monkeypatch.setattr(runs, "NOTE_EVERY", -1.0)
    begin = runs.begin_run

    def begun_and_stopped(**asked: object) -> StoredRun:
        found = begin(**asked)
        StoredRun.objects.update(outcome=Outcome.CANCELLED)
        return found

    monkeypatch.setattr(runs, "begin_run", begun_and_stopped)
    said = run("dns", "check", "--all")
    assert said.code == 1
    assert "Somebody stopped this check" in said.err


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(KeyboardInterrupt, Outcome.CANCELLED), (ZeroDivisionError, Outcome.FAILED)],
)
def test_a_command_that_breaks_off_has_ended(
    error: type[BaseException],
    outcome: Outcome,
    two_domains: None,
    run: Run,
    use: Use,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(answers(a_test=GOOD, b_test=GOOD))

    def broken(self: runs.StoredRun, result: object) -> None:
        raise error

    monkeypatch.setattr(runs.StoredRun, "add", broken)
    with pytest.raises(error):
        run("dns", "check", "--all")
    assert StoredRun.objects.get().outcome == outcome


@ONCE
def test_a_killed_command_has_ended_once_another_one_begins(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        # A resolver that says nothing for as long as it is there.
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        file = tmp_path / "panel.sqlite3"
        panel = Panel(
            f"sqlite:///{file}",
            {"MAILADMIN_DNS_SERVERS": f"127.0.0.1@{port}"},
        )
        assert panel.manage("setup").returncode == 0
        assert panel.manage("domain", "add", "a.test").returncode == 0
        command = subprocess.Popen(
            [sys.executable, "manage.py", "dns", "check", "--all"],
            cwd=BASE_DIR,
            env=panel.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while outcomes(file) != ["running"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        command.send_signal(signal.SIGKILL)
        command.wait()
    assert outcomes(file) == ["running"]

    panel.manage("dns", "check", "--all")

    assert outcomes(file) == ["lost", "resolver_down"]


def outcomes(file: Path) -> list[str]:
    with sqlite3.connect(file) as database:
        rows = database.execute("SELECT outcome FROM mailadmin_dns_run ORDER BY id").fetchall()
    return [outcome for (outcome,) in rows]
