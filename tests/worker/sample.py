"""Tasks for tests. What they did they write down in a file, a line each."""

from __future__ import annotations

import time
from pathlib import Path

from django.db import OperationalError, connection

from worker.giving_back import carry_on
from worker.tasks import task


def note(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{line}\n")


@task()
def write(path: str, line: str) -> str:
    note(path, line)
    return line


@task()
def wait_for(path: str, sign: str) -> None:
    """Goes on until the file `sign` is there, and may be given back meanwhile."""
    note(path, "begins")
    while not Path(sign).exists():
        carry_on()
        time.sleep(0.02)
    note(path, "ends")


@task()
def fail(secret: str) -> None:
    raise ValueError(f"the row has {secret}")


@task()
def lose_database(path: str) -> None:
    """The first time the database is away."""
    note(path, "tried")
    if len(Path(path).read_text().splitlines()) == 1:
        if connection.vendor == "sqlite":
            raise OperationalError("database is locked")
        number = 2006 if connection.vendor == "mysql" else "server closed the connection"
        raise OperationalError(number, "gone away")


no_task = "not a task"
