"""A real worker is killed (SIGKILL) in the middle of a job; another one ends it, no row twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.database import Database
from tests.servers.panel import BASE_DIR, Panel

ROWS = 400
# Dear enough for a hundred of them to take longer than looking how far it is.
COST = "20000"
BEGIN = f"""
from audit.actor import command_actor
from bulk.services import begin_job, confirm_job
from bulk.running import run
from domains.models import Domain
from mailboxes.models import Mailbox
Domain.objects.create(domain="a.test")
Mailbox.objects.bulk_create(
    Mailbox(email=f"u{{number:03}}@a.test", password="{{PLAIN}}x") for number in range({ROWS})
)
root = command_actor("root")
selection = {{"domain": "a.test"}}
options = {{"selection": selection}}
job = begin_job(actor=root, kind="new_passwords", options=options, in_background=False)
run(job.pk)
job.refresh_from_db()
confirm_job(actor=root, job=job)
"""
CHECK = """
from bulk.models import Job
from bulk.parts import read_passwords
from mailboxes.models import Mailbox
from mailkit.passwords import verify
made = list(read_passwords(Job.objects.get()))
stored = dict(Mailbox.objects.values_list("email", "password"))
print(len(made), len(dict(made)), all(verify(word, stored[email]) for email, word in made[::25]))
"""


@pytest.fixture
def database(sqlite_server: Any) -> Iterator[Database]:
    database = sqlite_server.create_database()
    yield database
    sqlite_server.drop_database(database)


def until(true: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_worker_is_followed_by_one_that_does_no_row_twice(database: Database) -> None:
    panel = Panel(database.url, {"MAILADMIN_PASSWORD_COST": COST})
    for arguments in (("setup",), ("shell", "-v", "0", "-c", BEGIN)):
        done = panel.manage(*arguments)
        assert done.returncode == 0, done.stderr

    def job() -> tuple[Any, ...]:
        return database.execute("SELECT state, position, done FROM mailadmin_job")[0]

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.worker.with_lease"]
        return subprocess.Popen(command, cwd=BASE_DIR, env=panel.environment())

    first = start()
    try:
        until(lambda: job()[1] >= 2)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(30)
    state, position, rows = job()
    assert (state, rows) == ("applying", position * 100)
    assert rows < ROWS
    second = start()
    try:
        until(lambda: job()[0] == "done")
    finally:
        second.terminate()
        second.wait(30)

    assert job() == ("done", ROWS // 100, ROWS)
    logged = database.execute(
        "SELECT count(*), count(DISTINCT object_key) FROM mailadmin_audit_entry"
        " WHERE action = 'set_mailbox_password'"
    )
    assert logged == [(ROWS, ROWS)]
    checked = panel.manage("shell", "-v", "0", "-c", CHECK)
    assert checked.stdout.split() == [str(ROWS), str(ROWS), "True"], checked.stderr
