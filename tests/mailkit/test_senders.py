"""Who may send as an address: the query on the three databases; tests/stack asks Postfix."""

from __future__ import annotations

import pytest

from mailkit import tables
from mailkit.postfix.senders import MOST_STEPS, senders_query
from mailkit.tables import Dialect
from tests.servers.databases import Database

MAILBOXES = ["anna@a.test", "bert@a.test", "o'brien@a.test", "away@a.test", "tag+box@a.test"]
FORWARDINGS = [
    ("info@a.test", "anna@a.test"),
    ("team@a.test", "anna@a.test, bert@a.test"),
    ("blank@a.test", "anna@a.test bert@a.test"),
    ("lines@a.test", "anna@a.test\nbert@a.test"),
    ("padded@a.test", " Anna@A.test "),
    ("chain@a.test", "info@a.test"),
    ("toteam@a.test", "team@a.test"),
    ("shop@a.test", "anna+shop@a.test"),
    ("taken@a.test", "anna+taken@a.test"),
    ("anna+taken@a.test", "bert@a.test"),
    ("far@a.test", "anna@far.test"),
    ("loop@a.test", "loop2@a.test"),
    ("loop2@a.test", "loop@a.test"),
    ("empty@a.test", ""),
    ("away@a.test", "bert@a.test"),
    ("toaway@a.test", "away@a.test"),
    ("quote@a.test", "o'brien@a.test"),
    ("@b.test", "bert@a.test"),
    ("list@b.test", "anna@a.test, x@far.test"),
    ("@c.test", "@a.test"),
    ("own@c.test", "bert@a.test"),
    *((f"s{n}@a.test", f"s{n + 1}@a.test") for n in range(1, MOST_STEPS + 1)),
    (f"s{MOST_STEPS + 1}@a.test", "anna@a.test"),
]
# (the address, whoever may send as it, but for a name as which nobody can sign in)
CASES = [
    ("anna@a.test", "anna@a.test"),
    ("tag+box@a.test", "tag+box@a.test"),
    ("o'brien@a.test", "o'brien@a.test"),
    ("info@a.test", "anna@a.test"),
    ("padded@a.test", "anna@a.test"),
    ("chain@a.test", "anna@a.test"),
    ("shop@a.test", "anna@a.test"),
    ("taken@a.test", "bert@a.test"),
    ("quote@a.test", "o'brien@a.test"),
    # A mailbox belongs to its owner, wherever its mail goes.
    ("away@a.test", "away@a.test"),
    ("toaway@a.test", "away@a.test"),
    ("@b.test", "bert@a.test"),
    ("anna@c.test", "anna@a.test"),
    ("info@c.test", "anna@a.test"),
    ("own@c.test", "bert@a.test"),
    ("s2@a.test", "anna@a.test"),
]
NOBODY = [
    *("team", "blank", "lines", "toteam", "far", "loop", "empty", "s1"),
]
NO_ROW = ["nobody@a.test", "anna+x@a.test", "info+x@a.test", "x@b.test", "@a.test", "anna+x@c.test"]


def owners(database: Database, address: str, query: str | None = None) -> set[str]:
    """What Postfix gets for an address, which it quotes."""
    query = query or senders_query(Dialect(database.dialect))
    sql = query.replace("%s", address.replace("'", "''")).replace("%%", "%")
    connection = database.connect()
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}
    finally:
        connection.close()


def fill(database: Database) -> None:
    for email in MAILBOXES:
        database.execute("INSERT INTO users (email, password) VALUES (%s, 'x')", (email,))
    for row in FORWARDINGS:
        database.execute("INSERT INTO forwardings (source, destination) VALUES (%s, %s)", row)


def test_who_may_send_as_whom(any_database: Database):
    connection = any_database.connect()
    tables.create(connection, any_database.dialect)
    connection.close()
    fill(any_database)
    found = {address: owners(any_database, address) for address, _owner in CASES}
    assert {address: names - {address} or {address} for address, names in found.items()} == {
        address: {owner} for address, owner in CASES
    }
    # The catch-all's owner is not asked for these.
    for local in NOBODY:
        assert owners(any_database, f"{local}@a.test") == {f"{local}@a.test"}
    for address in ("list@b.test", "team@c.test"):
        assert owners(any_database, address) == {address}
    # These Postfix asks for without the tag, or as @domain.
    for address in NO_ROW:
        assert owners(any_database, address) == set()


def test_sqlite_goes_by_the_keys_in_a_big_table_too(sqlite_server):
    database = sqlite_server.create_database()
    connection = database.connect()
    tables.create(connection, database.dialect)
    fill(database)
    rows = [(f"more{number}@a.test", "x") for number in range(5000)]
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO users (email, password) VALUES (?, ?)", rows)
    connection.executemany("INSERT INTO forwardings VALUES (?, ?)", rows)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    query = senders_query(Dialect.SQLITE).replace("%s", "chain@a.test").replace("%%", "%")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    connection.close()
    assert [
        one for one in plan if "BLOOM" in one or (one.startswith("SCAN") and one != "SCAN way")
    ] == []


@pytest.mark.stack
@pytest.mark.parametrize(
    ("users", "forwardings"),
    [
        ("utf8mb4_unicode_ci", "utf8mb4_general_ci"),
        ("latin1_swedish_ci", "utf8mb4_general_ci"),
        ("utf8mb4_bin", "latin1_swedish_ci"),
    ],
)
def test_tables_of_different_collations(mariadb_server, users: str, forwardings: str):
    database = mariadb_server.create_database()
    columns = {
        "users": ("email varchar(80)", "password varchar(255)", users),
        "forwardings": ("source varchar(80)", "destination text", forwardings),
    }
    for name, (key, other, collation) in columns.items():
        charset = collation.partition("_")[0]
        database.execute(
            f"CREATE TABLE {name} ({key} PRIMARY KEY, {other}) CHARACTER SET {charset}"
            f" COLLATE {collation}"
        )
    fill(database)
    query = senders_query(Dialect.MYSQL, "+", {"users": users, "forwardings": forwardings})
    for address, owner in CASES:
        assert owners(database, address, query) - {address} <= {owner}
        assert owner in owners(database, address, query)
    for table, rows in (("users", 300), ("forwardings", 300)):
        for number in range(rows):
            sql = f"INSERT INTO {table} VALUES (%s, 'x')"
            database.execute(sql, (f"more{number}@a.test",))
    explained = database.execute(
        "EXPLAIN " + query.replace("%s", "chain@a.test").replace("%%", "%")
    )
    # Each step by the key: no row of EXPLAIN reads a table of ours as a whole.
    assert [row for row in explained if row[2] in ("u", "f", "users") and row[3] == "ALL"] == []
