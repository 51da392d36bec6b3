"""`create` makes the best tables each database can have, and only those that are missing."""

from __future__ import annotations

import pytest

from mailkit.tables import (
    Code,
    Level,
    create,
    create_statements,
    judge,
    missing_tables,
    plan,
    planned_statements,
    read,
    upgrade,
)
from tests.mailkit.tables.base import HASH_WIDTH, TUTORIAL, query, run
from tests.servers.databases import Database, MariaDBServer, PostgreSQLServer

NAMES = ["domains", "forwardings", "users", "transport"]


def test_new_tables_have_nothing_to_mend(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    assert missing_tables(connection, dialect) == NAMES
    planned = planned_statements(connection, dialect)
    assert missing_tables(connection, dialect) == NAMES
    assert create(connection, dialect) == planned
    assert missing_tables(connection, dialect) == []
    facts = read(connection, dialect)
    found = judge(facts, HASH_WIDTH)
    # What is left is true of every table of PostgreSQL and SQLite.
    assert {one.code for one in found} <= {Code.COLLATION_CASE}
    assert plan(facts, HASH_WIDTH) == []
    assert upgrade(connection, dialect, HASH_WIDTH) == []


def test_it_makes_nothing_twice(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    create(connection, dialect)
    run(connection, ["INSERT INTO users VALUES ('a@a.test', 'x')"])
    assert create(connection, dialect) == []
    assert query(connection, "SELECT * FROM users") == [("a@a.test", "x")]


@pytest.mark.parametrize("name", NAMES)
def test_it_makes_only_what_is_missing(any_database: Database, name: str) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, TUTORIAL)
    run(connection, [f"DROP TABLE {name}"])
    made = create(connection, dialect)
    assert made
    assert all(f" {name} " in sql for sql in made)
    assert missing_tables(connection, dialect) == []


def test_the_tutorials_inserts_fit(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    create(connection, dialect)
    run(
        connection,
        (
            "INSERT INTO domains (domain) VALUES ('a.test')",
            "INSERT INTO users (email, password) VALUES ('a@a.test', 'x')",
            "INSERT INTO users VALUES ('b@a.test', 'x')",
            "INSERT INTO forwardings VALUES ('f@a.test', 'a@a.test')",
            "INSERT INTO transport (domain) VALUES ('a.test')",
            "INSERT INTO transport (transport) VALUES (':')",
        ),
    )
    assert query(connection, "SELECT * FROM transport WHERE domain = 'a.test'") == [("a.test", "")]


@pytest.mark.stack
def test_mariadb_gets_a_collation_without_traps(mariadb_server: MariaDBServer) -> None:
    database = mariadb_server.create_database(charset="latin1")
    connection = database.connect()
    create(connection, "mysql")
    for table in read(connection, "mysql").tables.values():
        assert table.key is not None
        comparison = table.key.comparison
        assert comparison.case_sensitive is False
        assert comparison.accent_sensitive is True
        assert comparison.ignores_trailing_blanks is False
        assert (table.engine, table.row_format) == ("InnoDB", "Dynamic")
    mariadb_server.drop_database(database)


@pytest.mark.stack
def test_a_table_beside_others_can_be_joined_with_them(mariadb_server: MariaDBServer) -> None:
    database = mariadb_server.create_database()
    connection = database.connect()
    run(connection, [f"{sql} ENGINE=MyISAM CHARSET=latin1" for sql in TUTORIAL[:3]])
    create(connection, "mysql")
    query(connection, "SELECT * FROM transport t JOIN domains d ON d.domain = t.domain")
    mariadb_server.drop_database(database)


@pytest.mark.stack
@pytest.mark.parametrize(("collation", "wanted"), [("C", False), ("C.UTF-8", True)])
def test_postgresql_gets_the_prefix_index_where_like_needs_it(
    postgresql_server: PostgreSQLServer, collation: str, wanted: bool
) -> None:
    database = postgresql_server.create_database(collation=collation)
    connection = database.connect()
    made = create(connection, "postgresql")
    assert any("varchar_pattern_ops" in sql for sql in made) is wanted
    facts = read(connection, "postgresql")
    assert [one for one in judge(facts, HASH_WIDTH) if one.level is not Level.NOTICE] == []
    assert plan(facts, HASH_WIDTH) == []
    postgresql_server.drop_database(database)


@pytest.mark.parametrize("dialect", ["mysql", "postgresql", "sqlite"])
def test_the_statements_can_be_had_without_a_database(dialect: str) -> None:
    statements = create_statements(dialect)
    assert [sql.split()[2] for sql in statements if sql.startswith("CREATE TABLE")] == NAMES


def test_an_old_mysql_server_gets_no_invisible_column() -> None:
    assert "INVISIBLE" not in "".join(create_statements("mysql", invisible_columns=False))
