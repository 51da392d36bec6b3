"""One database for a test: where it is, and a connection to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import MySQLdb
import psycopg


@dataclass(frozen=True)
class Database:
    """One database. `dialect` is Django's vendor name; for SQLite `name` is the file's path."""

    dialect: str
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """As DATABASE_URL has it."""
        if self.dialect == "sqlite":
            return f"sqlite:///{quote(self.name)}"
        scheme = "postgres" if self.dialect == "postgresql" else "mysql"
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{scheme}://{login}@{self.host}:{self.port}/{quote(self.name, safe='')}"

    def connect(self, *, autocommit: bool = True, sql_mode: str | None = None) -> Any:
        """A new DB-API connection: MySQLdb (utf8mb4), psycopg or sqlite3; the caller closes it.

        `sql_mode` is MariaDB's, for this connection only.
        """
        if self.dialect == "sqlite":
            return sqlite3.connect(
                self.name,
                timeout=20,
                isolation_level=None if autocommit else "",
                check_same_thread=False,
            )
        if self.dialect == "postgresql":
            return psycopg.connect(
                host=self.host,
                port=self.port,
                user=self.user,
                password=self.password,
                dbname=self.name,
                autocommit=autocommit,
            )
        options = {} if sql_mode is None else {"sql_mode": sql_mode}
        return MySQLdb.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=self.name,
            charset="utf8mb4",
            autocommit=autocommit,
            **options,
        )

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, committed; the rows it gave. `%s` stands for a parameter."""
        if self.dialect == "sqlite":
            sql = sql.replace("%s", "?").replace("%%", "%")
        connection = self.connect()
        try:
            cursor = connection.cursor()
            # With no parameters the drivers leave `%` alone only when they are given none.
            cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        finally:
            connection.close()
