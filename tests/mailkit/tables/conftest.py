"""Fixtures for the tests of the tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mailkit.tables.tutorial import tutorial
from tests.servers.databases import Database, MariaDBServer, PostgreSQLServer

__all__ = ["tutorial"]


@pytest.fixture
def maria(mariadb_server: MariaDBServer) -> Iterator[Database]:
    database = mariadb_server.create_database()
    yield database
    mariadb_server.drop_database(database)


@pytest.fixture
def postgres(postgresql_server: PostgreSQLServer) -> Iterator[Database]:
    database = postgresql_server.create_database()
    yield database
    postgresql_server.drop_database(database)
