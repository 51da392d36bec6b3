"""The quick questions about the tables that every write asks, each on every database."""

from __future__ import annotations

import pytest

from mailkit.tables import case_blind_tables, tables_sorted_by_bytes, unguarded_tables
from tests.mailkit.tables.base import TUTORIAL, run
from tests.servers.databases import Database

BLIND = {
    "sqlite": ("varchar(80)", "varchar(80) COLLATE NOCASE"),
    "postgresql": ("varchar(80)", "citext"),
    "mysql": ("varchar(80)", "varchar(80) COLLATE utf8mb4_general_ci"),
}
TELLING = {"mysql": ("varchar(80)", "varchar(80) COLLATE utf8mb4_bin")}


@pytest.mark.parametrize("blind", [True, False])
def test_which_tables_are_blind_to_case(any_database: Database, blind: bool) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    assert case_blind_tables(connection, dialect) == frozenset()
    if dialect == "postgresql":
        run(connection, ["CREATE EXTENSION citext"])
    words = BLIND[dialect] if blind else TELLING.get(dialect, ("", ""))
    run(connection, [sql.replace(*words) for sql in TUTORIAL if "users" in sql])
    assert case_blind_tables(connection, dialect) == (frozenset({"users"}) if blind else set())


@pytest.mark.parametrize(
    ("words", "dialects", "unguarded"),
    [
        (("", ""), ("sqlite", "mysql", "postgresql"), False),
        ((", PRIMARY KEY (email)", ""), ("sqlite", "mysql", "postgresql"), True),
        (("PRIMARY KEY (email)", "UNIQUE (email)"), ("sqlite", "mysql", "postgresql"), False),
        (("KEY (email)", "KEY (email, password)"), ("sqlite", "mysql", "postgresql"), True),
        (("PRIMARY KEY (email)", "KEY k (email)"), ("mysql",), True),
        (("PRIMARY KEY (email))", "PRIMARY KEY (email)) ENGINE=MyISAM"), ("mysql",), True),
    ],
)
def test_which_tables_do_not_keep_two_writers_apart(
    any_database: Database, words: tuple[str, str], dialects: tuple[str, ...], unguarded: bool
) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    assert unguarded_tables(connection, dialect) == frozenset()
    if dialect not in dialects:
        return
    run(connection, [sql.replace(*words) if "users" in sql else sql for sql in TUTORIAL])
    assert unguarded_tables(connection, dialect) == ({"users"} if unguarded else set())


def test_a_view_keeps_nobody_apart(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, [sql.replace("TABLE users", "TABLE kept") for sql in TUTORIAL])
    run(connection, ["CREATE VIEW users AS SELECT email, password FROM kept"])
    assert unguarded_tables(connection, dialect) == {"users"}


@pytest.mark.parametrize(
    ("key", "by_bytes"),
    [
        ("varchar(80)", True),
        ('varchar(80) COLLATE "C"', True),
        ('varchar(80) COLLATE "und-x-icu"', False),
    ],
)
def test_which_tables_are_sorted_by_bytes(any_database: Database, key: str, by_bytes: bool) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    assert tables_sorted_by_bytes(connection, dialect) == frozenset()
    if dialect != "postgresql":
        key = "varchar(80)"
    run(connection, [sql.replace("varchar(80)", key) for sql in TUTORIAL if "users" in sql])
    wanted = {"users"} if by_bytes and dialect == "postgresql" else set()
    assert tables_sorted_by_bytes(connection, dialect) == wanted
