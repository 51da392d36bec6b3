"""Trace and lint over a million mailboxes: `make bench`, or `python -m tests.bench_mail`.

10,000 domains, 1,000,000 mailboxes, 300,000 forwardings (a tenth to other servers, one in thirty
into a chain of ten) and 1,000 transports, in a throw-away database of each kind. Each measurement
is a process of its own, so that its time and memory are its own.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import sys
import time
from contextlib import suppress
from typing import Any

from tests.large.filled import child, filled
from tests.large.rows import CHAIN, LARGE, MAILBOXES, Rows
from tests.servers.database import Database

NAMES = {"sqlite": "sqlite", "mariadb": "mysql", "postgresql": "postgresql"}
ADDRESSES = 1000
# What the docs promise.
TRACE_MS = 20.0
LINT_SECONDS = 60.0
LINT_MEGABYTES = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", default="sqlite,mariadb,postgresql")
    parser.add_argument("--mailboxes", type=int, default=MAILBOXES)
    parser.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        set_up_django()
        print(json.dumps(MEASURES[chosen.measure](chosen.mailboxes)))
        return 0
    ok = True
    for name in chosen.databases.split(","):
        with filled(NAMES[name], chosen.mailboxes) as database:
            print(f"{name}: {chosen.mailboxes:,} mailboxes")
            ok = report(database, chosen.mailboxes) and ok
    return 0 if ok else 1


def measure_trace(mailboxes: int) -> dict[str, Any]:
    """Milliseconds in the database for each of the addresses, those of whole chains included."""
    from django.db import connection  # noqa: PLC0415 - after setup

    from audit.actor import command_actor  # noqa: PLC0415 - after setup
    from mailserver.tracing import trace_address  # noqa: PLC0415 - after setup

    spent = [0.0, 0]

    def clock(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent[0] += time.perf_counter() - begun
            spent[1] += 1

    chance = random.Random(11)
    rows = Rows(mailboxes)
    last = rows.forwarding_count
    addresses = [rows.forwarding(number) for number in range(0, last, 300)][: ADDRESSES // 5]
    while len(addresses) < ADDRESSES:
        kind = chance.randrange(4)
        number = chance.randrange(last)
        addresses.append(
            (
                rows.mailbox(number),
                rows.forwarding(number),
                f"no{number}@{LARGE}",
                f"x@relay{number}.test",
            )[kind]
        )
    actor = command_actor("bench")
    times, queries, chain = [], 0, 0
    with connection.execute_wrapper(clock):
        trace_address(actor=actor, address=rows.mailbox(1))
        for address in addresses:
            spent[:] = [0.0, 0]
            found = trace_address(actor=actor, address=address)
            times.append(spent[0] * 1000)
            queries = max(queries, spent[1])
            chain = max(chain, sum(step.table == "forwardings" for step in found.steps))
    times.sort()
    return {
        "addresses": len(times),
        "median_ms": times[len(times) // 2],
        "worst_ms": times[-1],
        "most_queries": queries,
        "longest_chain": chain,
    }


def measure_lint(_mailboxes: int) -> dict[str, Any]:
    """The whole command: seconds, those of this processor, the most megabytes, rows by code."""
    from django.core.management import call_command  # noqa: PLC0415 - after setup

    out = io.StringIO()
    begun = time.monotonic()
    # It ends with 1 where there are faults, and here there are.
    with suppress(SystemExit):
        call_command("maillint", "--json", "--limit", "1", stdout=out)
    seconds = _since(begun)
    used = resource.getrusage(resource.RUSAGE_SELF)
    processor = used.ru_utime + used.ru_stime
    megabytes = used.ru_maxrss / 1024
    codes = {one["code"]: one["count"] for one in json.loads(out.getvalue())["findings"]}
    return {
        "seconds": seconds,
        "processor": processor,
        "megabytes": megabytes,
        "codes": codes,
    }


MEASURES = {"trace": measure_trace, "lint": measure_lint}


def set_up_django() -> None:
    import django  # noqa: PLC0415 - in the child alone

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailadmin.settings")
    django.setup()


def report(database: Database, mailboxes: int) -> bool:
    """Print both measurements; whether they are within what is promised."""
    trace = measured(database, "trace", mailboxes)
    print(
        "  trace: {addresses} addresses, median {median_ms:.1f} ms, worst {worst_ms:.1f} ms in the"
        " database; at most {most_queries} queries, chains of {longest_chain}".format(**trace)
    )
    lint = measured(database, "lint", mailboxes)
    print(
        "  lint: {seconds:.0f} s ({processor:.0f} s of processor time beside the database's), "
        "{megabytes:.0f} MB; {codes}".format(**lint)
    )
    ok = trace["longest_chain"] >= CHAIN - 1 and trace["worst_ms"] < TRACE_MS
    return ok and lint["seconds"] < LINT_SECONDS and lint["megabytes"] < LINT_MEGABYTES


def measured(database: Database, measure: str, mailboxes: int) -> dict[str, Any]:
    command = ["-m", "tests.bench_mail", "--measure", measure, "--mailboxes", str(mailboxes)]
    found: dict[str, Any] = json.loads(child(database, *command))
    return found


def _since(begun: float) -> float:
    return time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
