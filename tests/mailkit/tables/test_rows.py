"""`find_rows` counts every row, names a few, and never holds a whole table in memory."""

from __future__ import annotations

import sqlite3
import tracemalloc

import pytest

from mailkit.tables import Code, find_rows, read
from mailkit.tables.batches import BATCH
from mailkit.tables.rows import _USUAL_KEY
from tests.mailkit.tables.base import SOUND, run
from tests.servers.databases import Database, SQLiteServer

MANY = 2 * BATCH + 37


def insert(database: Database, rows: list[tuple[object, object]]) -> None:
    connection = database.connect(autocommit=False)
    mark = "?" if database.dialect == "sqlite" else "%s"
    connection.cursor().executemany(f"INSERT INTO users VALUES ({mark}, {mark})", rows)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("key", ["PRIMARY KEY", ""], ids=["keyed", "without a key"])
def test_it_names_a_few_and_counts_all(any_database: Database, key: str) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, SOUND)
    run(connection, ["DROP TABLE users"])
    run(connection, [f"CREATE TABLE users (email varchar(254) {key}, password varchar(150))"])
    insert(any_database, [(f"a {number:06}@a.test", "$6$cut") for number in range(MANY)])
    found = find_rows(connection, dialect, read(connection, dialect), limit=3)
    for code in (Code.ROW_BLANKS, Code.ROW_TRUNCATED_HASH, Code.ROW_DOMAIN_MISSING):
        those = [one for one in found if one.code is code]
        assert [one.count for one in those] == [MANY] * 3
        assert len({one.key for one in those}) == 3
    assert {one.code for one in found} == {
        Code.ROW_BLANKS,
        Code.ROW_TRUNCATED_HASH,
        Code.ROW_DOMAIN_MISSING,
    }


def test_every_row_is_looked_at_once_in_any_order_of_the_database(any_database: Database) -> None:
    """Punctuation sorts differently in each collation, and pages go by its order."""
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, SOUND)
    signs = "_.-+~{}!#$%&'*/=?^`|0aZ"
    keys = [f"{a}{b}{c}{d} @a" for a in signs for b in signs for c in signs[:4] for d in "xy"]
    unique = list({key.lower(): key for key in keys}.values())
    assert len(unique) > BATCH
    insert(any_database, [(key, "") for key in unique])
    found = find_rows(connection, dialect, read(connection, dialect), limit=len(unique) + 1)
    seen = [one.key for one in found if one.code is Code.ROW_BLANKS]
    assert sorted(map(str, seen)) == sorted(unique)


@pytest.mark.stack
@pytest.mark.parametrize("charset", ["latin1", "utf8mb3"])
def test_pages_go_by_the_charset_of_the_key(request: pytest.FixtureRequest, charset: str) -> None:
    server = request.getfixturevalue("mariadb_server")
    database = server.create_database(charset=charset)
    connection = database.connect()
    run(connection, SOUND)
    insert(database, [(f"ßé€ {number:05}@ü.test", "") for number in range(BATCH + 5)])
    found = find_rows(connection, "mysql", read(connection, "mysql"))
    assert {one.count for one in found if one.code is Code.ROW_NON_ASCII} == {BATCH + 5}
    server.drop_database(database)


def test_memory_stays_bounded(sqlite_server: SQLiteServer) -> None:
    database = sqlite_server.create_database()
    connection = database.connect()
    run(connection, SOUND)
    insert(database, [(f"a {number:06}@a.test", "x" * 200) for number in range(60_000)])
    facts = read(connection, "sqlite")
    tracemalloc.start()
    try:
        find_rows(connection, "sqlite", facts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The rows themselves are 13 MB.
    assert peak < 3_000_000


def test_sqlite_text_that_is_not_utf8_and_keys_of_other_types(sqlite_server: SQLiteServer) -> None:
    database = sqlite_server.create_database()
    connection = database.connect()
    run(
        connection,
        (
            *SOUND[:2],
            "CREATE TABLE users (email PRIMARY KEY, password)",
            "INSERT INTO users VALUES (CAST(x'e9406120' AS TEXT), CAST(x'ff' AS TEXT))",
            "INSERT INTO users VALUES (7, 7), (x'41', NULL), (1.5, ''), (NULL, 'x'), (NULL, 'y')",
        ),
    )
    found = find_rows(connection, "sqlite", read(connection, "sqlite"))
    keys = {(one.code, one.key) for one in found}
    assert (Code.ROW_NON_ASCII, "\ufffd@a ") in keys
    assert (Code.ROW_CAPITALS_DEAD, "A") in keys
    assert (Code.ROW_NO_DOMAIN_PART, "7") in keys
    assert (Code.ROW_EMPTY_KEY, None) in keys
    assert connection.text_factory is str


@pytest.mark.parametrize("options", ["WITHOUT ROWID", "STRICT", "STRICT, WITHOUT ROWID"])
def test_sqlite_tables_of_every_make(sqlite_server: SQLiteServer, options: str) -> None:
    database = sqlite_server.create_database()
    connection = database.connect()
    run(
        connection,
        (*SOUND[:2], f"CREATE TABLE users (email text PRIMARY KEY, password text) {options}"),
    )
    insert(database, [(f"A{number}@a.test", "") for number in range(MANY)])
    found = find_rows(connection, "sqlite", read(connection, "sqlite"))
    assert {one.count for one in found if one.code is Code.ROW_CAPITALS_DEAD} == {MANY}


def test_a_column_named_like_the_row_number(sqlite_server: SQLiteServer) -> None:
    connection = sqlite_server.create_database().connect()
    run(
        connection,
        (
            *SOUND[:2],
            "CREATE TABLE users (email text PRIMARY KEY, password text, rowid text)",
            "INSERT INTO users VALUES ('A@a.test', '', 'x'), ('B@a.test', '', 'x')",
        ),
    )
    found = find_rows(connection, "sqlite", read(connection, "sqlite"))
    assert {one.count for one in found if one.code is Code.ROW_CAPITALS_DEAD} == {2}


@pytest.mark.parametrize("key", ["A@a", "a b@a", "é@a", "@a", "a@", "a", "", "a@b@c", "a\n@a"])
def test_the_glance_at_a_key_takes_usual_ones_only(key: str) -> None:
    assert not _USUAL_KEY.fullmatch(key)


def test_it_does_not_write(sqlite_server: SQLiteServer) -> None:
    database = sqlite_server.create_database()
    run(database.connect(), SOUND)
    connection = sqlite3.connect(f"file:{database.name}?mode=ro", uri=True)
    find_rows(connection, "sqlite", read(connection, "sqlite"))
