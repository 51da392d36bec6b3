"""Pytest fixtures: database servers for the whole run, databases for one test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.databases import (
    DIALECTS,
    Database,
    MariaDBServer,
    PostgreSQLServer,
    SQLiteServer,
)

SERVER_FIXTURES = {
    "sqlite": "sqlite_server",
    "mysql": "mariadb_server",
    "postgresql": "postgresql_server",
}
# SQLite needs no server, so its cases run in `make test-fast` too.
EVERY_DIALECT = [
    pytest.param(dialect, marks=() if dialect == "sqlite" else pytest.mark.stack)
    for dialect in DIALECTS
]


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDBServer]:
    with MariaDBServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    with PostgreSQLServer() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_server() -> Iterator[SQLiteServer]:
    with SQLiteServer() as server:
        yield server


@pytest.fixture(params=EVERY_DIALECT)
def any_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A new, empty database on each of the three; the test makes its tables."""
    server = request.getfixturevalue(SERVER_FIXTURES[request.param])
    database = server.create_database()
    yield database
    server.drop_database(database)
