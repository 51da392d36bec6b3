"""What each column holds, asked before each write: quick, and as the database has it."""

from __future__ import annotations

import pytest

from mailkit.tables import EXPECTED, TABLES, column_widths, missing_tables, read
from tests.mailkit.tables.base import SOUND, TUTORIAL, run
from tests.servers.databases import Database


def test_widths_are_the_databases_own(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, TUTORIAL)
    found = column_widths(connection, dialect)
    if dialect == "sqlite":
        assert set(found.values()) == {None}
    else:
        assert found["domains", "domain"] == 50
        assert found["users", "password"] == 20
        assert found["forwardings", "source"] == 80
    # MySQL's text ends at 65,535 bytes.
    assert found["forwardings", "destination"] == (65535 if dialect == "mysql" else None)
    assert {(table.name, column.name) for table in TABLES for column in table.columns} == set(found)


def test_widths_agree_with_what_is_read(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, SOUND)
    facts = read(connection, dialect)
    assert column_widths(connection, dialect) == {
        (name, column): some.width
        for name, table in facts.tables.items()
        for column, some in table.columns.items()
    }


def test_sqlite_really_holds_more_than_is_declared(any_database: Database) -> None:
    if any_database.dialect != "sqlite":
        return
    connection = any_database.connect()
    run(connection, TUTORIAL)
    run(connection, [f"INSERT INTO users VALUES ('a@a.test', '{'x' * 500}')"])
    assert connection.execute("SELECT length(password) FROM users").fetchone() == (500,)


def test_missing_tables_are_named(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    assert missing_tables(connection, dialect) == list(EXPECTED)
    run(connection, TUTORIAL[:2])
    assert missing_tables(connection, dialect) == ["users", "transport"]
    run(connection, ["CREATE VIEW users AS SELECT source AS email FROM forwardings"])
    assert missing_tables(connection, dialect) == ["transport"]


@pytest.mark.stack
def test_postgresql_answers_for_the_search_path(request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgresql_server")
    database = server.create_database()
    connection = database.connect()
    run(connection, SOUND)
    run(connection, ["CREATE SCHEMA mail", "SET search_path TO mail"])
    assert column_widths(connection, "postgresql") == {}
    run(connection, [TUTORIAL[0]])
    assert column_widths(connection, "postgresql") == {("domains", "domain"): 50}
    run(connection, ["CREATE DOMAIN name AS varchar(77)", "DROP TABLE domains"])
    run(connection, ["CREATE TABLE domains (domain name)"])
    assert column_widths(connection, "postgresql") == {("domains", "domain"): None}
    run(connection, ["DROP TABLE domains", "CREATE TABLE domains (domain mail.name)"])
    assert column_widths(connection, "postgresql") == {("domains", "domain"): 77}
    server.drop_database(database)
