"""What a case of a code is: what makes its finding, and what just does not.

Each list of statements is run on the tables `SOUND`. `place` is where the finding must be, or
must not be. A statement may be a function of the Database instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailkit.tables import Code
from tests.mailkit.tables.base import NEEDED
from tests.servers.databases import Database

MY, PG, LITE = "mysql", "postgresql", "sqlite"
ALL = (MY, PG, LITE)

Statement = str | Callable[[Database], None]


@dataclass(frozen=True)
class Case:
    code: Code
    dialects: tuple[str, ...]
    place: tuple[str | None, str | None]
    made_by: tuple[tuple[Statement, ...], ...]
    not_by: tuple[tuple[Statement, ...], ...]
    # How the database itself is made.
    made_in: tuple[tuple[str, str], ...] = ()
    not_in: tuple[tuple[str, str], ...] = ()


def users_of(columns: str, options: str = "") -> tuple[str, str]:
    return ("DROP TABLE users", f"CREATE TABLE users ({columns}) {options}")


def keyed(table: str, column: str, type_: str, options: str = "") -> tuple[str, str]:
    value = {"users": f", password varchar({NEEDED})", "forwardings": ", destination text"}
    columns = f"{column} {type_} NOT NULL PRIMARY KEY{value.get(table, '')}"
    return (f"DROP TABLE {table}", f"CREATE TABLE {table} ({columns}) {options}")


def user(email: str, password: str = "") -> str:
    return f"INSERT INTO users (email, password) VALUES ('{email}', '{password}')"


def forwarding(source: str, destination: str = "x@a.test") -> str:
    return f"INSERT INTO forwardings VALUES ('{source}', '{destination}')"


def with_own_collation(database: Database) -> None:
    connection = database.connect()
    connection.create_collation("german", lambda a, b: (a > b) - (a < b))
    connection.execute("DROP TABLE users")
    connection.execute("CREATE TABLE users (email text COLLATE german PRIMARY KEY, password text)")
    connection.close()


def file_mode(file: int) -> Callable[[Database], None]:
    return lambda database: Path(database.name).chmod(file)


BIN = keyed("users", "email", "varchar(254) COLLATE utf8mb4_bin")
NOCASE = keyed("users", "email", "varchar(254) COLLATE NOCASE")
# Nondeterministic: level 1 compares letters, level 2 accents too, level 3 case too.
LETTERS_ONLY = (
    "CREATE COLLATION letters (provider=icu, locale='und-u-ks-level1', deterministic=false)",
    *keyed("users", "email", "varchar(254) COLLATE letters"),
)
CASE_BLIND = (
    "CREATE COLLATION case_blind (provider=icu, locale='und-u-ks-level2', deterministic=false)",
    *keyed("users", "email", "varchar(254) COLLATE case_blind"),
)
NO_KEY = users_of(f"email varchar(254), password varchar({NEEDED})")
DOMAIN_A = "INSERT INTO domains VALUES ('a.test')"
