"""Two panels that write at the same time lose nothing and never say "database is locked"."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.panel import PASSWORD, Panel

pytestmark = pytest.mark.stack

CLIENTS = 12
EACH = 10


def rows(database, table: str, column: str) -> list[str]:
    connection = database.connect()
    try:
        cursor = connection.cursor()
        cursor.execute(f"SELECT {column} FROM {table}")
        return [row[0] for row in cursor.fetchall()]
    finally:
        connection.close()


def test_twelve_clients_on_two_panels_lose_nothing(any_database):
    with Panel(any_database.url) as one:
        two = Panel(any_database.url).serve()
        try:
            admin = one.visitor("admin")
            assert admin.post("/domains/add/", domain="a.test").status == 302
            assert (
                admin.post(
                    "/mailboxes/add/",
                    email="shared@a.test",
                    password1=PASSWORD,
                    password2=PASSWORD,
                ).status
                == 302
            )
            visitors = [(one, two)[number % 2].visitor("admin") for number in range(CLIENTS)]
            together = threading.Barrier(CLIENTS)

            def work(number: int) -> list[int]:
                visitor = visitors[number]
                together.wait(30)
                statuses = []
                for turn in range(EACH):
                    name = f"w{number}-{turn}"
                    statuses.append(
                        visitor.post(
                            "/mailboxes/add/",
                            email=f"{name}@a.test",
                            password1=PASSWORD,
                            password2=PASSWORD,
                        ).status
                    )
                    statuses.append(
                        visitor.post(
                            "/forwardings/add/",
                            source=f"f-{name}@a.test",
                            destination=f"{name}@a.test",
                        ).status
                    )
                    # All of them change one and the same row.
                    statuses.append(
                        visitor.post(
                            "/mailboxes/shared@a.test/password/",
                            password1=PASSWORD,
                            password2=PASSWORD,
                        ).status
                    )
                return statuses

            with ThreadPoolExecutor(CLIENTS) as pool:
                statuses = [status for found in pool.map(work, range(CLIENTS)) for status in found]
        finally:
            two.stop()
    assert set(statuses) == {302}
    names = {f"w{number}-{turn}" for number in range(CLIENTS) for turn in range(EACH)}
    assert set(rows(any_database, "users", "email")) == {
        "shared@a.test",
        *(f"{name}@a.test" for name in names),
    }
    assert set(rows(any_database, "forwardings", "source")) == {
        f"f-{name}@a.test" for name in names
    }
    # domain, shared mailbox, and three changes each; the first start also logs the superadmin.
    changes = rows(any_database, "mailadmin_audit_entry WHERE action <> 'sign_in'", "id")
    assert len(changes) == 3 + 3 * CLIENTS * EACH


def test_twelve_clients_want_the_same_address_and_one_gets_it(any_database):
    with Panel(any_database.url) as panel:
        assert panel.visitor("admin").post("/domains/add/", domain="a.test").status == 302
        visitors = [panel.visitor("admin") for _ in range(CLIENTS)]
        together = threading.Barrier(CLIENTS)

        def work(number: int) -> int:
            together.wait(30)
            return (
                visitors[number]
                .post("/mailboxes/add/", email="one@a.test", password1=PASSWORD, password2=PASSWORD)
                .status
            )

        with ThreadPoolExecutor(CLIENTS) as pool:
            statuses = sorted(pool.map(work, range(CLIENTS)))
    assert statuses == [200] * (CLIENTS - 1) + [302]
    assert rows(any_database, "users", "email") == ["one@a.test"]
