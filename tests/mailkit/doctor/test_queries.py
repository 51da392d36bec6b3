"""Which queries are run, and a key put into them as Postfix and Dovecot do."""

from __future__ import annotations

import sqlite3

import pytest

from mailkit.doctor.database import Panel, QueryError, known_keys, run_query
from mailkit.doctor.queries import (
    NotRunError,
    expand_dovecot,
    expand_postfix,
    refuse_dangerous,
    tables_of,
)
from mailkit.postfix.lookups import LOOKUPS
from mailkit.tables import Dialect
from tests.mailkit.doctor.healthy import World

KEY = "o.l@mail.a.test"


@pytest.mark.parametrize(
    ("query", "key", "sql"),
    [
        ("'%s'", KEY, "'o.l@mail.a.test'"),
        ("'%S'", KEY, "'o.l@mail.a.test'"),
        ("'%u' '%d'", KEY, "'o.l' 'mail.a.test'"),
        ("'%u'", "a.test", "'a.test'"),
        # Without a domain in the key the query is not sent.
        ("'%d'", "a.test", None),
        ("'%1' '%2' '%3'", KEY, "'test' 'a' 'mail'"),
        ("'%4'", KEY, None),
        ("LIKE '%%'", KEY, "LIKE '%'"),
        ("'%s'", "o'brien@a.test", "'o''brien@a.test'"),
    ],
)
def test_a_key_in_a_lookup_of_postfix(query: str, key: str, sql: str | None) -> None:
    assert expand_postfix(query, key) == sql


@pytest.mark.parametrize("query", ["'%x'", "'%0'"])
def test_what_postfix_does_not_expand(query: str) -> None:
    with pytest.raises(NotRunError):
        expand_postfix(query, KEY)


@pytest.mark.parametrize(
    ("query", "sql"),
    [
        ("'%u' '%n' '%d'", "'Anna@A.test' 'Anna' 'A.test'"),
        ("'%Lu' '%Ln' '%Ld' '%Un'", "'anna@a.test' 'anna' 'a.test' 'ANNA'"),
        ("'%{user}' '%{username}' '%{domain}'", "'Anna@A.test' 'Anna' 'A.test'"),
        ("'%{user | lower}'", "'anna@a.test'"),
        ("'%{user|username|upper}'", "'ANNA'"),
        ("'%{user | domain | lower}'", "'a.test'"),
        ("'%%'", "'%'"),
        ("'%s'", "'imap'"),
    ],
)
def test_a_user_in_a_query_of_dovecot(query: str, sql: str) -> None:
    assert expand_dovecot(query, "Anna@A.test") == sql


@pytest.mark.parametrize("query", ["'%w'", "'%{password}'", "'%{user | md5}'", "'%{env:HOME}'"])
def test_what_is_not_known_of_a_sign_in(query: str) -> None:
    with pytest.raises(NotRunError):
        expand_dovecot(query, "anna@a.test")


SAFE = [
    *(query for lookup in LOOKUPS for query in lookup.queries.values()),
    "select a from b;",
    "SELECT CONCAT(a,'; DROP TABLE users') FROM b WHERE c='%s' AND d IN (1, 2)",
    "SELECT a FROM b WHERE EXISTS (SELECT 1 FROM c) UNION (SELECT 2)",
    "SELECT \"a\" FROM `b` WHERE c='it''s'",
]
DANGEROUS = [
    "",
    "DELETE FROM users",
    "SELECT 1; DELETE FROM users",
    "SELECT a INTO OUTFILE '/tmp/x' FROM users",
    "SELECT a FROM users FOR UPDATE",
    "SELECT a FROM users LOCK IN SHARE MODE",
    "SELECT SLEEP(100)",
    "SELECT pg_sleep (100)",
    "SELECT pg_catalog.pg_read_file('/etc/passwd')",
    "SELECT load_file('/etc/passwd')",
    'SELECT "pg_sleep"(100)',
    "SELECT `sleep` (100)",
    "SELECT 1 -- x",
    "SELECT 1 /*! INTO OUTFILE '/x' */",
    "SELECT 1 # x",
    "SELECT $$x$$",
    "SELECT '\\' OR sleep(9) OR '1'",
    "SELECT E'\\' , pg_sleep(9)--'",
    "SELECT @a := 1",
    "SELECT @@version",
    "SELECT 'open",
    "WITH x AS (DELETE FROM users RETURNING *) SELECT * FROM x",
    "SELECT * FROM (DELETE FROM users) x",
    "WITH sleep (a) AS (SELECT 1) SELECT sleep(9) FROM sleep",
    "WITH x AS (SELECT pg_sleep(9)) SELECT 1",
    "PRAGMA query_only = 0",
    "ATTACH '/x' AS y",
]


@pytest.mark.parametrize("query", SAFE)
def test_plain_queries_are_run(query: str) -> None:
    refuse_dangerous(query)
    assert tables_of(query)


@pytest.mark.parametrize("query", DANGEROUS)
def test_nothing_else_is_run(query: str) -> None:
    with pytest.raises(NotRunError):
        refuse_dangerous(query)


def test_a_query_can_only_read_and_not_for_ever(tmp_path, monkeypatch) -> None:
    world = World(tmp_path / "mail.db")
    panel = Panel(world.connection, Dialect.SQLITE, str(world.path))
    with pytest.raises(QueryError, match="readonly"):
        run_query(panel, "DELETE FROM users")
    monkeypatch.setattr("mailkit.doctor.database.SECONDS", 0)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(QueryError, match="interrupted"):
        run_query(panel, endless)
    # Afterwards it is as it was.
    world.sql("DELETE FROM users")


def test_the_keys_are_each_one_table_s_own(tmp_path) -> None:
    world = World(tmp_path / "mail.db")
    world.sql(
        "DELETE FROM forwardings",
        "DELETE FROM users",
        # Both a mailbox and forwarded, with a capital, empty: none of these will do.
        *(
            f"INSERT INTO users (email, password) VALUES ('{email}', '')"
            for email in ("a@a.test", "B@a.test", "o''b@a.test", "z@a.test")
        ),
        "INSERT INTO forwardings VALUES ('a@a.test', 'x'), ('c@a.test', ''), ('d@a.test', 'y')",
    )
    panel = Panel(world.connection, Dialect.SQLITE, str(world.path))
    found = known_keys(panel)
    assert (found["users"], found["forwardings"]) == ("z@a.test", "d@a.test")
    world.connection.close()
    empty = Panel(sqlite3.connect(":memory:"), Dialect.SQLITE, ":memory:")
    assert known_keys(empty) == {}
