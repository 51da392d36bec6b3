"""Many guesses in the same moment are counted as many, on each database, and break nothing."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.link_requests import MOST_FOR_A_NAME
from accounts.throttle import OWN
from tests.servers.databases import Database
from tests.servers.panel import PASSWORD, Answer, Panel, Visitor

pytestmark = pytest.mark.stack

MANY = 12
TOO_MANY = "Too many attempts have failed"
DO_NOT_FIT = "do not fit together"


@pytest.fixture
def panel(any_database: Database) -> Iterator[Panel]:
    """One that believes what this machine says of its visitors' addresses."""
    with Panel(any_database.url, {"MAILADMIN_TRUSTED_PROXIES": "127.0.0.1"}) as running:
        yield running


def visitor_from(panel: Panel, address: str) -> Visitor:
    visitor = Visitor(panel.base)
    visitor.opener.addheaders = [("X-Forwarded-For", address)]
    visitor.get("/login/")
    return visitor


def at_once(jobs: list[Callable[[], Answer]]) -> list[Answer]:
    together = threading.Barrier(len(jobs))

    def run(job: Callable[[], Answer]) -> Answer:
        together.wait(30)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def guess(visitor: Visitor, password: str = "wrong") -> Callable[[], Answer]:
    return lambda: visitor.post("/login/", username="admin", password=password)


def counters(database: Database) -> Counter[int]:
    """{failures: how many counters stand there}."""
    connection = database.connect()
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT failures FROM mailadmin_sign_in_failures")
        return Counter(row[0] for row in cursor.fetchall())
    finally:
        connection.close()


def test_guesses_at_once_are_each_counted(panel: Panel, any_database: Database) -> None:
    # From as many networks, so that none has to wait.
    visitors = [visitor_from(panel, f"192.0.2.{number}") for number in range(MANY)]
    answers = at_once([guess(visitor) for visitor in visitors])
    assert [answer.status for answer in answers] == [200] * MANY
    assert all(DO_NOT_FIT in answer.text for answer in answers)
    assert counters(any_database) == {1: 2 * MANY, MANY: 1}

    # From one network only the free ones are looked at, and no more are counted.
    visitors = [visitor_from(panel, f"2001:db8::{number:x}") for number in range(1, MANY + 1)]
    answers = at_once([guess(visitor) for visitor in visitors])
    assert [answer.status for answer in answers] == [200] * MANY
    # The first wait is 2 seconds: on a busy machine one or two come after it.
    looked_at = sum(DO_NOT_FIT in answer.text for answer in answers)
    assert OWN.free <= looked_at <= OWN.free + 2
    assert sum(TOO_MANY in answer.text for answer in answers) == MANY - looked_at

    # Right and wrong ones together: rows are deleted and made in the same moment.
    visitors = [visitor_from(panel, f"198.51.100.{number % 3}") for number in range(MANY)]
    jobs = [
        guess(visitor, PASSWORD if number % 2 else "wrong")
        for number, visitor in enumerate(visitors)
    ]
    assert {answer.status for answer in at_once(jobs)} <= {200, 302}

    # As many who ask for a link for one address.
    visitors = [visitor_from(panel, f"203.0.113.{number}") for number in range(MANY)]
    answers = at_once(
        [lambda one=one: one.post("/recover/", address="anna@a.test") for one in visitors]
    )
    assert {answer.status for answer in answers} == {302}
    connection = any_database.connect()
    cursor = connection.cursor()
    cursor.execute("SELECT COUNT(*) FROM mailadmin_link_request")
    assert cursor.fetchone()[0] <= MOST_FOR_A_NAME + 1
    connection.close()
