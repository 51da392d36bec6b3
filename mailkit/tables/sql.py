"""The little that the three drivers do differently: parameters, quoting, text as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from mailkit.tables.expected import Dialect


class Connection(Protocol):
    """A DB-API connection: MySQLdb's, psycopg's or sqlite3's."""

    def cursor(self) -> Any:
        """A cursor of the driver."""


Row = tuple[Any, ...]


def fetch(connection: Connection, dialect: str, sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """Run one query and return its rows. Parameters are written %s for every dialect.

    Without parameters the text goes to the server as it is, percent signs included.
    """
    cursor = connection.cursor()
    try:
        if not params:
            cursor.execute(sql)
        elif dialect == Dialect.SQLITE:
            cursor.execute(sql.replace("%s", "?"), tuple(params))
        else:
            cursor.execute(sql, tuple(params))
        return [tuple(row) for row in cursor.fetchall()]
    finally:
        cursor.close()


def execute(connection: Connection, sql: str) -> None:
    """Run one statement that returns nothing."""
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
    finally:
        cursor.close()


def quote(dialect: str, name: str) -> str:
    """An identifier, quoted."""
    if dialect == Dialect.MYSQL:
        return "`" + name.replace("`", "``") + "`"
    return '"' + name.replace('"', '""') + '"'


def as_text(value: Any) -> str | None:
    """A key or value as text, whatever the driver made of it; None for NULL.

    Binary columns and SQLite files hold bytes that need not be UTF-8: what does not decode is
    shown as U+FFFD.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def placeholders(count: int) -> str:
    """`%s, %s, ...`"""
    return ", ".join(["%s"] * count)


def insert_rows(
    connection: Connection, dialect: str, table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """INSERT rows of values that the driver takes as they are, in one statement."""
    names = ", ".join(quote(dialect, name) for name in columns)
    head = f"INSERT INTO {quote(dialect, table)} ({names}) VALUES "  # noqa: S608
    cursor = connection.cursor()
    try:
        if dialect == Dialect.SQLITE:
            # The number of parameters of one statement has a limit there.
            cursor.executemany(f"{head}({', '.join('?' * len(columns))})", rows)
        else:
            place = f"({placeholders(len(columns))})"
            values = [value for row in rows for value in row]
            cursor.execute(head + ", ".join([place] * len(rows)), values)
    finally:
        cursor.close()
