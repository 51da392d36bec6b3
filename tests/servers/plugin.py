"""Pytest fixtures: database servers for the whole run, databases and mail stacks for one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.servers.databases import (
    DIALECTS,
    Database,
    MariaDBServer,
    PostgreSQLServer,
    SQLiteServer,
)
from tests.servers.dns import DnsServers
from tests.servers.mailstack import MailStack

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
# Nobody answers for the names in it.
SILENT_ZONE = "silent.test"
DOVECOTS = ("2.3", "2.4")
StackFactory = Callable[..., MailStack]


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


@pytest.fixture(scope="session")
def dns_servers() -> Iterator[DnsServers]:
    """knot and unbound for the whole run; a test loads zones of names of its own."""
    with DnsServers(silent=[f"{SILENT_ZONE}."]) as servers:
        yield servers


@pytest.fixture(params=EVERY_DIALECT)
def any_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A new, empty database on each of the three; the test makes its tables."""
    server = request.getfixturevalue(SERVER_FIXTURES[request.param])
    database = server.create_database()
    yield database
    server.drop_database(database)


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Callable[..., Database]:
    """`new_database(dialect)`: another empty database; it stays until the run ends."""

    def make(dialect: str, **options: str) -> Database:
        return request.getfixturevalue(SERVER_FIXTURES[dialect]).create_database(**options)

    return make


@pytest.fixture
def mail_stack() -> Iterator[StackFactory]:
    """`mail_stack(database, dovecot="2.3", main={})`: a running mail stack, for one test."""
    with ExitStack() as stacks:

        def start(database: Database, dovecot: str = "2.3", **options: object) -> MailStack:
            return stacks.enter_context(MailStack(database, dovecot, **options))

        yield start
