"""Whole rows, further columns included, come back byte for byte after they were kept as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailkit.tables import content as rows
from tests.mailkit.tables.base import SOUND, query, run
from tests.servers.databases import Database

# (type, [SQL of a value]) of a further column; a value must be read back as it was.
MYSQL = [
    ("varchar(30) CHARACTER SET latin1", ["'ünïcode'", "''", "NULL", "'trailing  '", "'Ã¼'"]),
    ("varchar(30) CHARACTER SET utf8mb4", ["'☃ 𝄞'", "'it''s \"quoted\" \\\\ %s'", "'a\\nb\\0c'"]),
    ("char(5)", ["'ab'"]),
    ("longtext", ["REPEAT('é', 70000)"]),
    ("varbinary(20)", ["x'00FF27225C0A'", "x''"]),
    ("blob", ["x'C328DEADBEEF'", "NULL"]),
    ("bit(10)", ["b'1000000001'", "b'0'"]),
    ("int unsigned", ["4294967295"]),
    ("bigint", ["-9223372036854775808"]),
    ("decimal(30,10)", ["12345678901234567890.0123456789", "-0.0000000001"]),
    ("float", ["0.1", "3.4028234e38", "16777217", "1e-20"]),
    ("double", ["0.1", "1.7976931348623157e308", "5e-324", "0.30000000000000004"]),
    ("date", ["'2024-02-29'", "'0000-00-00'"]),
    ("datetime(6)", ["'2024-02-29 23:59:59.000001'", "'0000-00-00 00:00:00'"]),
    ("timestamp(3) NULL", ["FROM_UNIXTIME(1729988999.125)", "FROM_UNIXTIME(1729992599.125)"]),
    ("time(6)", ["'-838:59:58.000001'", "'12:00:00'"]),
    ("year", ["2024"]),
    ("enum('a','ü')", ["'ü'", "NULL"]),
    ("set('a','b','c')", ["'a,c'", "''"]),
    ("json", ['\'{"a": [1, 2.50, "ü"]}\'']),
    ("inet6", ["'2001:db8::1'"]),
    ("uuid", ["'123e4567-e89b-12d3-a456-426655440000'"]),
    ("point", ["ST_GeomFromText('POINT(1 2.5)')", "NULL"]),
]
POSTGRESQL = [
    ("text", ["'it''s \"quoted\" \\ %s'", "E'a\\nb'", "'☃ 𝄞'", "''", "NULL"]),
    ("varchar(30)", ["'trailing  '"]),
    ("char(5)", ["'ab'"]),
    ("bytea", ["'\\x00ff27225c0a'", "''"]),
    ("boolean", ["true", "false", "NULL"]),
    ("integer", ["-2147483648"]),
    ("numeric", ["12345678901234567890.0123456789", "'NaN'", "1.10"]),
    ("numeric(12,2)", ["1.10"]),
    ("real", ["0.1", "'3.4028235e38'", "'-Infinity'"]),
    ("double precision", ["0.1", "0.30000000000000004", "'1.7976931348623157e308'"]),
    ("date", ["'2024-02-29'", "'infinity'"]),
    ("timestamp", ["'2024-02-29 23:59:59.000001'"]),
    ("timestamptz", ["'2024-10-27 02:30:00+02'", "'2024-10-27 02:30:00+01'"]),
    ("interval", ["'1 year 2 days 03:04:05.000006'"]),
    ("uuid", ["'123e4567-e89b-12d3-a456-426655440000'"]),
    ("json", ['\'{"b":1,  "a":[1, 2.50]}\'']),
    ("jsonb", ['\'{"b":1,"a":[1, 2.50]}\'']),
    ("text[]", ["ARRAY['a', NULL, 'it''s, \"x\"']"]),
    ("int[]", ["'{{1,2},{3,4}}'"]),
    ("inet", ["'192.0.2.1/24'"]),
    ("bit(5)", ["B'10101'"]),
    ("bit varying(9)", ["B'1'"]),
    ("int4range", ["'[1,5)'"]),
    ("point", ["'(1,2.5)'"]),
    ("xml", ["'<a>ü</a>'"]),
    ("mood", ["'ü'"]),
    ("short", ["'abc'"]),
]
SQLITE = [
    ("text", ["'it''s \"quoted\" ?'", "'☃ 𝄞'", "'a' || char(0) || 'b'", "''", "NULL"]),
    ("text", ["CAST(x'C328FF' AS TEXT)", "x'00FF27'"]),
    ("integer", ["9223372036854775807", "-1", "'no number'"]),
    ("real", ["0.1", "1", "1e308 * 10", "-1e308 * 10"]),
    ("blob", ["x''", "x'C328DEADBEEF'", "'text'", "5", "1.5"]),
    ("", ["5", "5.0", "'5'", "x'35'"]),
    ("numeric", ["'1.10'", "1e20", "'abc'"]),
    ("date", ["'2024-02-29'", "'no date'", "5"]),
    ("timestamp", ["'2024-02-29 23:59:59'", "'x'"]),
    ("boolean", ["1", "'t'"]),
]
TYPES = {"mysql": MYSQL, "postgresql": POSTGRESQL, "sqlite": SQLITE}
# What tells two values apart that look alike.
FINGERPRINT = {
    "mysql": "HEX(further), further IS NULL",
    "postgresql": "further::text, further IS NULL, pg_column_size(further)",
    "sqlite": "typeof(further), hex(further), CASE typeof(further) WHEN 'real' THEN further END",
}
EXTRA = {
    "mysql": [],
    "postgresql": ["CREATE TYPE mood AS ENUM ('a', 'ü')", "CREATE DOMAIN short AS varchar(3)"],
    "sqlite": [],
}


def kept(row: rows.Row) -> dict[str, Any]:
    """The row after a stay in JSON."""
    return rows.unpack(json.loads(json.dumps(rows.pack(row))))


def test_a_value_of_any_type_comes_back_byte_for_byte(any_database: Database) -> None:
    dialect = any_database.dialect
    connection = any_database.connect(sql_mode="STRICT_ALL_TABLES")
    run(connection, [*SOUND, *EXTRA[dialect]])
    for type_, values in TYPES[dialect]:
        run(connection, [f"ALTER TABLE users ADD COLUMN further {type_}"])
        for value in values:
            run(connection, [f"INSERT INTO users (email, further) VALUES ('a@b', {value})"])
            before = query(connection, f"SELECT {FINGERPRINT[dialect]} FROM users")
            table = rows.content(connection, dialect, "users")
            (row,) = rows.read(connection, table, ["a@b"])
            rows.delete(connection, table, ["a@b"])
            assert query(connection, "SELECT email FROM users") == []
            rows.insert(connection, table, [kept(row)])
            after = query(connection, f"SELECT {FINGERPRINT[dialect]} FROM users")
            assert after == before, (type_, value)
            assert rows.read(connection, table, ["a@b"]) == [row]
            # The same by UPDATE.
            run(connection, ["UPDATE users SET further = NULL"])
            rows.update(connection, table, "a@b", {"further": kept(row)["further"]})
            assert query(connection, f"SELECT {FINGERPRINT[dialect]} FROM users") == before
            rows.delete(connection, table, ["a@b"])
        run(connection, ["ALTER TABLE users DROP COLUMN further"])


@pytest.mark.stack
def test_a_timestamp_is_kept_in_utc_and_the_session_has_its_time_zone_back(new_database) -> None:
    connection = new_database("mysql").connect()
    run(connection, [*SOUND, "ALTER TABLE users ADD COLUMN at timestamp NULL"])
    run(connection, ["SET time_zone = '+02:00'"])
    run(connection, ["INSERT INTO users VALUES ('a@b', '', '2024-10-27 02:30:00')"])
    table = rows.content(connection, "mysql", "users")
    assert rows.read(connection, table, ["a@b"])[0]["at"] == "2024-10-27 00:30:00"
    assert query(connection, "SELECT @@SESSION.time_zone") == [("+02:00",)]


@pytest.mark.parametrize(
    ("dialect", "column"),
    [
        pytest.param(
            "mysql",
            "c varchar(90) AS (CONCAT(email, 'x')) VIRTUAL INVISIBLE",
            marks=pytest.mark.stack,
        ),
        pytest.param("mysql", "c int AS (LENGTH(email)) STORED", marks=pytest.mark.stack),
        pytest.param(
            "postgresql",
            "c text GENERATED ALWAYS AS (email || 'x') STORED",
            marks=pytest.mark.stack,
        ),
        ("sqlite", "c text AS (email || 'x') VIRTUAL"),
    ],
)
def test_what_the_database_computes_is_left_out(new_database, dialect: str, column: str) -> None:
    connection = new_database(dialect).connect()
    run(connection, [*SOUND, f"ALTER TABLE users ADD COLUMN {column}"])
    run(connection, ["INSERT INTO users (email, password) VALUES ('a@b', 'x')"])
    table = rows.content(connection, dialect, "users")
    (row,) = rows.read(connection, table, ["a@b"])
    assert row == {"email": "a@b", "password": "x"}
    rows.delete(connection, table, ["a@b"])
    rows.insert(connection, table, [row])
    assert rows.read(connection, table, ["a@b"]) == [row]


@pytest.mark.stack
def test_an_invisible_column_that_holds_data_is_kept(new_database) -> None:
    connection = new_database("mysql").connect()
    run(connection, [*SOUND, "ALTER TABLE users ADD COLUMN note varchar(9) INVISIBLE"])
    run(connection, ["INSERT INTO users (email, password, note) VALUES ('a@b', 'x', 'n')"])
    table = rows.content(connection, "mysql", "users")
    assert rows.read(connection, table, ["a@b"])[0]["note"] == "n"


@pytest.mark.stack
@pytest.mark.parametrize("kind", ["ALWAYS", "BY DEFAULT"])
def test_an_identity_keeps_its_number(new_database, kind: str) -> None:
    connection = new_database("postgresql").connect()
    run(connection, [*SOUND, f"ALTER TABLE users ADD COLUMN id int GENERATED {kind} AS IDENTITY"])
    run(connection, [f"INSERT INTO users (email, password) VALUES ('{n}@b', '')" for n in range(3)])
    table = rows.content(connection, "postgresql", "users")
    (row,) = rows.read(connection, table, ["1@b"])
    rows.delete(connection, table, ["1@b"])
    rows.insert(connection, table, [row])
    assert rows.read(connection, table, ["1@b"]) == [row]
    assert row["id"] == "2"


# (collation of the key, stored keys, asked, found)
COLLATIONS = [
    ("mysql", "utf8mb4_uca1400_nopad_as_ci", ["anna@b"], "anna@b", ["anna@b"]),
    ("mysql", "utf8mb4_uca1400_nopad_as_ci", ["anna@b"], "Anna@b", []),
    ("mysql", "utf8mb3_bin", ["anna@b", "Anna@b"], "Anna@b", ["Anna@b"]),
    ("mysql", "utf8mb4_general_ci", ["anna@b"], "ANNA@b", []),
    ("mysql", "utf8mb4_general_ci", ["ännä@b"], "anna@b", []),
    ("mysql", "utf8mb4_general_ci", ["anna@b "], "anna@b", []),
    ("mysql", "utf8mb4_general_ci", ["ännä@b"], "ännä@b", ["ännä@b"]),
    ("mysql", "latin1_swedish_ci", ["ännä@b"], "ännä@b", ["ännä@b"]),
    ("mysql", "latin1_swedish_ci", ["ännä@b"], "Ännä@b", []),
    ("mysql", "latin1_swedish_ci", ["anna@b"], "☃@b", []),
    ("postgresql", '"und-x-icu"', ["anna@b", "Anna@b"], "Anna@b", ["Anna@b"]),
    ("postgresql", "blind", ["anna@b"], "ANNA@b", []),
    ("postgresql", "blind", ["ANNA@b"], "ANNA@b", ["ANNA@b"]),
    ("sqlite", "NOCASE", ["anna@b"], "ANNA@b", []),
    ("sqlite", "RTRIM", ["anna@b"], "anna@b ", []),
    ("sqlite", "BINARY", ["anna@b", "ANNA@b"], "ANNA@b", ["ANNA@b"]),
]


@pytest.mark.parametrize(
    ("dialect", "collation", "stored", "asked", "found"),
    [
        pytest.param(*case, marks=() if case[0] == "sqlite" else pytest.mark.stack)
        for case in COLLATIONS
    ],
)
def test_a_key_is_matched_exactly_whatever_the_collation(
    new_database, dialect: str, collation: str, stored: list[str], asked: str, found: list[str]
) -> None:
    connection = new_database(dialect).connect()
    if collation == "blind":
        run(
            connection,
            [
                "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level1',"
                " deterministic = false)"
            ],
        )
    charset = f"CHARACTER SET {collation.split('_', maxsplit=1)[0]}" if dialect == "mysql" else ""
    run(
        connection,
        [
            f"CREATE TABLE users (email varchar(80) {charset} COLLATE {collation} PRIMARY KEY,"
            " password text)"
        ],
    )
    table = rows.content(connection, dialect, "users")
    rows.insert(connection, table, [{"email": key, "password": ""} for key in stored])
    assert [row["email"] for row in rows.read(connection, table, [asked])] == found
    rows.update(connection, table, asked, {"password": "hit"})
    hit = query(connection, "SELECT email FROM users WHERE password = 'hit'")
    assert [row[0] for row in hit] == found
    rows.delete(connection, table, [asked])
    left = sorted(row[0] for row in query(connection, "SELECT email FROM users"))
    assert left == sorted(set(stored) - set(found))


def test_read_like_finds_what_a_unique_index_would_not_let_in(any_database: Database) -> None:
    dialect, connection = any_database.dialect, any_database.connect()
    run(connection, SOUND)
    table = rows.content(connection, dialect, "domains")
    rows.insert(connection, table, [{"domain": "A.test"}])
    alike = rows.read_like(connection, table, ["a.test"])
    assert [row["domain"] for row in alike] == (["A.test"] if dialect == "mysql" else [])
    assert rows.read(connection, table, ["a.test"]) == []


def test_many_rows_of_one_key_and_many_keys(any_database: Database) -> None:
    dialect, connection = any_database.dialect, any_database.connect()
    run(connection, ["CREATE TABLE transport (domain varchar(80), transport varchar(80))"])
    table = rows.content(connection, dialect, "transport")
    twice = [{"domain": "a.test", "transport": value} for value in ("smtp:", "relay:", "smtp:")]
    many = [{"domain": f"d{n}.test", "transport": "x:" * 9} for n in range(1200)]
    rows.insert(connection, table, twice + many)
    found = rows.read(connection, table, ["a.test"])
    assert sorted(str(row["transport"]) for row in found) == ["relay:", "smtp:", "smtp:"]
    keys = [str(row["domain"]) for row in many]
    assert len(rows.read(connection, table, keys, lock=True)) == 1200
    rows.delete(connection, table, keys)
    assert query(connection, "SELECT COUNT(*) FROM transport") == [(3,)]


def test_what_a_row_does_not_name_gets_its_default(any_database: Database) -> None:
    dialect, connection = any_database.dialect, any_database.connect()
    run(connection, [*SOUND, "ALTER TABLE users ADD COLUMN room varchar(9) DEFAULT 'none'"])
    table = rows.content(connection, dialect, "users")
    rows.insert(
        connection,
        table,
        [{"email": "a@b", "password": "x"}, {"email": "c@d", "password": "y", "room": None}],
    )
    assert {row["email"]: row["room"] for row in rows.read(connection, table, ["a@b", "c@d"])} == {
        "a@b": "none",
        "c@d": None,
    }
    with pytest.raises(LookupError, match="gone"):
        rows.insert(connection, table, [{"email": "e@f", "gone": "x"}])


@pytest.mark.parametrize("value", [[1], {"bytes": 5}, {"other": "x"}])
def test_unpack_takes_nothing_that_pack_did_not_make(value: object) -> None:
    with pytest.raises(ValueError, match="not a value"):
        rows.unpack({"email": value})
