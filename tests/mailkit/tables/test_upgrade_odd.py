"""`upgrade` on tables in use, and under odd names, settings and schemas."""

from __future__ import annotations

import sys

import pytest

from mailkit.tables import Code, find_rows, judge, read, upgrade
from tests.mailkit.tables.base import HASH_WIDTH, SOUND, TUTORIAL, faults_of, places, run
from tests.servers.databases import Database


@pytest.mark.stack
@pytest.mark.parametrize("dialect", ["mysql", "postgresql"])
def test_it_gives_up_when_somebody_holds_a_table(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    """While it waited, every mail lookup would queue behind it."""
    monkeypatch.setattr(sys.modules[upgrade.__module__], "_LOCK_WAIT", 1)
    database = request.getfixturevalue("maria" if dialect == "mysql" else "postgres")
    connection = database.connect()
    run(connection, TUTORIAL)
    other = database.connect(autocommit=False)
    run(other, ["SELECT * FROM users FOR UPDATE"])
    with pytest.raises(Exception, match=r"(?i)lock"):
        upgrade(connection, dialect, HASH_WIDTH)
    other.rollback()
    upgrade(connection, dialect, HASH_WIDTH)
    assert faults_of(connection, dialect) == []


@pytest.mark.stack
def test_postgresql_looks_where_the_search_path_leads(postgres: Database) -> None:
    connection = postgres.connect()
    run(connection, SOUND)
    run(connection, ['CREATE SCHEMA "we\'ird"', 'SET search_path TO "we\'ird", public', *TUTORIAL])
    facts = read(connection, "postgresql")
    assert facts.tables["users"].schema == "we'ird"
    upgrade(connection, "postgresql", HASH_WIDTH)
    assert faults_of(connection, "postgresql") == []
    run(connection, ["SET search_path TO public"])
    assert read(connection, "postgresql").tables["users"].columns["email"].width == 254


@pytest.mark.stack
def test_a_connection_in_another_charset_serves_too(maria: Database) -> None:
    connection = maria.connect()
    connection.set_character_set("latin1")
    run(connection, TUTORIAL)
    found = places(judge(read(connection, "mysql"), HASH_WIDTH))
    assert (Code.COLLATION_ACCENTS, "users", "email") in found
    upgrade(connection, "mysql", HASH_WIDTH)
    assert faults_of(connection, "mysql") == []


@pytest.mark.stack
def test_a_system_versioned_table_is_a_table(maria: Database) -> None:
    connection = maria.connect()
    run(connection, (*TUTORIAL[:3], f"{TUTORIAL[3]} WITH SYSTEM VERSIONING"))
    facts = read(connection, "mysql")
    assert not facts.tables["transport"].is_view
    assert facts.tables["transport"].columns["domain"].width == 128


@pytest.mark.stack
def test_odd_names_beside_the_tables_do_no_harm(maria: Database) -> None:
    weird = "we`i\"rd 'name%s"
    name = weird.replace("`", "``")
    connection = maria.connect()
    run(connection, [f"CREATE DATABASE `{name}`", f"USE `{name}`", *TUTORIAL])
    run(
        connection,
        (
            "ALTER TABLE users ADD COLUMN `od``d, %s \"name\"` varchar(9) DEFAULT 'x'",
            "ALTER TABLE users CHANGE email `Email` varchar(80) NOT NULL",
            "CREATE TABLE `use``rs` (a int)",
        ),
    )
    upgrade(connection, "mysql", HASH_WIDTH)
    assert faults_of(connection, "mysql") == []
    run(connection, [f"DROP DATABASE `{name}`"])


def test_sqlite_tables_with_capitals_in_their_names(sqlite_server: object) -> None:
    database = sqlite_server.create_database()  # type: ignore[attr-defined]
    connection = database.connect()
    run(connection, [sql.replace("users", "Users").replace("email", "EMail") for sql in TUTORIAL])
    run(connection, ["INSERT INTO users VALUES ('Mixed@a.test', 'x')"])
    upgrade(connection, "sqlite", HASH_WIDTH)
    facts = read(connection, "sqlite")
    assert faults_of(connection, "sqlite") == []
    assert facts.tables["users"].domain_index
    assert "Mixed@a.test" in {one.key for one in find_rows(connection, "sqlite", facts)}
