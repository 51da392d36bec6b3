"""A throw-away PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.cache import build_once
from tests.servers.daemon import PASSWORD, USER, Daemon, run_program, version_of
from tests.servers.database import Database
from tests.servers.processes import find_program, make_directory, remove_directory, start_process


class PostgreSQLServer(Daemon):
    """`options` are settings, such as `log_statement=all`."""

    dialect = "postgresql"
    # "Fast" shutdown: does not wait for clients to leave.
    _stop_signal = signal.SIGINT

    def __init__(self, *, options: Sequence[str] = ()) -> None:
        super().__init__()
        self.options = list(options)

    def create_database(
        self, name: str | None = None, *, charset: str = "UTF8", collation: str = "C.UTF-8"
    ) -> Database:
        """`collation` is a locale of the C library."""
        name = self._new_name(name)
        self._database("postgres").execute(
            f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING '{charset}'"
            f" LC_COLLATE '{collation}' LC_CTYPE '{collation}'"
        )
        return self._database(name)

    def drop_database(self, database: Database) -> None:
        self._database("postgres").execute(
            f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)'
        )

    def _empty_template(self) -> Path:
        version = version_of(_postgresql("postgres"))
        return build_once(f"postgresql-{version}", _init_postgresql)

    def _copy_template(self, template: Path) -> None:
        # cp keeps the owner, which must be the one who runs the server.
        subprocess.run(["cp", "-a", template, self.data], check=True)
        self.data.chmod(0o700)
        self.log.touch()
        self.log.chmod(0o666)

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "unix_socket_directories=",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "shared_buffers=32MB",
            "dynamic_shared_memory_type=mmap",
            *self.options,
        ]
        with open(self.log, "ab") as log:
            return start_process(
                [
                    _postgresql("postgres"),
                    "-D",
                    self.data,
                    *(part for setting in settings for part in ("-c", setting)),
                ],
                stdout=log,
                stderr=log,
                cwd="/",
                **_as_postgres(),
            )

    def _answers(self) -> bool:
        try:
            self._database("postgres").connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _init_postgresql(directory: Path) -> None:
    options = _as_postgres()
    # initdb wants a directory that its user can reach, which a cache below /root is not.
    work = make_directory("ma-initdb")
    try:
        if options:
            shutil.chown(work, "postgres", "postgres")
        (work / "password").write_text(PASSWORD)
        run_program(
            [
                _postgresql("initdb"),
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--auth=scram-sha-256",
                f"--username={USER}",
                f"--pwfile={work}/password",
                f"--pgdata={work}/data",
            ],
            cwd="/",
            **options,
        )
        subprocess.run(["cp", "-a", f"{work}/data/.", directory], check=True)
    finally:
        remove_directory(work)


def _postgresql(name: str) -> str:
    """A program of the newest PostgreSQL; Debian keeps them out of PATH."""
    roots = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    return find_program(name, *(str(path) for path in reversed(roots)))


def _as_postgres() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}
