"""A throw-away MariaDB server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import MySQLdb

from tests.servers.cache import build_once
from tests.servers.daemon import PASSWORD, USER, Daemon, run_program, version_of
from tests.servers.database import Database
from tests.servers.processes import find_program, start_process


class MariaDBServer(Daemon):
    """`sql_mode` None is the server's own default; `options` go on mariadbd's command line."""

    dialect = "mysql"

    def __init__(self, *, sql_mode: str | None = None, options: Sequence[str] = ()) -> None:
        super().__init__()
        self.options = list(options)
        if sql_mode is not None:
            self.options.append(f"--sql-mode={sql_mode}")

    def create_database(
        self,
        name: str | None = None,
        *,
        charset: str = "utf8mb4",
        collation: str | None = None,
    ) -> Database:
        """`collation` None is the charset's default one."""
        name = self._new_name(name)
        order = f" COLLATE {collation}" if collation else ""
        self._database("").execute(f"CREATE DATABASE `{name}` CHARACTER SET {charset}{order}")
        return self._database(name)

    def drop_database(self, database: Database) -> None:
        self._database("").execute(f"DROP DATABASE IF EXISTS `{database.name}`")

    def _empty_template(self) -> Path:
        version = version_of(find_program("mariadbd"))
        return build_once(f"mariadb-{version}", _install_mariadb)

    def _copy_template(self, template: Path) -> None:
        shutil.copytree(template, self.data)
        login = f"IDENTIFIED BY '{PASSWORD}'"
        (self.directory / "init.sql").write_text(
            f"CREATE OR REPLACE USER '{USER}'@'127.0.0.1' {login};\n"
            f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;\n"
        )

    def _launch(self) -> subprocess.Popen[bytes]:
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        return start_process(
            [
                find_program("mariadbd"),
                "--no-defaults",
                *as_root,
                f"--datadir={self.data}",
                f"--tmpdir={self.directory}",
                f"--socket={self.directory}/s",
                f"--pid-file={self.directory}/pid",
                f"--log-error={self.log}",
                f"--init-file={self.directory}/init.sql",
                "--bind-address=127.0.0.1",
                f"--port={self.port}",
                "--skip-name-resolve",
                "--skip-log-bin",
                # Compiled in is latin1; these are Debian 12's.
                "--character-set-server=utf8mb4",
                "--collation-server=utf8mb4_general_ci",
                "--innodb-log-file-size=8M",
                "--innodb-buffer-pool-size=32M",
                "--innodb-fast-shutdown=2",
                # Not 0: a killed server lost all rows of the last second.
                "--innodb-flush-log-at-trx-commit=2",
                "--innodb-doublewrite=0",
                "--performance-schema=OFF",
                "--key-buffer-size=1M",
                "--aria-pagecache-buffer-size=8M",
                *self.options,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _answers(self) -> bool:
        try:
            self._database("").connect().close()
        except MySQLdb.OperationalError:
            return False
        return True


def _install_mariadb(directory: Path) -> None:
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    run_program(
        [
            find_program("mariadb-install-db"),
            "--no-defaults",
            *as_root,
            f"--datadir={directory}",
            "--innodb-log-file-size=8M",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
    )
