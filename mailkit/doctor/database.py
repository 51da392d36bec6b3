"""The panel's database, asked what the mail servers would ask it. Reads only."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from mailkit.passwords import judge
from mailkit.passwords.stored import parse
from mailkit.tables import Dialect

SECONDS = 5
# Of our own query over all of `users`: a million rows on a busy machine.
COUNT_SECONDS = 12
_SIMPLE = re.compile(r"[a-z0-9][a-z0-9._-]*(?:@[a-z0-9.-]+)?|\.[a-z0-9.-]+")
# For each table: its key, and the column that must not be empty for an answer.
_KEYS = {
    "domains": ("domain", "domain"),
    "forwardings": ("source", "destination"),
    "users": ("email", "email"),
    "transport": ("domain", "transport"),
}
_LOOKED_AT = 200
_ROWS = 20
_LIMIT = re.compile(r"\blimit\b", re.IGNORECASE)
_BARE_SOURCES = "SELECT source FROM forwardings WHERE source NOT LIKE '%@%' LIMIT 100"
MOST_GROUPS = 20_000
_TIME_LIMIT = "max_statement_time"


@dataclass(frozen=True)
class Panel:
    """The panel's database and what it is set to.

    `host`, `port` and `name` (the path of an SQLite file) as it is reached. `inside`: within a
    transaction of the caller's. `delimiter`: the panel's own, None where it takes Postfix's.
    """

    connection: Any = field(repr=False)
    dialect: Dialect
    name: str
    host: str = ""
    inside: bool = False
    delimiter: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a query gave: `columns` in lower case; `found`: a row with something in it."""

    found: bool
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


class QueryError(Exception):
    """The database refuses the query; the message is its own."""


@dataclass(frozen=True)
class Hashes:
    """Stored passwords, counted. `bare`: those without {SCHEME}, by what crypt(3) sees in them."""

    total: int = 0
    refused_24: int = 0
    bare: Mapping[str, int] = field(default_factory=dict)


def run_query(panel: Panel, sql: str) -> Answer:
    """Run one SELECT, at most `SECONDS`, and look at its first rows. Raises QueryError."""
    if _LIMIT.search(sql):
        return _run(panel, sql)
    try:
        # A query without a condition would bring the whole table.
        return _run(panel, f"{sql.strip().rstrip(';')} LIMIT {_ROWS}")
    except QueryError:
        # What the database says is to be about the query as it stands.
        return _run(panel, sql)


def _run(panel: Panel, sql: str) -> Answer:
    with _reading(panel, SECONDS) as cursor:
        try:
            # Without parameters: the drivers leave % alone.
            cursor.execute(sql)
            rows = [tuple(row) for row in cursor.fetchmany(_ROWS)]
            columns = tuple(str(one[0]).lower() for one in cursor.description or ())
        except Exception as error:  # Each driver has exceptions of its own.
            raise QueryError(_said(error)) from error
    found = any(value not in (None, "", b"") for row in rows for value in row)
    return Answer(found, columns, tuple(rows))


def known_keys(panel: Panel) -> dict[str, str]:
    """A key that each table really has, by table, as Postfix would ask for it; none where empty.

    No source of a forwarding that is a mailbox too, and the other way round: each is to be
    answered by its own lookup table alone.
    """
    found: dict[str, str] = {}
    for table, (key, value) in _KEYS.items():
        sql = f"SELECT {key}, {value} FROM {table} LIMIT {_LOOKED_AT}"  # noqa: S608
        try:
            rows = _all(panel, sql, _LOOKED_AT)
        except QueryError:
            continue
        names = [_text(row_key) for row_key, row_value in rows if row_value]
        names = [name for name in names if _SIMPLE.fullmatch(name)]
        if table in ("users", "forwardings"):
            names = [name for name in names if "@" in name]
            other = "forwardings" if table == "users" else "users"
            taken = set(among(panel, other, names))
            names = [name for name in names if name not in taken]
        if names:
            found[table] = names[0]
    return found


def unknown_key() -> str:
    """An address that is in no table, new each time."""
    return f"no-one-{secrets.token_hex(6)}@{secrets.token_hex(6)}.invalid"


def bare_domain_sources(panel: Panel) -> list[str]:
    """Sources of forwardings that are a bare domain, the first few."""
    try:
        rows = _all(panel, _BARE_SOURCES, 100)
    except QueryError:
        return []
    return [_text(source) for (source,) in rows if "." in _text(source)][:5]


def count_hashes(panel: Panel) -> Hashes:
    """All stored passwords, by what Dovecot makes of them; no hash is kept.

    Hashes that begin alike, and bare ones of one length, are judged by one of them: the database
    counts them, since reading a million rows would take too long for a page.
    """
    find = "strpos" if panel.dialect is Dialect.POSTGRESQL else "instr"
    prefix = f"substr(password, 1, {find}(password, '}}') + 2)"
    begins = f"CASE WHEN password LIKE '{{%' THEN {prefix} ELSE substr(password, 1, 1) END"
    length = "CASE WHEN password LIKE '{%' THEN 0 ELSE length(password) END"
    rows = _all(
        panel,
        "SELECT MIN(password), COUNT(*) FROM (SELECT password,"  # noqa: S608
        f" {begins} AS begins, {length} AS size FROM users"
        " WHERE password IS NOT NULL AND password <> '') judged GROUP BY begins, size",
        MOST_GROUPS,
        COUNT_SECONDS,
    )
    total = refused = 0
    bare: dict[str, int] = {}
    for value, count in rows:
        stored = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        judged = judge(stored)
        if judged.empty or judged.locked:
            continue
        total += count
        refused += count if judged.refused_by_dovecot_24 else 0
        if parse(stored).bare and judged.scheme and not judged.malformed:
            bare[judged.scheme] = bare.get(judged.scheme, 0) + count
    return Hashes(total, refused, bare)


def among(panel: Panel, table: str, names: Sequence[str]) -> list[str]:
    """Those of the names that are keys of a table, in the order given."""
    asked = [name for name in names if _SIMPLE.fullmatch(name)]
    if not asked:
        return []
    listed = ", ".join(f"'{name}'" for name in asked)
    key = _KEYS[table][0]
    try:
        sql = f"SELECT {key} FROM {table} WHERE {key} IN ({listed})"  # noqa: S608
        rows = _all(panel, sql, len(asked) * 2)
    except QueryError:
        return []
    found = {_text(value).lower() for (value,) in rows}
    return [name for name in asked if name in found]


def journal_mode(panel: Panel) -> str:
    """SQLite's, in lower case; "" elsewhere."""
    if panel.dialect is not Dialect.SQLITE:
        return ""
    try:
        ((mode,),) = _all(panel, "PRAGMA journal_mode", 1)
    except (QueryError, ValueError):
        return ""
    return str(mode).lower()


def _all(
    panel: Panel, sql: str, most: int, seconds: int | None = None
) -> Sequence[tuple[Any, ...]]:
    with _reading(panel, seconds or SECONDS) as cursor:
        try:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchmany(most)]
        except Exception as error:
            raise QueryError(_said(error)) from error


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _said(error: Exception) -> str:
    # MySQLdb has (number, text); the others a text, psycopg's with the query below it.
    text = str(error.args[-1]) if error.args else type(error).__name__
    return text.split("\n")[0][:300]


@contextmanager
def _reading(panel: Panel, seconds: int) -> Iterator[Any]:
    """A cursor in a transaction that can only read, and is undone; with a limit of time."""
    begin, end = _frame(panel, seconds)
    cursor = panel.connection.cursor()
    for sql in begin:
        _set(cursor, sql)
    if panel.dialect is Dialect.SQLITE:
        until = time.monotonic() + seconds
        panel.connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    try:
        yield cursor
    finally:
        if panel.dialect is Dialect.SQLITE:
            panel.connection.set_progress_handler(None, 0)
        cursor.close()
        cursor = panel.connection.cursor()
        for sql in end:
            _set(cursor, sql)
        cursor.close()


def _set(cursor: Any, sql: str) -> None:
    # MySQL does not know MariaDB's limit of time; it goes without.
    with suppress(Exception) if _TIME_LIMIT in sql else nullcontext():
        cursor.execute(sql)


def _frame(panel: Panel, seconds: int) -> tuple[list[str], list[str]]:
    if panel.dialect is Dialect.SQLITE:
        return ["PRAGMA query_only = 1"], ["PRAGMA query_only = 0"]
    if panel.inside:
        begin, end = ["SAVEPOINT doctor"], ["ROLLBACK TO SAVEPOINT doctor"]
        if panel.dialect is Dialect.POSTGRESQL:
            begin.append("SET TRANSACTION READ ONLY")
    elif panel.dialect is Dialect.POSTGRESQL:
        begin, end = ["BEGIN READ ONLY"], ["ROLLBACK"]
    else:
        begin, end = ["START TRANSACTION READ ONLY"], ["ROLLBACK"]
    if panel.dialect is Dialect.POSTGRESQL:
        begin.append(f"SET LOCAL statement_timeout = '{seconds}s'")
    else:
        begin.append(f"SET SESSION {_TIME_LIMIT} = {seconds}")
        end.append(f"SET SESSION {_TIME_LIMIT} = DEFAULT")
    return begin, end
