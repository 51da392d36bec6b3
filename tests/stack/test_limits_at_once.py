"""Many who add at the same moment get no more rows than the domain admin may have."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.databases import Database
from tests.servers.panel import PASSWORD, Answer, Panel, Visitor

pytestmark = pytest.mark.stack

AT_ONCE = 5
MOST = 2


def at_once(jobs: list[Callable[[], Answer]]) -> list[int]:
    together = threading.Barrier(len(jobs))

    def run(job: Callable[[], Answer]) -> int:
        together.wait(30)
        return job().status

    with ThreadPoolExecutor(len(jobs)) as pool:
        return sorted(pool.map(run, jobs))


def forwarding(visitor: Visitor, source: str) -> Callable[[], Answer]:
    return lambda: visitor.post(
        "/forwardings/add/", source=source, destination="x@far.example", force="on"
    )


def own_forwarding(visitor: Visitor) -> Callable[[], Answer]:
    return lambda: visitor.post("/account/forwarding/", destination="x@far.example", keep_copy="on")


def mailbox(visitor: Visitor, email: str) -> Callable[[], Answer]:
    return lambda: visitor.post(
        "/mailboxes/add/", email=email, password1=PASSWORD, password2=PASSWORD
    )


def set_limits(admin: Visitor, *, mailboxes: int, forwardings: int) -> None:
    answer = admin.post(
        "/operators/bob/",
        domains="a.test",
        max_mailboxes=str(mailboxes),
        max_forwardings=str(forwardings),
    )
    assert answer.status == 302


def count(database: Database, table: str) -> int:
    connection = database.connect()
    try:
        cursor = connection.cursor()
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        return cursor.fetchone()[0]
    finally:
        connection.close()


def test_nobody_gets_past_a_limit(any_database: Database) -> None:
    with Panel(any_database.url) as panel:
        admin = panel.visitor("admin")
        assert admin.post("/domains/add/", domain="a.test").status == 302
        owners = [f"owner{number}@a.test" for number in range(3)]
        assert [mailbox(admin, email)().status for email in owners] == [302] * 3
        made = admin.post(
            "/operators/add/",
            username="bob",
            password1=PASSWORD,
            password2=PASSWORD,
            domains="a.test",
            max_mailboxes=str(3 + MOST),
            max_forwardings=str(MOST),
        )
        assert made.status == 302
        bobs = [panel.visitor("bob") for _ in range(AT_ONCE)]
        annas = [panel.visitor(email) for email in owners]

        told = at_once([mailbox(bob, f"m{turn}@a.test") for turn, bob in enumerate(bobs)])
        assert told == [200] * (AT_ONCE - MOST) + [302] * MOST
        assert count(any_database, "users") == 3 + MOST

        told = at_once([forwarding(bob, f"f{turn}@a.test") for turn, bob in enumerate(bobs)])
        assert told == [200] * (AT_ONCE - MOST) + [302] * MOST
        assert count(any_database, "forwardings") == MOST

        # Two more: for the admin and owners together.
        set_limits(admin, mailboxes=6, forwardings=MOST + 2)
        jobs = [forwarding(bob, f"g{turn}@a.test") for turn, bob in enumerate(bobs[:3])]
        told = at_once([*jobs, *(own_forwarding(anna) for anna in annas)])
        assert told == [200] * 4 + [302] * 2
        assert count(any_database, "forwardings") == MOST + 2
