"""Imports by `mailimport`, start to end: `make bench`, or `python -m tests.bench_bulk`.

100,000 mailboxes with ready hashes and 10,000 with plain passwords, in a throw-away database of
each kind, beside what the cores hash when they do nothing else. Each import is a process of its
own, so that its time and memory are its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mailkit.passwords import hash_password
from tests.bench_mail import NAMES, child
from tests.servers.database import Database
from tests.servers.databases import SERVERS

DOMAINS = 100
SIGNS = string.ascii_letters + string.digits + "./"
# What the docs promise, on MariaDB and two cores with nothing else to do.
SECONDS = 30.0
SHARE_OF_RAW = 0.9
MEGABYTES = 300.0
RAW_SECONDS = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", default="mariadb")
    parser.add_argument("--hashes", type=int, default=100_000)
    parser.add_argument("--passwords", type=int, default=10_000)
    chosen = parser.parse_args()
    ok = True
    for name in chosen.databases.split(","):
        with SERVERS[NAMES[name]]() as server, tempfile.TemporaryDirectory() as directory:
            database = server.create_database("bench")
            child(database, "manage.py", "migrate", "-v", "0")
            child(database, "manage.py", "mailtables", "create")
            file = Path(directory, "rows.csv")
            write(file, ["domain", *(f"d{number}.test" for number in range(DOMAINS))])
            timed(database, file)
            write(file, hashes(chosen.hashes))
            seconds, core, megabytes = timed(database, file)
            spent = f"{seconds:.1f} s ({core:.1f} s of a core), {megabytes:.0f} MB"
            print(f"{name}: {chosen.hashes:,} hashes in {spent}")
            ok = ok and seconds <= SECONDS and megabytes <= MEGABYTES
            before = raw_rate()
            write(file, passwords(chosen.passwords))
            seconds, core, megabytes = timed(database, file)
            share = chosen.passwords / seconds / ((before + raw_rate()) / 2)
            spent = f"{seconds:.1f} s ({core:.1f} s of a core), {megabytes:.0f} MB"
            print(f"{name}: {chosen.passwords:,} passwords in {spent}, {share:.0%} of the raw rate")
            ok = ok and share >= SHARE_OF_RAW and megabytes <= MEGABYTES
    return 0 if ok else 1


def hashes(count: int) -> Iterator[str]:
    chance = random.Random(1)
    yield "email,password_hash"
    for number in range(count):
        salt, rest = "".join(chance.choices(SIGNS, k=16)), "".join(chance.choices(SIGNS, k=86))
        stored = f"{{SHA512-CRYPT}}$6$rounds=50000${salt}${rest}"
        yield f"user{number}@d{number % DOMAINS}.test,{stored}"


def passwords(count: int) -> Iterator[str]:
    yield "email,password"
    for number in range(count):
        yield f"plain{number}@d{number % DOMAINS}.test,a password of {number}"


def write(file: Path, lines: object) -> None:
    file.write_text("".join(f"{line}\n" for line in lines))  # type: ignore[attr-defined]


def timed(database: Database, file: Path) -> tuple[float, float, float]:
    """Seconds of the whole command, its own seconds of a core, its most MB."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "mailimport", str(file), "--json"],
        env={**os.environ, "DATABASE_URL": database.url, "SECRET_KEY": "b" * 50},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    out = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begun
    assert process.returncode == 0, out
    assert json.loads(out)["failed"] == 0
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def raw_rate() -> float:
    """Hashes a second by all cores that do nothing else; crypt(3) lets go of Python's lock."""
    until = time.monotonic() + RAW_SECONDS

    def work(_number: int) -> int:
        made = 0
        while time.monotonic() < until:
            hash_password("a password like others")
            made += 1
        return made

    cores = len(os.sched_getaffinity(0))
    begun = time.monotonic()
    with ThreadPoolExecutor(cores) as threads:
        made = sum(threads.map(work, range(cores)))
    return made / (time.monotonic() - begun)


if __name__ == "__main__":
    sys.exit(main())
