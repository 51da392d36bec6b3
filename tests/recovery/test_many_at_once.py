"""A link works once, also when several people use it in the same moment."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from tests.servers.databases import Database
from tests.servers.panel import PASSWORD, Panel, Visitor

ANNA = "anna@a.test"
MANY = 8


def test_of_many_at_once_one_sets_the_password(any_database: Database) -> None:
    with Panel(any_database.url) as panel:
        admin = panel.visitor("admin")
        admin.get("/domains/add/")
        admin.post("/domains/add/", domain="a.test")
        admin.post("/mailboxes/add/", email=ANNA, password1=PASSWORD, password2=PASSWORD)
        page = admin.post(f"/mailboxes/{ANNA}/invite/").text
        link = re.findall(re.escape(panel.base) + r'(/invitation/[^"]+)"', page)[0]
        visitors = [Visitor(panel.base) for _ in range(MANY)]
        for visitor in visitors:
            visitor.get(link)

        def choose(number: int) -> str:
            password = f"a long enough secret {number}"
            answer = visitors[number].post(link, new_password1=password, new_password2=password)
            assert answer.status in (200, 302), answer.text
            return password if answer.status == 302 else ""

        with ThreadPoolExecutor(MANY) as pool:
            winners = [password for password in pool.map(choose, range(MANY)) if password]

        assert len(winners) == 1
        assert panel.visitor(ANNA, winners[0]).get("/account/").status == 200
