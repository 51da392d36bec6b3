"""Tables that `judge` has nothing against but the traps of a database, and those of the tutorials.

`SOUND` is exactly wide enough, so that one character less is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailkit.passwords import LOCK_PREFIX, Scheme, hash_width
from mailkit.tables import Code, Finding, Level, find_rows, judge, read

HASH_WIDTH = hash_width(Scheme.SHA512_CRYPT)
NEEDED = HASH_WIDTH + len(LOCK_PREFIX)

SOUND = (
    "CREATE TABLE domains (domain varchar(253) NOT NULL PRIMARY KEY)",
    "CREATE TABLE forwardings (source varchar(254) NOT NULL PRIMARY KEY, destination text)",
    f"CREATE TABLE users (email varchar(254) NOT NULL PRIMARY KEY, password varchar({NEEDED}))",
    "CREATE TABLE transport (domain varchar(254) NOT NULL DEFAULT '' UNIQUE,"
    " transport varchar(128) NOT NULL DEFAULT '')",
)
# MariaDB: blind to case, not to accents, and trailing blanks count.
SOUND_COLLATION = {"charset": "utf8mb4", "collation": "utf8mb4_uca1400_nopad_as_ci"}

TUTORIAL = (
    "CREATE TABLE domains (domain varchar(50) NOT NULL, PRIMARY KEY (domain))",
    "CREATE TABLE forwardings (source varchar(80) NOT NULL, destination TEXT NOT NULL,"
    " PRIMARY KEY (source))",
    "CREATE TABLE users (email varchar(80) NOT NULL, password varchar(20) NOT NULL,"
    " PRIMARY KEY (email))",
    "CREATE TABLE transport (domain varchar(128) NOT NULL default '',"
    " transport varchar(128) NOT NULL default '', UNIQUE (domain))",
)
# As MariaDB makes them today, as the tutorials of 2005 made them, and something between.
MYSQL_OPTIONS = {
    "innodb": "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    "myisam": "ENGINE=MyISAM DEFAULT CHARSET=latin1",
    "compact": "ENGINE=InnoDB ROW_FORMAT=COMPACT DEFAULT CHARSET=utf8mb4",
}


def run(connection: Any, statements: Iterable[str]) -> None:
    cursor = connection.cursor()
    for sql in statements:
        cursor.execute(sql)
    cursor.close()


def query(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    cursor.execute(sql)
    rows = [tuple(row) for row in cursor.fetchall()]
    cursor.close()
    return rows


def all_findings(connection: Any, dialect: str) -> list[Finding]:
    facts = read(connection, dialect)
    return judge(facts, HASH_WIDTH) + find_rows(connection, dialect, facts)


def places(findings: Iterable[Finding]) -> set[tuple[Code, str | None, str | None]]:
    return {(one.code, one.table, one.column) for one in findings}


def faults_of(connection: Any, dialect: str) -> list[Code]:
    found = judge(read(connection, dialect), HASH_WIDTH)
    return [one.code for one in found if one.level is Level.FAULT]
