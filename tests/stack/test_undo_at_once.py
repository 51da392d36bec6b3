"""Several people at once: one of two undoes the same; nobody waits for a long action to end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.servers.databases import Database
from tests.servers.panel import PASSWORD, Answer, Panel, Visitor

TURNS = 3
# Far below any database's own patience (50 s MariaDB, for ever PostgreSQL).
SOON = 5.0
MAILBOXES = ("anna@a.test", "bert@a.test", "carl@b.test")


@pytest.fixture
def panel(any_database: Database) -> Iterator[Panel]:
    """Two domains with three mailboxes."""
    with Panel(any_database.url) as running:
        admin = running.visitor("admin")
        for name in ("a.test", "b.test"):
            assert admin.post("/domains/add/", domain=name).status == 302
        for email in MAILBOXES:
            made = admin.post(
                "/mailboxes/add/", email=email, password1=PASSWORD, password2=PASSWORD
            )
            assert made.status == 302
        yield running


def newest_entry(database: Database) -> int:
    return int(database.execute("SELECT MAX(id) FROM mailadmin_audit_entry")[0][0])


def test_of_two_who_undo_the_same_at_once_one_does(panel: Panel, any_database: Database) -> None:
    people = [panel.visitor("admin") for _ in range(2)]
    for _turn in range(TURNS):
        deleted = people[0].post("/domains/a.test/delete/", confirm="a.test")
        assert deleted.status == 302
        path = f"/audit/{newest_entry(any_database)}/undo/"
        together = Barrier(2)

        def take_back(visitor: Visitor, path: str = path, together: Barrier = together) -> Answer:
            together.wait(10)
            return visitor.post(path)

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(take_back, people), key=lambda one: one.status)
        assert [one.status for one in answers] == [200, 302]
        assert re.search(r"undone already, by change \d+", answers[0].text)
        there = any_database.execute("SELECT email FROM users ORDER BY email")
        assert [email for (email,) in there] == list(MAILBOXES)
        assert any_database.execute("SELECT COUNT(*) FROM domains WHERE domain = 'a.test'") == [
            (1,)
        ]


def test_a_loop_is_asked_about_also_at_once(panel: Panel, any_database: Database) -> None:
    """One brings a forwarding back by undo, the other adds what would lead back to it."""
    one, two = (panel.visitor("admin") for _ in range(2))
    for turn in range(TURNS):
        source, target = f"l{turn}@a.test", f"m{turn}@a.test"
        made = one.post("/forwardings/add/", source=source, destination=target, force="on")
        assert made.status == 302
        assert one.post(f"/forwardings/{source}/delete/", confirm=source).status == 302
        path = f"/audit/{newest_entry(any_database)}/undo/"
        together = Barrier(2)

        def take_back(path: str = path, together: Barrier = together) -> Answer:
            together.wait(10)
            return one.post(path)

        def add(source: str = target, to: str = source, together: Barrier = together) -> Answer:
            together.wait(10)
            return two.post("/forwardings/add/", source=source, destination=to, force="on")

        with ThreadPoolExecutor(2) as pool:
            answers = [pool.submit(take_back), pool.submit(add)]
        assert sorted(answer.result().status for answer in answers) == [200, 302]


@pytest.mark.parametrize("any_database", ["mysql", "postgresql"], indirect=True)
@pytest.mark.stack
def test_who_signs_in_does_not_wait_for_a_long_action(panel: Panel, any_database: Database) -> None:
    """On SQLite there is one writer at a time whatever we do."""
    strangers = [Visitor(panel.base) for _ in range(2)]
    for stranger in strangers:
        # Counted in an entry that is there already: an UPDATE.
        assert stranger.sign_in("admin", "wrong").status == 200
    admin = panel.visitor("admin")
    assert admin.post("/domains/a.test/delete/", confirm="a.test").status == 302
    name = "`group`" if any_database.dialect == "mysql" else '"group"'
    where = f"FROM mailadmin_audit_entry WHERE {name} ="
    ((group,),) = any_database.execute(
        f"SELECT DISTINCT {name} FROM mailadmin_audit_entry WHERE action = 'delete_domain'"
    )
    holder = any_database.connect(autocommit=False)
    try:
        cursor = holder.cursor()
        # What an undo holds while it runs, at the isolation level of the panel.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        cursor.execute(f"SELECT id {where} %s ORDER BY id DESC FOR UPDATE", (group,))
        assert len(cursor.fetchall()) == 3
        cursor.execute("INSERT INTO users (email, password) VALUES ('anna@a.test', '')")
        cursor.execute("INSERT INTO domains (domain) VALUES ('a.test')")
        start = time.monotonic()
        for stranger in strangers:
            assert stranger.sign_in("admin", "wrong").status == 200
            assert stranger.sign_in("nobody@a.test", "wrong").status == 200
        assert panel.visitor("admin").get("/audit/").status == 200
        assert panel.visitor("carl@b.test").get("/account/").status == 200
        assert admin.post("/logout/").status == 302
        assert time.monotonic() - start < SOON
    finally:
        # Which rolls it back.
        holder.close()
