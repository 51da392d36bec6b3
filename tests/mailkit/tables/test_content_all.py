"""Every row of a table is read once, whole, whatever its key."""

from __future__ import annotations

import pytest

from mailkit.tables import read
from mailkit.tables.batches import BATCH
from mailkit.tables.content_all import read_all
from tests.mailkit.tables.base import SOUND, query, run
from tests.servers.databases import Database

MANY = 2 * BATCH + 3
KEYS = ["Anna@a.test", " b@a.test", "é@a.test", "\U0001f600@a.test", "", "%s@a.test"]
FURTHER = {
    "mysql": ["n int DEFAULT 7", "`50%` decimal(9,3) DEFAULT 1.5", "b blob", "at datetime"],
    "postgresql": ["n int DEFAULT 7", '"50%" decimal(9,3) DEFAULT 1.5', "b bytea", "at timestamp"],
    "sqlite": ["n int DEFAULT 7", '"50%" decimal(9,3) DEFAULT 1.5', "b blob", "at datetime"],
}
BLOB = {"mysql": "x'00FF'", "postgresql": "'\\x00ff'::bytea", "sqlite": "x'00FF'"}


def inserted(connection, dialect: str, keys: list[str | None]) -> None:
    cursor = connection.cursor()
    mark = "?" if dialect == "sqlite" else "%s"
    cursor.executemany(
        f"INSERT INTO users (email, password) VALUES ({mark}, 'x')", [(key,) for key in keys]
    )
    connection.commit()
    cursor.close()


def test_by_key_each_once_with_what_somebody_added(any_database: Database) -> None:
    dialect = any_database.dialect
    connection = any_database.connect()
    run(connection, SOUND)
    run(connection, [f"ALTER TABLE users ADD COLUMN {one}" for one in FURTHER[dialect]])
    keys = [*KEYS, *(f"{number:05}@b.test" for number in range(MANY))]
    inserted(connection, dialect, [*keys])
    run(connection, [f"UPDATE users SET b = {BLOB[dialect]}, at = '2024-02-29 01:02:03'"])
    batches = list(read_all(connection, read(connection, dialect), "users"))
    assert max(map(len, batches)) == BATCH
    found = [row for batch in batches for row in batch]
    assert sorted(str(row["email"]) for row in found) == sorted(keys)
    (one,) = (row for row in found if row["email"] == "\U0001f600@a.test")
    assert list(one) == ["email", "password", "n", "50%", "b", "at"]
    blob = "\\x00ff" if dialect == "postgresql" else b"\x00\xff"
    assert (str(one["n"]), float(str(one["50%"])), one["b"]) == ("7", 1.5, blob)
    assert str(one["at"]) == "2024-02-29 01:02:03"


def test_rows_of_one_key_and_of_none_are_all_read(any_database: Database) -> None:
    dialect = any_database.dialect
    connection = any_database.connect()
    run(connection, [*SOUND[:2], *SOUND[3:]])
    run(connection, ["CREATE TABLE users (email varchar(254), password varchar(200))"])
    inserted(connection, dialect, ["a@b", "a@b", None] + ["z@b"] * BATCH)
    found = [
        row for batch in read_all(connection, read(connection, dialect), "users") for row in batch
    ]
    assert len(found) == BATCH + 3
    assert [row["email"] for row in found].count("a@b") == 2
    assert [row["email"] for row in found].count(None) == 1


def test_a_unique_key_may_be_null_any_number_of_times(any_database: Database) -> None:
    dialect = any_database.dialect
    connection = any_database.connect()
    run(connection, [*SOUND[:2], *SOUND[3:]])
    run(connection, ["CREATE TABLE users (email varchar(254) UNIQUE, password varchar(200))"])
    inserted(connection, dialect, [None] * (BATCH + 1) + ["a@b"])
    batches = read_all(connection, read(connection, dialect), "users")
    assert sum(map(len, batches)) == BATCH + 2


def test_a_table_that_is_not_there_is_the_drivers_to_say(any_database: Database) -> None:
    connection = any_database.connect()
    with pytest.raises(Exception, match="users"):
        list(read_all(connection, read(connection, any_database.dialect), "users"))


@pytest.mark.stack
def test_the_session_has_its_time_zone_back(new_database) -> None:
    connection = new_database("mysql").connect()
    run(connection, [*SOUND, "ALTER TABLE users ADD COLUMN at timestamp NULL"])
    run(connection, ["SET time_zone = '+02:00'"])
    run(connection, ["INSERT INTO users VALUES ('a@b', '', '2024-10-27 02:30:00')"])
    ((row,),) = read_all(connection, read(connection, "mysql"), "users")
    assert row["at"] == "2024-10-27 00:30:00"
    assert query(connection, "SELECT @@SESSION.time_zone") == [("+02:00",)]
