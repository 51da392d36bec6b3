"""Tables without a unique key, or on MyISAM: two panels at once write no key twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.databases import Database
from tests.servers.panel import PASSWORD, Panel, Visitor

pytestmark = pytest.mark.stack

COLUMNS = {
    "domains": "domain varchar(50) NOT NULL",
    "forwardings": "source varchar(80) NOT NULL, destination text NOT NULL",
    "users": "email varchar(80) NOT NULL, password varchar(150) NOT NULL",
    "transport": "domain varchar(128) NOT NULL DEFAULT '', transport varchar(128) NOT NULL",
}
OPTIONS = {"mysql": " ENGINE=MyISAM DEFAULT CHARSET=latin1", "postgresql": ""}
CLIENTS = 6
TURNS = 4


@pytest.fixture(params=OPTIONS)
def two_panels(request: pytest.FixtureRequest, new_database) -> Iterator[tuple[Database, list]]:
    database = new_database(request.param)
    for table, columns in COLUMNS.items():
        database.execute(f"CREATE TABLE {table} ({columns}){OPTIONS[request.param]}")
    with Panel(database.url) as one:
        two = Panel(database.url).serve()
        try:
            yield database, [(one, two)[number % 2].visitor("admin") for number in range(CLIENTS)]
        finally:
            two.stop()


def at_once(visitors: list[Visitor], path: str, **fields: str) -> list[int]:
    """The statuses of the same POST by all of them in the same moment."""
    together = threading.Barrier(len(visitors))

    def work(visitor: Visitor) -> int:
        together.wait(30)
        return visitor.post(path, **fields).status

    with ThreadPoolExecutor(len(visitors)) as pool:
        return sorted(pool.map(work, visitors))


def test_no_key_is_there_twice(two_panels) -> None:
    database, visitors = two_panels
    one_of_them = [200] * (CLIENTS - 1) + [302]
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    for turn in range(TURNS):
        name = f"d{turn}.test"
        assert at_once(visitors, "/domains/add/", domain=name) == one_of_them
        assert at_once(visitors, "/mailboxes/add/", email=f"a@{name}", **passwords) == one_of_them
        assert (
            at_once(visitors, "/forwardings/add/", source=f"f@{name}", destination=f"a@{name}")
            == one_of_them
        )
        assert (
            at_once(visitors, "/transports/add/", domain=f"far{turn}.test", transport="discard:")
            == one_of_them
        )
        # A rename to one and the same new key.
        for number, visitor in enumerate(visitors):
            answer = visitor.post(
                "/transports/add/", domain=f"r{number}-{turn}.test", transport="discard:"
            )
            assert answer.status == 302
        assert sorted(_renames(visitors, turn)) == one_of_them
    for table, columns in COLUMNS.items():
        key = columns.split()[0]
        twice = f"SELECT {key} FROM {table} GROUP BY {key} HAVING COUNT(*) > 1"
        assert list(database.execute(twice)) == []
    assert len(database.execute("SELECT domain FROM domains")) == TURNS
    assert len(database.execute("SELECT email FROM users")) == TURNS
    assert len(database.execute("SELECT source FROM forwardings")) == TURNS
    assert len(database.execute("SELECT domain FROM transport")) == TURNS * (CLIENTS + 1)


def _renames(visitors: list[Visitor], turn: int) -> list[int]:
    together = threading.Barrier(len(visitors))

    def work(number: int) -> int:
        together.wait(30)
        return (
            visitors[number]
            .post(f"/transports/r{number}-{turn}.test/", domain=f"new{turn}.test", transport=":")
            .status
        )

    with ThreadPoolExecutor(len(visitors)) as pool:
        return list(pool.map(work, range(len(visitors))))
