"""The tutorials' tables with rows in them, on each database and as each age made them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.mailkit.tables.base import MYSQL_OPTIONS, TUTORIAL, query, run
from tests.servers.databases import Database
from tests.servers.plugin import SERVER_FIXTURES

KINDS = [
    pytest.param("sqlite"),
    pytest.param("postgresql", marks=pytest.mark.stack),
    *(pytest.param(f"mysql-{name}", marks=pytest.mark.stack) for name in MYSQL_OPTIONS),
]

DES = "abJnggxhB/yWI"
ROWS = (
    "INSERT INTO domains VALUES ('a.test'), ('B.test'), ('c.test')",
    f"INSERT INTO users (email, password) VALUES ('u1@a.test', '{DES}'),"
    f" ('Mixed@a.test', '{DES}'), ('o''brien@a.test', '{DES}'), ('x@gone.test', ''),"
    f" ('long{'g' * 60}@a.test', '$1$abcdefgh$cutcut')",
    "INSERT INTO forwardings VALUES ('f1@a.test', 'u1@a.test'), ('@c.test', '@a.test'),"
    " ('List@a.test', 'u1@a.test, ext@far.test\ny@far.test'), ('e@a.test', '')",
    "INSERT INTO transport VALUES ('a.test', ':'), ('.far.test', 'smtp:[192.0.2.1]:25'),"
    " ('', 'error:x')",
)
# What Postfix and Dovecot ask (mysql_table(5)), in lower case; the tutorials' own queries.
MAILBOX = {
    "mysql": "CONCAT(SUBSTRING_INDEX(email,'@',-1),'/',SUBSTRING_INDEX(email,'@',1),'/')",
    "postgresql": "split_part(email,'@',2)||'/'||split_part(email,'@',1)||'/'",
    "sqlite": "substr(email,instr(email,'@')+1)||'/'||substr(email,1,instr(email,'@')-1)||'/'",
}
KEYS = ("a.test", "b.test", ".far.test", "u1@a.test", "mixed@a.test", "o''brien@a.test",
        "f1@a.test", "@c.test", "list@a.test", "nobody@a.test", "e@a.test")  # fmt: skip


@dataclass(frozen=True)
class Tutorial:
    """A database with the tutorials' tables, and an open connection to it."""

    database: Database
    connection: Any

    @property
    def dialect(self) -> str:
        return self.database.dialect

    def run(self, *statements: str) -> None:
        run(self.connection, statements)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return query(self.connection, sql)

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """All rows, each value as the hexadecimal of its bytes, or NULL."""
        as_bytes = {
            "mysql": "HEX({0})",
            "postgresql": "encode(convert_to({0}::text, 'UTF8'), 'hex')",
            "sqlite": "hex({0})||typeof({0})",
        }[self.dialect]
        listed = ", ".join(as_bytes.format(column) for column in columns)
        return sorted(self.query(f"SELECT {listed} FROM {table}"), key=repr)

    def all_rows(self) -> dict[str, list[tuple[Any, ...]]]:
        return {
            "domains": self.rows("domains", "domain"),
            "forwardings": self.rows("forwardings", "source", "destination"),
            "users": self.rows("users", "email", "password"),
            "transport": self.rows("transport", "domain", "transport"),
        }

    def definitions(self) -> list[tuple[Any, ...]]:
        """Everything the database says about how its tables are made."""
        if self.dialect == "sqlite":
            return self.query("SELECT * FROM sqlite_master ORDER BY name")
        if self.dialect == "mysql":
            names = [row[0] for row in self.query("SHOW TABLES")]
            return [self.query(f"SHOW CREATE TABLE `{name}`")[0] for name in names]
        return self.query(
            "SELECT table_name, column_name, ordinal_position, column_default, is_nullable,"
            " data_type, character_maximum_length, collation_name"
            " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 3"
        ) + self.query("SELECT indexdef, '' FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")

    def lookups(self) -> dict[str, list[tuple[Any, ...]]]:
        """The answers to every lookup for every key."""
        found = {}
        for key in KEYS:
            for sql in (
                f"SELECT domain FROM domains WHERE domain='{key}'",
                f"SELECT destination FROM forwardings WHERE source='{key}'",
                f"SELECT {MAILBOX[self.dialect]} FROM users WHERE email='{key}'",
                f"SELECT email FROM users WHERE email='{key}'",
                f"SELECT transport FROM transport WHERE domain='{key}'",
                f"SELECT email AS user, password FROM users WHERE email='{key}'",
            ):
                found[sql] = self.query(sql.replace(" AS user,", " AS mailbox,"))
        return found


@pytest.fixture(params=KINDS)
def tutorial(request: pytest.FixtureRequest) -> Iterator[Tutorial]:
    """The tutorials' tables with rows that work, that do not, and that do on one database only."""
    dialect, _, options = request.param.partition("-")
    server = request.getfixturevalue(SERVER_FIXTURES[dialect])
    database = server.create_database()
    connection = database.connect()
    run(connection, [f"{sql} {MYSQL_OPTIONS.get(options, '')}" for sql in TUTORIAL])
    run(connection, ROWS)
    yield Tutorial(database, connection)
    connection.close()
    server.drop_database(database)
