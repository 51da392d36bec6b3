"""The database server goes away in the middle of a task, and comes back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.databases import SERVERS
from tests.servers.panel import BASE_DIR, Panel
from tests.worker.test_processes import ended, enqueue, lines, make_tables, until


@pytest.mark.stack
@pytest.mark.parametrize("dialect", ["mysql", "postgresql"])
def test_a_worker_lives_through_a_restart_of_the_database(dialect: str, tmp_path: Path) -> None:
    done, sign = tmp_path / "done", tmp_path / "sign"
    with SERVERS[dialect]() as server:
        database = server.create_database("mailadmin")
        panel = Panel(database.url)
        make_tables(panel)
        enqueue(panel, "wait_for", (done, sign))
        with (tmp_path / "log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "tests.worker.with_lease"],
                cwd=BASE_DIR,
                env=panel.environment(),
                stderr=log,
            )
        try:
            until(lambda: lines(done) == ["begins"])
            server.stop()
            sign.touch()
            # It is done, and cannot be written down.
            until(lambda: "Waiting for it" in (tmp_path / "log").read_text())
            server.start()
            until(lambda: ended(database) in ([("SUCCESSFUL", 1)], [("SUCCESSFUL", 2)]))
            enqueue(panel, "write", (done, "after it"))
            until(lambda: "after it" in lines(done))
        finally:
            worker.terminate()
            assert worker.wait(30) == 0
        assert "Traceback" not in (tmp_path / "log").read_text()
