"""Servers that have the rows already: made once, kept in the tests' cache, copied for each run.

with filled("mysql", 1_000_000) as database: ...
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from tests.large.rows import MAILBOXES, Rows
from tests.servers.cache import build_once
from tests.servers.database import Database
from tests.servers.databases import SERVERS, SQLiteServer
from tests.servers.mariadb import MariaDBServer
from tests.servers.postgresql import PostgreSQLServer

NAME = "bench"
ROOT = Path(__file__).resolve().parents[2]
BATCH = 1000
# As the servers come from Debian; the small ones of the tests would read the disk all the time.
OPTIONS = {
    "mysql": ["--innodb-buffer-pool-size=128M", "--innodb-log-file-size=96M"],
    "postgresql": ["shared_buffers=128MB"],
}


@contextmanager
def filled(dialect: str, mailboxes: int = MAILBOXES) -> Iterator[Database]:
    """A database of its own with the four tables as `mailtables create` leaves them, and rows."""
    template = build_once(
        f"large-{dialect}-{mailboxes}-{_recipe()}", lambda path: _build(dialect, mailboxes, path)
    )
    if dialect == "sqlite":
        with SQLiteServer() as server:
            database = server.create_database(NAME)
            subprocess.run(["cp", template / "data", database.name], check=True)
            yield database
        return
    with _server(dialect, template) as server:
        yield server.database(NAME)


def fill(database: Database, mailboxes: int) -> None:
    """Make the tables as `mailtables create` and `upgrade` leave them, and the rows."""
    rows = Rows(mailboxes)
    child(database, "manage.py", "mailtables", "create")
    insert(database, "domains (domain)", ((name,) for name in rows.domains()))
    insert(database, "users (email, password)", rows.users())
    insert(database, "forwardings (source, destination)", rows.forwardings())
    insert(database, "transport (domain, transport)", rows.transports())
    if database.dialect == "postgresql":
        database.execute("ANALYZE")


def insert(database: Database, into: str, values: Iterable[Sequence[Any]]) -> None:
    """Rows by multi-row INSERT, in one transaction."""
    connection = database.connect(autocommit=False)
    try:
        cursor = connection.cursor()
        waiting = iter(values)
        while batch := list(islice(waiting, BATCH)):
            place = "(" + ", ".join(["%s"] * len(batch[0])) + ")"
            sql = f"INSERT INTO {into} VALUES {', '.join([place] * len(batch))}"
            if database.dialect == "sqlite":
                sql = sql.replace("%s", "?")
            cursor.execute(sql, [value for row in batch for value in row])
        connection.commit()
    finally:
        connection.close()


def child(database: Database, *arguments: str) -> str:
    """What a Python program of the project prints, run over this database."""
    environ = {**os.environ, "DATABASE_URL": database.url, "SECRET_KEY": "b" * 50}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def _build(dialect: str, mailboxes: int, path: Path) -> None:
    if dialect == "sqlite":
        with SERVERS[dialect]() as server:
            database = server.create_database(NAME)
            fill(database, mailboxes)
            # The last connection that leaves empties the log file beside it.
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            subprocess.run(["cp", database.name, path / "data"], check=True)
        return
    with _server(dialect, None) as server:
        fill(server.create_database(NAME), mailboxes)
        server.stop()
        subprocess.run(["cp", "-a", f"{server.data}/.", path], check=True)


def _server(dialect: str, template: Path | None) -> MariaDBServer | PostgreSQLServer:
    server: MariaDBServer | PostgreSQLServer
    if dialect == "mysql":
        # Ends with all pages written, so that the copy needs no recovery.
        ending = [] if template else ["--innodb-fast-shutdown=1"]
        server = MariaDBServer(options=[*OPTIONS[dialect], *ending])
    else:
        server = PostgreSQLServer(options=OPTIONS[dialect])
    server.template = template
    return server


def _recipe() -> str:
    """Changes with what makes the tables and the rows."""
    here = Path(__file__)
    files = [here, here.with_name("rows.py"), *(ROOT / "mailkit" / "tables").glob("*.py")]
    told = hashlib.sha256()
    for file in sorted(files):
        told.update(file.read_bytes())
    return told.hexdigest()[:12]
