"""Two operators who write the two halves of a loop at the same moment: one of them is refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.servers.panel import Panel

TRIES = 12


def test_a_loop_is_refused_also_at_once(any_database):
    with Panel(any_database.url) as panel:
        assert panel.visitor("admin").post("/domains/add/", domain="a.test").status == 302
        one, two = panel.visitor("admin"), panel.visitor("admin")
        for turn in range(TRIES):
            together = threading.Barrier(2)
            ends = (f"l{turn}@a.test", f"m{turn}@a.test")

            def work(visitor, source, destination, together=together):
                together.wait(10)
                return visitor.post(
                    "/forwardings/add/", source=source, destination=destination, force="on"
                ).status

            with ThreadPoolExecutor(2) as pool:
                first = pool.submit(work, one, *ends)
                second = pool.submit(work, two, *reversed(ends))
            assert sorted((first.result(), second.result())) == [200, 302]
