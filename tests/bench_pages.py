"""How fast pages are at any size: `make bench`, or `python -m tests.bench_pages`.

Serves the panel with gunicorn as `make run` does, on 100 and on a million mailboxes (tests.large),
signs in, and asks for each page and action that docs/performance.md promises something of. Prints
the table that stands there. Exits with 1 where a page misses its promise or takes more queries
than `tests/large/queries.json` has; `--record` writes that file.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.large.browser import Browser
from tests.large.filled import child, filled
from tests.large.measured import measured
from tests.large.rows import MAILBOXES, Rows
from tests.servers.panel import Panel

NAMES = {"mariadb": "mysql", "postgresql": "postgresql", "sqlite": "sqlite"}
SMALL = 100
TIMES = 15
RECORDED = Path(__file__).with_name("large") / "queries.json"
# The promise: so many milliseconds in the median, and so many times the same page on a small
# database; the other two may take twice that. Below FLOOR no ratio says anything.
LIMIT_MS = 100.0
RATIO = 3.0
FACTOR = {"mysql": 1.0, "postgresql": 2.0, "sqlite": 2.0}
FLOOR_MS = 10.0


@dataclass(frozen=True)
class Figures:
    """Milliseconds of TIMES requests, and the queries of the median one."""

    p50: float
    p95: float
    queries: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", default="mariadb,postgresql,sqlite")
    parser.add_argument("--mailboxes", type=int, default=MAILBOXES)
    parser.add_argument("--only", default="", help="measure names that have this in them")
    parser.add_argument("--record", action="store_true", help="write down the numbers of queries")
    chosen = parser.parse_args()
    recorded: dict[str, dict[str, int]] = json.loads(RECORDED.read_text())
    ok = True
    for name in chosen.databases.split(","):
        dialect = NAMES[name]
        small = measure(dialect, SMALL, chosen.only)
        large = measure(dialect, chosen.mailboxes, chosen.only)
        wrong = report(name, small, large, recorded.get(dialect, {}))
        ok = ok and not wrong
        if chosen.record:
            queries = {key: max(small[key].queries, one.queries) for key, one in large.items()}
            recorded[dialect] = {**recorded.get(dialect, {}), **queries}
            RECORDED.write_text(json.dumps(recorded, indent=2) + "\n")
    return 0 if ok else 1


def measure(dialect: str, mailboxes: int, only: str = "") -> dict[str, Figures]:
    """Each page and action on a database of this size, asked for by one browser."""
    with filled(dialect, mailboxes) as database:
        panel = Panel(database.url, wsgi="tests.large.counted_wsgi")
        with panel:
            # As the worker does every ten minutes.
            child(database, "manage.py", "mailtables", "refresh")
            if dialect == "postgresql":
                database.execute("ANALYZE")
            browser = Browser(panel)
            found = {}
            for name, step in measured(Rows(mailboxes)).items():
                if only in name:
                    for number in range(2):
                        step(browser, number)
                    timed = [step(browser, number) for number in range(2, TIMES + 2)]
                    milliseconds = sorted(one.seconds * 1000 for one in timed)
                    found[name] = Figures(
                        statistics.median(milliseconds),
                        milliseconds[int(len(milliseconds) * 0.95)],
                        int(statistics.median(one.queries for one in timed)),
                    )
            return found


def report(
    name: str, small: dict[str, Figures], large: dict[str, Figures], recorded: dict[str, int]
) -> list[str]:
    """Print the table; the names of what is not as promised."""
    factor = FACTOR[NAMES[name]]
    print(f"\n| {name} | 100: p50 | p95 | 1,000,000: p50 | p95 | queries |")
    print("|---|---|---|---|---|---|")
    wrong = []
    for key, one in large.items():
        before = small[key]
        faults = []
        if one.p50 > LIMIT_MS * factor:
            faults.append("slow")
        if one.p50 > max(before.p50, FLOOR_MS) * RATIO * factor:
            faults.append("slower than on a small one")
        if max(one.queries, before.queries) > recorded.get(key, 0):
            faults.append(f"more than {recorded.get(key, 0)} queries")
        queries = str(one.queries)
        if before.queries != one.queries:
            queries = f"{before.queries}, {one.queries}"
        marks = f" **{', '.join(faults)}**" if faults else ""
        print(
            f"| {key} | {before.p50:.0f} | {before.p95:.0f} | {one.p50:.0f} | {one.p95:.0f}"
            f" | {queries}{marks} |"
        )
        if faults:
            wrong.append(key)
    sys.stdout.flush()
    return wrong


if __name__ == "__main__":
    # The children find the project whatever directory this was started in.
    os.chdir(Path(__file__).resolve().parents[1])
    sys.exit(main())
