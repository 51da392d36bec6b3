"""On each database: what is asked can only read, within its time, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mailkit import tables
from mailkit.doctor import database as asking
from mailkit.doctor.database import (
    Panel,
    QueryError,
    among,
    bare_domain_sources,
    count_hashes,
    known_keys,
    run_query,
)
from mailkit.tables import Dialect
from tests.mailkit.doctor.healthy import DES, ROWS, SHA512
from tests.servers.databases import Database

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n)"
    " SELECT count(*) FROM n",
    "postgresql": "SELECT count(*) FROM generate_series(1, 100000000000)",
    "mysql": "SELECT count(*) FROM information_schema.columns a, information_schema.columns b,"
    " information_schema.columns c",
}


@pytest.fixture
def panel(any_database: Database) -> Iterator[Panel]:
    connection = any_database.connect()
    tables.create(connection, any_database.dialect)
    for row in ROWS:
        any_database.execute(row)
    yield Panel(connection, Dialect(any_database.dialect), any_database.name, any_database.host)
    connection.close()


def test_it_can_only_read(panel: Panel, any_database: Database) -> None:
    with pytest.raises(QueryError):
        run_query(panel, "DELETE FROM users")
    assert any_database.execute("SELECT count(*) FROM users") == [(1,)]
    # The connection goes on, and may write again.
    assert run_query(panel, "SELECT email FROM users").rows == (("u@a.test",),)
    panel.connection.cursor().execute("DELETE FROM users")
    assert any_database.execute("SELECT count(*) FROM users") == [(0,)]


def test_it_does_not_take_long(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SECONDS", 1)
    with pytest.raises(QueryError):
        run_query(panel, SLOW[panel.dialect])
    assert run_query(panel, "SELECT email FROM users").found


def test_within_a_transaction_of_the_caller(any_database: Database, panel: Panel) -> None:
    connection: Any = any_database.connect(autocommit=False)
    inside = Panel(connection, panel.dialect, panel.name, inside=True)
    cursor = connection.cursor()
    cursor.execute("INSERT INTO domains VALUES ('mine.test')")
    with pytest.raises(QueryError):
        run_query(inside, "SELECT nosuch FROM nowhere")
    assert run_query(inside, "SELECT domain FROM domains WHERE domain = 'mine.test'").found
    cursor.execute("INSERT INTO domains VALUES ('more.test')")
    connection.commit()
    connection.close()
    assert any_database.execute("SELECT count(*) FROM domains") == [(3,)]


def test_the_database_says_what_is_wrong(panel: Panel) -> None:
    with pytest.raises(QueryError, match="nowhere"):
        run_query(panel, "SELECT nosuch FROM nowhere")
    with pytest.raises(QueryError, match="nosuch"):
        run_query(panel, "SELECT nosuch FROM users")


def test_keys_that_are_there(panel: Panel, any_database: Database) -> None:
    assert known_keys(panel) == {
        "domains": "a.test",
        "forwardings": "f@a.test",
        "users": "u@a.test",
        "transport": "far.test",
    }
    assert among(panel, "domains", ["x.test", "a.test", "'", "localhost"]) == ["a.test"]
    assert bare_domain_sources(panel) == []
    any_database.execute("INSERT INTO forwardings VALUES ('b.test', 'x'), ('root', 'x')")
    assert bare_domain_sources(panel) == ["b.test"]


def test_hashes_are_counted_by_what_dovecot_makes_of_them(
    panel: Panel, any_database: Database
) -> None:
    stored = [
        *(f"{letter}{DES[1:]}" for letter in "abc"),
        *(SHA512.replace("abcdefgh", salt) for salt in ("abcdefgh", "zyxwvuts")),
        f"{{CRYPT}}{SHA512}",
        f"{{DES-CRYPT}}{DES}",
        f"{{CRYPT}}$!${DES}",
        "",
        "{SHA512-CRYPT}",
    ]
    for number, value in enumerate(stored):
        any_database.execute("INSERT INTO users (email, password) VALUES (%s, %s)",
                             (f"h{number}@a.test", value))  # fmt: skip
    found = count_hashes(panel)
    # With the mailbox that is there already.
    assert (found.total, found.refused_24) == (8, 4)
    assert found.bare == {"DES-CRYPT": 3, "SHA512-CRYPT": 2}


def test_only_the_first_rows_are_fetched(panel: Panel, any_database: Database) -> None:
    for number in range(60):
        any_database.execute("INSERT INTO domains VALUES (%s)", (f"d{number}.test",))
    assert len(run_query(panel, "SELECT domain FROM domains ;").rows) == 20
    assert len(run_query(panel, "SELECT domain FROM domains LIMIT 3").rows) == 3
    # What the database says is about the query as it stands.
    with pytest.raises(QueryError) as raised:
        run_query(panel, "SELECT domain FROM domains WHERE")
    assert "LIMIT" not in str(raised.value)
