"""Reads a table row by row without holding it in memory or locking it for long.

Where the key is unique, by key in short queries: on MyISAM a query locks the table until its last
row is fetched, and mail lookups queue behind any writer that waits for it. Where it is not, by one
streaming query.
"""

# ruff: noqa: S608 - names are quoted, values are parameters
from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from mailkit.tables.expected import Dialect
from mailkit.tables.facts import Column, Kind, Table
from mailkit.tables.sql import Connection, Row, as_text, fetch, quote

BATCH = 2000

TextRow = tuple[str | None, str | None]


def read_rows(
    connection: Connection, dialect: str, table: Table, key: Column, value: str | None
) -> Iterator[TextRow]:
    """Each row's key and `value` column (None: the key alone), as text; at most BATCH in memory."""
    what = f"{quote(dialect, key.name)}, {quote(dialect, value) if value else 'NULL'}"
    for found, text in read_tuples(connection, dialect, table, key, what):
        yield as_text(found), as_text(text)


def read_tuples(
    connection: Connection, dialect: str, table: Table, key: Column | None, what: str
) -> Iterator[Row]:
    """`what`, SQL for one or more values, of each row; SQLite's texts as bytes.

    `key`: None where rows cannot be asked for by it.
    """
    if dialect == Dialect.SQLITE:
        return _of_sqlite(connection, table, what)
    source = place(dialect, table)
    if key is not None and key.name.lower() in table.unique:
        return _by_key(connection, dialect, key, what, source)
    return _streamed(connection, dialect, f"SELECT {what} FROM {source}")


def place(dialect: str, table: Table) -> str:
    """The table's name for FROM."""
    name = quote(dialect, table.name)
    if dialect == Dialect.POSTGRESQL and table.schema is not None:
        return f"{quote(dialect, table.schema)}.{name}"
    return f"main.{name}" if dialect == Dialect.SQLITE else name


def _by_key(
    connection: Connection, dialect: str, key: Column, what: str, source: str
) -> Iterator[Row]:
    # By its table: in ORDER BY a bare name would mean a value of `what` that is called so.
    name = f"r.{quote(dialect, key.name)}"
    select = f"SELECT {what}, {name} FROM {source} AS r"
    order = f" ORDER BY {name} LIMIT {BATCH}"
    if key.nullable:
        # A unique index lets any number of them in.
        nulls = _streamed(connection, dialect, f"{select} WHERE {name} IS NULL")
        yield from (row[:-1] for row in nulls)
    rows = fetch(connection, dialect, f"{select} WHERE {name} IS NOT NULL{order}")
    while rows:
        yield from (row[:-1] for row in rows)
        if len(rows) < BATCH:
            return
        last = rows[-1][-1]
        after = last if key.kind is Kind.BYTES else as_text(last)
        # With parameters, a percent sign in a name would be taken for one.
        escaped = select.replace("%", "%%")
        rows = fetch(connection, dialect, f"{escaped} WHERE {name} > %s{order}", (after,))


def _streamed(connection: Any, dialect: str, select: str) -> Iterator[Row]:
    with ExitStack() as stack:
        if dialect == Dialect.POSTGRESQL:
            # A cursor of the server's lives in a transaction.
            stack.enter_context(connection.transaction())
            cursor = stack.enter_context(connection.cursor(name="mailadmin_rows"))
        else:
            from MySQLdb.cursors import SSCursor  # noqa: PLC0415 - SQLite users need no driver

            cursor = connection.cursor(SSCursor)
            stack.callback(cursor.close)
        cursor.execute(select)
        while rows := cursor.fetchmany(BATCH):
            yield from rows


def _of_sqlite(connection: Any, table: Table, what: str) -> Iterator[Row]:
    """By the row's number; a view or a table WITHOUT ROWID has none and is streamed."""
    source = place(Dialect.SQLITE, table)
    if not table.has_row_number:
        cursor = connection.execute(f"SELECT {what} FROM {source}")
        while rows := _fetch_bytes(connection, cursor, BATCH):
            yield from rows
        return
    after = None
    while True:
        where = "" if after is None else " WHERE _rowid_ > ?"
        cursor = connection.execute(
            f"SELECT {what}, _rowid_ FROM {source}{where} ORDER BY _rowid_ LIMIT {BATCH}",
            () if after is None else (after,),
        )
        rows = _fetch_bytes(connection, cursor, BATCH)
        if not rows:
            return
        after = rows[-1][-1]
        yield from (row[:-1] for row in rows)


def _fetch_bytes(connection: Any, cursor: Any, count: int) -> list[Row]:
    """Texts as bytes: a file may hold text that is not UTF-8, which the driver refuses to read."""
    before = connection.text_factory
    connection.text_factory = bytes
    try:
        return list(cursor.fetchmany(count))
    finally:
        connection.text_factory = before
