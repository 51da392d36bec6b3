"""A real worker killed in the middle of an import: another one finishes it, each row once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bulk.importing import HASH
from tests.servers.database import Database
from tests.servers.databases import SERVERS
from tests.servers.panel import BASE_DIR, Panel
from tests.worker.test_processes import until

ROWS = 4000

BEGIN = """
from pathlib import Path
from audit.actor import command_actor
from bulk import running
from bulk.services import begin_job, confirm_job
actor = command_actor("root")
job = begin_job(actor=actor, kind="import_file", options={{}}, in_background=False,
                file=iter([Path({path!r}).read_bytes()]))
running.run(job.pk)
job.refresh_from_db()
confirm_job(actor=actor, job=job)
print(job.pk, job.state)
"""


@pytest.fixture
def database() -> Iterator[Database]:
    with SERVERS["sqlite"]() as server:
        yield server.create_database("killed")


def start(panel: Panel) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.worker.with_lease"],
        cwd=BASE_DIR,
        env=panel.environment(),
    )


def test_a_worker_killed_in_the_middle_leaves_no_row_undone_and_none_twice(
    database: Database, tmp_path: Path
) -> None:
    panel = Panel(database.url)
    for command in (("migrate", "-v", "0"), ("mailtables", "create"), ("domain", "add", "a.test")):
        done = panel.manage(*command)
        assert done.returncode == 0, done.stderr
    file = tmp_path / "boxes.csv"
    file.write_text(
        "email,password_hash\n" + "".join(f"u{number}@a.test,{HASH}\n" for number in range(ROWS))
    )
    begun = panel.manage("shell", "-v", "0", "-c", BEGIN.format(path=str(file)))
    assert begun.stdout.split()[1:] == ["applying"], begun.stderr

    def position() -> int:
        return int(database.execute("SELECT position FROM mailadmin_job")[0][0])

    first = start(panel)
    try:
        until(lambda: position() > 0)
        first.send_signal(signal.SIGKILL)
        first.wait(30)
        left_at = position()
        assert 0 < left_at < ROWS // 500
        second = start(panel)
        try:
            state = "SELECT state, done, failed FROM mailadmin_job"
            until(lambda: tuple(database.execute(state)[0]) == ("done", ROWS, 0))
        finally:
            second.terminate()
            second.wait(30)
    finally:
        first.kill()
        first.wait(30)
    assert database.execute("SELECT COUNT(*) FROM users") == [(ROWS,)]
    entries = database.execute(
        "SELECT COUNT(*), COUNT(DISTINCT object_key) FROM mailadmin_audit_entry"
        " WHERE action = 'create_mailbox'"
    )
    assert entries == [(ROWS, ROWS)]
    tasks = database.execute("SELECT worker_ids FROM django_tasks_database_dbtaskresult")
    assert [len(json.loads(ids)) for (ids,) in tasks] == [2]
