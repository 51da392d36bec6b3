"""Throw-away MariaDB, PostgreSQL and SQLite for tests: `SERVERS[dialect]()`, then a database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.servers.daemon import Server
from tests.servers.database import Database
from tests.servers.mariadb import MariaDBServer
from tests.servers.postgresql import PostgreSQLServer
from tests.servers.processes import ServerError

__all__ = [
    "DIALECTS",
    "SERVERS",
    "Database",
    "MariaDBServer",
    "PostgreSQLServer",
    "SQLiteServer",
    "ServerError",
]

DIALECTS = ("sqlite", "mysql", "postgresql")


class SQLiteServer(Server):
    """No server, the same shape: each database is a file in WAL mode."""

    dialect = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        # Postfix opens a WAL database for writing too (its -shm file), so the directory and the
        # file must be writable for it.
        self.directory.chmod(0o777)

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def create_database(self, name: str | None = None, *, journal_mode: str = "WAL") -> Database:
        path = self.directory / f"{self._new_name(name)}.sqlite3"
        database = Database(self.dialect, str(path))
        database.execute(f"PRAGMA journal_mode={journal_mode}")
        path.touch()
        path.chmod(0o666)
        return database

    def drop_database(self, database: Database) -> None:
        for end in ("", "-wal", "-shm", "-journal"):
            Path(database.name + end).unlink(missing_ok=True)


SERVERS: dict[str, Callable[[], SQLiteServer | MariaDBServer | PostgreSQLServer]] = {
    "sqlite": SQLiteServer,
    "mysql": MariaDBServer,
    "postgresql": PostgreSQLServer,
}
