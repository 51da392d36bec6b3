"""`python -m tests.servers.with_database mariadb|postgresql|sqlite -- COMMAND...`.

Starts that server, makes a database, runs the command with DATABASE_URL set to it, stops the
server, and exits as the command did.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.servers.databases import SERVERS

NAMES = {"mariadb": "mysql", "postgresql": "postgresql", "sqlite": "sqlite"}


def main(arguments: list[str]) -> int:
    if len(arguments) < 3 or arguments[0] not in NAMES or arguments[1] != "--":
        print(__doc__, file=sys.stderr)
        return 2
    with SERVERS[NAMES[arguments[0]]]() as server:
        url = server.create_database("mailadmin").url
        process = subprocess.Popen(arguments[2:], env={**os.environ, "DATABASE_URL": url})
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                # The command got the Ctrl-C as well: let it end in its own way.
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
