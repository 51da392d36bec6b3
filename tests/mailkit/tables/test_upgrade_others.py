"""`upgrade` and what others have added to the tables: columns, views, keys, locks, odd servers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from mailkit.tables import Code, Level, find_rows, judge, plan, read, upgrade
from tests.mailkit.tables.base import HASH_WIDTH, SOUND, TUTORIAL, faults_of, places, query, run
from tests.mailkit.tables.tutorial import Tutorial
from tests.servers.databases import Database

EXTRA_MYSQL = (
    "ALTER TABLE users"
    " ADD COLUMN note varchar(40) CHARACTER SET latin1 DEFAULT 'x' COMMENT 'it''s',"
    " ADD COLUMN born date NOT NULL DEFAULT '2001-01-01', ADD COLUMN photo blob,"
    " ADD COLUMN level enum('a','b') DEFAULT 'b', ADD COLUMN size int CHECK (size < 9),"
    " ADD COLUMN seen timestamp NOT NULL DEFAULT '2020-02-02 02:02:02'",
    "UPDATE users SET note = 'Grüße', photo = x'00ff2700', size = 3",
    "UPDATE users SET born = '0000-00-00', note = NULL WHERE email = 'Mixed@a.test'",
)
EXTRA = (
    "ALTER TABLE users ADD COLUMN note varchar(40) DEFAULT 'x'",
    "UPDATE users SET note = 'Grüße'",
    "UPDATE users SET note = NULL WHERE email = 'Mixed@a.test'",
)


def test_further_columns_keep_their_values_and_definitions(tutorial: Tutorial) -> None:
    if tutorial.dialect == "mysql":
        tutorial.run("SET SESSION sql_mode = ''", *EXTRA_MYSQL)
        columns = ("email", "password", "note", "born", "photo", "level", "size", "seen")
    else:
        tutorial.run(*EXTRA)
        columns = ("email", "password", "note")
    before = tutorial.rows("users", *columns)
    definitions = [line.strip().rstrip(",") for line in _definition(tutorial) if "note" in line]
    upgrade(tutorial.connection, tutorial.dialect, HASH_WIDTH)
    assert tutorial.rows("users", *columns) == before
    after = [line.strip().rstrip(",") for line in _definition(tutorial) if "note" in line]
    assert after == definitions
    tutorial.run("INSERT INTO users (email, password) VALUES ('n1@a.test', 'x')")


def _definition(tutorial: Tutorial) -> list[str]:
    return [line for row in tutorial.definitions() for line in str(row).split("\\n")]


@pytest.mark.stack
def test_mariadb_keeps_defaults_comments_checks_charset_and_collation(maria: Database) -> None:
    connection = maria.connect()
    run(connection, TUTORIAL)
    run(
        connection,
        (
            "DROP TABLE users",
            "CREATE TABLE users (email varchar(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL"
            " DEFAULT '' COMMENT 'the, ''key''', password varchar(20) COLLATE latin1_german2_ci"
            " INVISIBLE DEFAULT 'none' CHECK (password <> 'x'), PRIMARY KEY (email))"
            " ENGINE=MyISAM COMMENT='people' CHARSET=latin1",
        ),
    )
    upgrade(connection, "mysql", HASH_WIDTH)
    made = str(query(connection, "SHOW CREATE TABLE users")[0][1])
    assert "`email` varchar(255) CHARACTER SET ascii COLLATE ascii_bin" in made
    assert "NOT NULL DEFAULT '' COMMENT 'the, ''key'''" in made
    assert "`password` varchar(255) CHARACTER SET latin1 COLLATE latin1_german2_ci" in made
    assert "INVISIBLE DEFAULT 'none' CHECK (`password` <> 'x')" in made
    assert "ENGINE=InnoDB DEFAULT CHARSET=latin1" in made
    assert "COMMENT='people'" in made
    assert "ROW_FORMAT=DYNAMIC" in made


@pytest.mark.stack
def test_joins_with_tables_of_others_go_on_working(maria: Database) -> None:
    """A changed collation would end in error 1267."""
    connection = maria.connect()
    run(connection, [f"{sql} ENGINE=MyISAM CHARSET=latin1" for sql in TUTORIAL])
    run(
        connection,
        (
            "CREATE TABLE mail_quota (email varchar(80) PRIMARY KEY, bytes int) CHARSET=latin1",
            "INSERT INTO users VALUES ('a@a.test', 'x')",
            "INSERT INTO mail_quota VALUES ('a@a.test', 7)",
        ),
    )
    join = "SELECT q.bytes FROM users u LEFT JOIN mail_quota q ON q.email = u.email"
    upgrade(connection, "mysql", HASH_WIDTH)
    assert query(connection, join) == [(7,)]


@pytest.mark.stack
def test_the_collation_can_be_changed_by_hand_as_documented(maria: Database) -> None:
    text = Path(settings.BASE_DIR, "docs", "tables.md").read_text(encoding="utf-8")
    (alter,) = re.findall(r"^    (ALTER TABLE users CONVERT TO .*;)$", text, re.MULTILINE)
    connection = maria.connect()
    run(connection, [f"{sql} ENGINE=MyISAM CHARSET=latin1" for sql in TUTORIAL])
    upgrade(connection, "mysql", HASH_WIDTH)
    run(connection, [alter])
    found = places(judge(read(connection, "mysql"), HASH_WIDTH))
    assert {code for code, table, _ in found if table == "users"} == set()
    assert plan(read(connection, "mysql"), HASH_WIDTH) == []


@pytest.mark.stack
def test_bytes_become_text_that_compares_the_same(maria: Database) -> None:
    connection = maria.connect()
    run(connection, TUTORIAL)
    run(
        connection,
        (
            "ALTER TABLE users MODIFY email varbinary(80) NOT NULL, MODIFY password blob",
            "INSERT INTO users VALUES ('A@a.test', 'x'), ('a@a.test', 'ä'), ('a@a.test ', 'z')",
        ),
    )
    facts = read(connection, "mysql")
    assert (Code.ROW_CAPITALS_DEAD, "users", "email") in places(
        find_rows(connection, "mysql", facts)
    )
    upgrade(connection, "mysql", HASH_WIDTH)
    assert faults_of(connection, "mysql") == []
    rows = query(connection, "SELECT email, password FROM users ORDER BY email")
    assert rows == [("A@a.test", "x"), ("a@a.test", "ä"), ("a@a.test ", "z")]


@pytest.mark.stack
@pytest.mark.parametrize("destination", ["varchar(100)", "tinytext", "blob"])
def test_a_destination_becomes_text(maria: Database, destination: str) -> None:
    connection = maria.connect()
    run(connection, TUTORIAL)
    run(
        connection,
        (
            f"ALTER TABLE forwardings MODIFY destination {destination}",
            "INSERT INTO forwardings VALUES ('a@a.test', 'b@a.test, c@a.test')",
        ),
    )
    upgrade(connection, "mysql", HASH_WIDTH)
    assert faults_of(connection, "mysql") == []
    assert query(connection, "SELECT * FROM forwardings") == [("a@a.test", "b@a.test, c@a.test")]


@pytest.mark.stack
def test_the_session_gets_its_settings_back(maria: Database) -> None:
    connection = maria.connect(sql_mode="ANSI_QUOTES")
    run(connection, TUTORIAL)
    ask = "SELECT @@SESSION.sql_mode, @@SESSION.lock_wait_timeout"
    before = query(connection, ask)
    upgrade(connection, "mysql", HASH_WIDTH)
    assert query(connection, ask) == before
    assert faults_of(connection, "mysql") == []


def test_a_missing_key_is_made_unless_there_are_duplicates(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, SOUND)
    run(
        connection,
        (
            "DROP TABLE users",
            "CREATE TABLE users (email varchar(80) NOT NULL, password varchar(20))",
            "INSERT INTO users VALUES ('a@a.test', 'x'), ('a@a.test', 'y')",
        ),
    )
    upgrade(connection, dialect, HASH_WIDTH)
    assert faults_of(connection, dialect) == [Code.KEY_DUPLICATES]
    assert query(connection, "SELECT COUNT(*) FROM users") == [(2,)]
    run(connection, ["DELETE FROM users WHERE password = 'y'"])
    upgrade(connection, dialect, HASH_WIDTH)
    assert faults_of(connection, dialect) == []
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        run(connection, ["INSERT INTO users VALUES ('a@a.test', 'z')"])


def test_null_keys_stay_null(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, SOUND)
    run(
        connection,
        (
            "DROP TABLE users",
            "CREATE TABLE users (email varchar(80), password varchar(20))",
            "INSERT INTO users VALUES (NULL, 'x'), (NULL, 'y'), ('a@a.test', NULL)",
        ),
    )
    found = find_rows(connection, dialect, read(connection, dialect))
    empty = [one for one in found if one.code is Code.ROW_EMPTY_KEY]
    assert [(one.key, one.count) for one in empty] == [(None, 2), (None, 2)]
    upgrade(connection, dialect, HASH_WIDTH)
    assert faults_of(connection, dialect) == []
    assert query(connection, "SELECT COUNT(*) FROM users WHERE email IS NULL") == [(2,)]
    # And once more by the key that is there now.
    again = find_rows(connection, dialect, read(connection, dialect))
    assert [one.count for one in again if one.code is Code.ROW_EMPTY_KEY] == [2, 2]


@pytest.mark.parametrize("table", ["users", "forwardings", "transport"])
def test_a_missing_column_is_made(any_database: Database, table: str) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, SOUND)
    column = {"users": "password", "forwardings": "destination", "transport": "transport"}[table]
    run(connection, [f"ALTER TABLE {table} DROP COLUMN {column}"])
    upgrade(connection, dialect, HASH_WIDTH)
    assert faults_of(connection, dialect) == []


def test_views_in_place_of_tables_are_left_alone(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, TUTORIAL)
    run(connection, ["INSERT INTO users VALUES ('Mixed@a.test', 'x')"])
    for name in ("domains", "forwardings", "users", "transport"):
        run(connection, [f"ALTER TABLE {name} RENAME TO real_{name}"])
        run(connection, [f"CREATE VIEW {name} AS SELECT * FROM real_{name}"])
    facts = read(connection, dialect)
    assert plan(facts, HASH_WIDTH) == []
    assert upgrade(connection, dialect, HASH_WIDTH) == []
    assert Code.TABLE_VIEW in {one.code for one in judge(facts, HASH_WIDTH)}
    assert "Mixed@a.test" in {one.key for one in find_rows(connection, dialect, facts)}


@pytest.mark.stack
def test_a_view_on_a_column_holds_back_that_column_only(postgres: Database) -> None:
    connection = postgres.connect()
    run(connection, TUTORIAL)
    run(connection, ["CREATE VIEW who AS SELECT email FROM users"])
    upgrade(connection, "postgresql", HASH_WIDTH)
    left = [one for one in judge(read(connection, "postgresql"), HASH_WIDTH)
            if one.level is Level.FAULT]  # fmt: skip
    assert [(one.code, one.table, one.column) for one in left] == [
        (Code.COLUMN_NARROW, "users", "email")
    ]
    assert left[0].params["views"] == ["who"]
    run(connection, ["DROP VIEW who"])
    upgrade(connection, "postgresql", HASH_WIDTH)
    assert faults_of(connection, "postgresql") == []


@pytest.mark.stack
def test_postgresql_padded_columns_lose_their_blanks(postgres: Database) -> None:
    connection = postgres.connect()
    run(connection, TUTORIAL)
    run(
        connection,
        (
            "ALTER TABLE users ALTER email TYPE char(80)",
            "INSERT INTO users VALUES ('a@a.test', 'x')",
        ),
    )
    upgrade(connection, "postgresql", HASH_WIDTH)
    assert faults_of(connection, "postgresql") == []
    assert query(connection, "SELECT email FROM users") == [("a@a.test",)]


@pytest.mark.stack
def test_postgresql_keeps_a_collation_of_the_column(postgres: Database) -> None:
    connection = postgres.connect()
    run(connection, TUTORIAL)
    run(connection, ['ALTER TABLE users ALTER email TYPE varchar(80) COLLATE "C"'])
    upgrade(connection, "postgresql", HASH_WIDTH)
    assert read(connection, "postgresql").tables["users"].columns["email"].collation == "C"


@pytest.mark.stack
def test_an_index_left_half_made_is_made_anew(postgres: Database) -> None:
    connection = postgres.connect()
    run(connection, TUTORIAL)
    upgrade(connection, "postgresql", HASH_WIDTH)
    # What an interrupted CREATE INDEX CONCURRENTLY leaves.
    run(
        connection,
        (
            "UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = 'mailadmin_users_domain'::regclass",
        ),
    )
    steps = upgrade(connection, "postgresql", HASH_WIDTH)
    assert [step.sql.split(" ", 1)[0] for step in steps] == ["DROP", "CREATE"]
    assert upgrade(connection, "postgresql", HASH_WIDTH) == []


@pytest.mark.stack
def test_inside_a_transaction_postgresql_builds_indexes_plainly(postgres: Database) -> None:
    run(postgres.connect(), TUTORIAL)
    connection = postgres.connect(autocommit=False)
    steps = upgrade(connection, "postgresql", HASH_WIDTH)
    assert not [step for step in steps if "CONCURRENTLY" in step.sql]
    connection.rollback()
    assert len(upgrade(connection, "postgresql", HASH_WIDTH)) == len(steps)
    connection.commit()
    assert upgrade(connection, "postgresql", HASH_WIDTH) == []


@pytest.mark.stack
def test_citext_keys_are_served_as_they_are(postgres: Database) -> None:
    connection = postgres.connect()
    run(connection, ["CREATE EXTENSION citext"])
    run(connection, [sql.replace("email varchar(80)", "email citext") for sql in TUTORIAL])
    run(connection, ["INSERT INTO users VALUES ('Mixed@a.test', 'x')"])
    upgrade(connection, "postgresql", HASH_WIDTH)
    facts = read(connection, "postgresql")
    assert plan(facts, HASH_WIDTH) == []
    assert facts.tables["users"].domain_index
    assert (Code.ROW_CAPITALS_ALIVE, "users", "email") in places(
        find_rows(connection, "postgresql", facts)
    )
