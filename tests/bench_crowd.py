"""Many at once: `make bench`, or `python -m tests.bench_crowd`.

On a million mailboxes, the panel served by gunicorn as `make run` does: 32 connections that read
the mailbox list for a minute, then 50 that create mailboxes beside 50 that read. Exits with 1 if an
answer is an error, if the slowest hundredth takes over ten times the median, or if a row is lost or
there twice.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.large.browser import Browser, Timed
from tests.large.filled import child, filled
from tests.large.measured import SECRET
from tests.large.rows import LARGE, MAILBOXES, Rows
from tests.servers.database import Database
from tests.servers.panel import Panel

NAMES = {"mariadb": "mysql", "postgresql": "postgresql", "sqlite": "sqlite"}
READERS = 32
CREATORS = 50
# The slowest hundredth of a list's answers, in times the median.
SPREAD = 10.0
Turn = Callable[[Browser, int], Timed]


@dataclass
class Crowd:
    """What came of many browsers that do the same for some seconds."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def line(self, what: str, lasted: float) -> str:
        times = sorted(self.seconds)
        p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
        said = ", ".join(
            f"{count:,} of {status}" for status, count in sorted(self.statuses.items())
        )
        return (
            f"  {what}: {len(times) / lasted:.0f} a second, p50 {p50 * 1000:.0f} ms,"
            f" p99 {p99 * 1000:.0f} ms, {p99 / p50:.1f} times; {said};"
            f" {len(self.errors)} errors {self.errors[:1]}"
        )

    @property
    def spread(self) -> float:
        times = sorted(self.seconds)
        return times[int(len(times) * 0.99)] / statistics.median(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", default="mariadb,postgresql,sqlite")
    parser.add_argument("--mailboxes", type=int, default=MAILBOXES)
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    ok = True
    for name in chosen.databases.split(","):
        with filled(NAMES[name], chosen.mailboxes) as database:
            ok = _measure(database, name, Rows(chosen.mailboxes), chosen.seconds) and ok
    return 0 if ok else 1


def _measure(database: Database, name: str, rows: Rows, seconds: float) -> bool:
    with Panel(database.url, wsgi="tests.large.counted_wsgi") as panel:
        child(database, "manage.py", "mailtables", "refresh")
        print(f"{name}: {rows.mailboxes:,} mailboxes")
        read = _read(panel, seconds)
        return _create(panel, database, rows, seconds) and read


def _read(panel: Panel, seconds: float) -> bool:
    crowd = Crowd()
    browsers = _browsers(panel, READERS)
    _all_at_once([(browsers, lambda browser, _n: browser.get("/mailboxes/"), crowd)], seconds)
    print(crowd.line(f"{READERS} read the mailbox list", seconds))
    return set(crowd.statuses) == {200} and not crowd.errors and crowd.spread < SPREAD


def _create(panel: Panel, database: Database, rows: Rows, seconds: float) -> bool:
    """Two creators each want the same addresses: one of them gets each."""
    domain = rows.domain_of(1)
    made: Counter[str] = Counter()
    guard = threading.Lock()

    def create(browser: Browser, number: int) -> Timed:
        pair, turn = divmod(number, 1_000_000)
        email = f"crowd{pair // 2}x{turn}@{domain}"
        fields = {"email": email, "password1": SECRET, "password2": SECRET}
        answer = browser.post("/mailboxes/add/", **fields)
        if answer.status == 302:
            with guard:
                made[email] += 1
        return answer

    def read(browser: Browser, number: int) -> Timed:
        paths = (
            "/mailboxes/",
            f"/mailboxes/?domain={LARGE}",
            "/forwardings/",
            "/mailboxes/?q=user05",
        )
        return browser.get(paths[number % len(paths)])

    creating, reading = Crowd(), Crowd()
    browsers = _browsers(panel, 2 * CREATORS)
    _all_at_once(
        [(browsers[:CREATORS], create, creating), (browsers[CREATORS:], read, reading)], seconds
    )
    print(creating.line(f"{CREATORS} create mailboxes", seconds))
    print(reading.line(f"{CREATORS} read beside them", seconds))
    stored = [
        key for (key,) in database.execute("SELECT email FROM users WHERE email LIKE 'crowd%'")
    ]
    twice = [key for key, count in (made + Counter(stored)).items() if count != 2]
    print(
        f"  {len(made):,} made, {len(stored):,} stored; lost or there twice: {twice[:3] or 'none'}"
    )
    fine = not creating.errors and not reading.errors and not twice and bool(made)
    return fine and set(creating.statuses) <= {200, 302} and set(reading.statuses) == {200}


def _browsers(panel: Panel, count: int) -> list[Browser]:
    first = Browser(panel)
    return [first, *(first.again() for _ in range(count - 1))]


def _all_at_once(groups: Sequence[tuple[list[Browser], Turn, Crowd]], seconds: float) -> None:
    ends = time.monotonic() + seconds
    lock = threading.Lock()

    def work(browser: Browser, turn: Turn, crowd: Crowd, place: int) -> None:
        number = place * 1_000_000
        while time.monotonic() < ends:
            try:
                answer = turn(browser, number)
            except Exception as error:
                with lock:
                    crowd.errors.append(repr(error))
                continue
            finally:
                number += 1
            with lock:
                crowd.seconds.append(answer.seconds)
                crowd.statuses[answer.status] += 1

    with ThreadPoolExecutor(sum(len(browsers) for browsers, _turn, _crowd in groups)) as pool:
        for browsers, turn, crowd in groups:
            for place, browser in enumerate(browsers):
                pool.submit(work, browser, turn, crowd, place)


if __name__ == "__main__":
    # The children find the project whatever directory this was started in.
    os.chdir(Path(__file__).resolve().parents[1])
    sys.exit(main())
