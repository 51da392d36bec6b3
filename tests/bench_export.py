"""Exports of a million mailboxes: `make bench`, or `python -m tests.bench_export`.

The data set of `tests.large`. Each export is a process of its own, `mailexport` as people run
it, so that its time and memory are its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryDirectory

from tests.bench_mail import NAMES
from tests.large.filled import filled
from tests.large.rows import LARGE
from tests.servers.database import Database

# What docs/export.md promises, of all mailboxes at once.
SECONDS = 60.0
MEGABYTES = 150.0
EXPORTS = {
    "csv": "--format csv --hashes",
    "json": "--format json --hashes",
    "all, json": "--kind all --hashes",
    "a tenth, csv": f"--format csv --hashes --domain {LARGE}",
    "xlsx": "--format xlsx",
}
PROMISED = ("csv", "json")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", default="sqlite,mariadb,postgresql")
    parser.add_argument("--mailboxes", type=int, default=1_000_000)
    chosen = parser.parse_args()
    ok = True
    for name in chosen.databases.split(","):
        with filled(NAMES[name], chosen.mailboxes) as database, TemporaryDirectory() as directory:
            print(f"{name}: {chosen.mailboxes:,} mailboxes")
            ok = report(database, Path(directory)) and ok
    return 0 if ok else 1


def report(database: Database, directory: Path) -> bool:
    """Print what each export took; whether it is within what is promised."""
    environ = {**os.environ, "DATABASE_URL": database.url, "SECRET_KEY": "b" * 50}
    migrate = Popen([sys.executable, "manage.py", "migrate", "-v0"], env=environ)
    if migrate.wait():
        raise SystemExit("migrate failed")
    ok = True
    for name, typed in EXPORTS.items():
        path = directory / "export"
        command = ["manage.py", "mailexport", *typed.split(), "--output", str(path)]
        begun = time.monotonic()
        child = Popen([sys.executable, *command], env=environ, stdout=DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds, megabytes = time.monotonic() - begun, used.ru_maxrss / 1024
        size = path.stat().st_size / 1e6 if path.exists() else 0
        print(f"  {name}: {seconds:.1f} s, {megabytes:.0f} MB of memory, a file of {size:.0f} MB")
        ok = ok and not child.returncode
        if name in PROMISED:
            ok = ok and seconds < SECONDS and megabytes < MEGABYTES
    return ok


if __name__ == "__main__":
    sys.exit(main())
