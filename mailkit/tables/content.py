"""Whole rows of the four tables: read, put in, changed and taken out, further columns included.

A table may have columns that the models do not know; a row that is deleted and comes back must
have them again, byte for byte, also after it was kept as JSON (`pack`, `unpack`). Keys are matched
exactly, however the column's collation compares: in MariaDB's usual ones `é` equals `e`.

Everything takes a DB-API connection and the table's `content(...)`; the caller commits.
"""

# ruff: noqa: S608 - names are quoted, values are parameters
from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from mailkit.tables.content_columns import Content, ContentColumn, content
from mailkit.tables.expected import Dialect
from mailkit.tables.sql import Connection, as_text, fetch, placeholders, quote

__all__ = [
    "Content",
    "ContentColumn",
    "RawText",
    "Row",
    "Value",
    "as_rows",
    "content",
    "delete",
    "in_utc",
    "insert",
    "pack",
    "read",
    "read_like",
    "text_of",
    "unpack",
    "update",
]

BATCH = 500
T = TypeVar("T")


@dataclass(frozen=True)
class RawText:
    """Text of an SQLite file that is not UTF-8: no string can hold it."""

    data: bytes


Value = str | bytes | int | float | RawText | None
Row = Mapping[str, Value]


def read(
    connection: Connection, table: Content, keys: Iterable[str], *, lock: bool = False
) -> list[dict[str, Value]]:
    """The rows of exactly these keys, in no order; more than one of a key without a unique index.

    `lock`: until the transaction ends (SQLite locks the whole file as it is).
    """
    return _in_batches(
        keys, lambda batch: _select(connection, table, *_exactly(table, batch), lock=lock)
    )


def read_like(
    connection: Connection, table: Content, keys: Iterable[str], *, lock: bool = False
) -> list[dict[str, Value]]:
    """The rows that the database itself takes for these keys: `ANNA@`, in some collations `ännä@`.

    What an UPDATE or DELETE by key would touch, and what a unique index would not let in twice.
    """
    return _in_batches(
        keys, lambda batch: _select(connection, table, *_alike(table, batch), lock=lock)
    )


def insert(connection: Connection, table: Content, rows: Sequence[Row]) -> None:
    """Put rows in. What a row does not name gets the column's default.

    Raises LookupError for a column that is not there (any more), and the driver's errors.
    """
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    for names, alike in by_columns.items():
        columns = [table.column(name) for name in names]
        for batch in _batches(alike):
            _insert(connection, table, columns, batch)


def update(connection: Connection, table: Content, key: str, values: Row) -> None:
    """Give the row of exactly this key other values. Raises LookupError, the driver's errors."""
    columns = [table.column(name) for name in values]
    places = [_place(table, column, values[column.name]) for column in columns]
    settings = ", ".join(
        f"{column.quoted} = {place}" for column, (place, _) in zip(columns, places, strict=True)
    )
    where, params = _exactly(table, [key])
    sql = f"UPDATE {_name(table)} SET {settings} WHERE {where}"
    _run(connection, table, sql, [*(value for _, value in places), *params])


def delete(connection: Connection, table: Content, keys: Iterable[str]) -> None:
    """Take out the rows of exactly these keys."""
    for batch in _batches(list(keys)):
        where, params = _exactly(table, batch)
        _run(connection, table, f"DELETE FROM {_name(table)} WHERE {where}", params)


def pack(row: Row) -> dict[str, Any]:
    """The row for JSON. Bytes are marked as such; numbers stay numbers."""
    return {name: _packed(value) for name, value in row.items()}


def unpack(packed: Mapping[str, Any]) -> dict[str, Value]:
    """What `pack` made, after JSON. Raises ValueError for anything else."""
    return {name: _unpacked(value) for name, value in packed.items()}


def text_of(value: Value) -> str | None:
    """A value for people, and for comparing with what a model wrote."""
    return as_text(value.data) if isinstance(value, RawText) else as_text(value)


def _packed(value: Value) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, RawText):
        return {"text": base64.b64encode(value.data).decode("ascii")}
    return value


def _unpacked(value: Any) -> Value:
    if value is None or isinstance(value, str | int | float):
        return value
    match value:
        case {"bytes": str(text)}:
            return base64.b64decode(text)
        case {"text": str(text)}:
            return RawText(base64.b64decode(text))
    raise ValueError(f"not a value of a row: {json.dumps(value)[:40]}")


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _in_batches(
    keys: Iterable[str], ask: Callable[[Sequence[str]], list[dict[str, Value]]]
) -> list[dict[str, Value]]:
    return [row for batch in _batches(list(dict.fromkeys(keys))) for row in ask(batch)]


def _name(table: Content) -> str:
    name = quote(table.dialect, table.table)
    return f"main.{name}" if table.dialect == Dialect.SQLITE else name


def _alike(table: Content, keys: Sequence[str]) -> tuple[str, list[Any]]:
    key = table.key
    # A latin1 column does not even compare with a letter that latin1 lacks (error 1267).
    place = f"CONVERT(%s USING {key.charset}) COLLATE {key.collation}" if key.charset else "%s"
    return f"{key.quoted} IN ({', '.join([place] * len(keys))})", list(keys)


def _exactly(table: Content, keys: Sequence[str]) -> tuple[str, list[Any]]:
    """The first part is for the key's index, the second tells what only looks alike."""
    key = table.key.quoted
    alike, params = _alike(table, keys)
    match table.dialect:
        case Dialect.MYSQL:
            binary = "CAST(CONVERT({} USING utf8mb4) AS BINARY)"
            places = ", ".join([binary.format("%s")] * len(keys))
            exact = f"{binary.format(key)} IN ({places})"
        case Dialect.POSTGRESQL:
            exact = f'CAST({key} AS text) COLLATE "C" IN ({placeholders(len(keys))})'
        case _:
            exact = f"{key} COLLATE BINARY IN ({placeholders(len(keys))})"
    return f"{alike} AND {exact}", [*params, *keys]


def _select(
    connection: Connection, table: Content, where: str, params: list[Any], *, lock: bool
) -> list[dict[str, Value]]:
    sql = f"SELECT {table.read} FROM {_name(table)} WHERE {where}"
    if table.dialect == Dialect.SQLITE:
        return as_rows(table, _fetch_bytes(connection, sql, params))
    if lock:
        sql += " FOR UPDATE"
    with in_utc(connection, table):
        return as_rows(table, fetch(connection, table.dialect, sql, params))


def as_rows(table: Content, found: Iterable[tuple[Any, ...]]) -> list[dict[str, Value]]:
    """What a query for `table.read` has found, SQLite's texts as bytes."""
    if table.dialect == Dialect.SQLITE:
        return [_of_sqlite(table, row) for row in found]
    names = [column.name for column in table.columns]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in found]


def _plain(value: Any) -> Value:
    if isinstance(value, float):
        return repr(value)  # MySQL's FLOAT, exact as a double
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


def _fetch_bytes(connection: Any, sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    """Texts as bytes: a file may hold text that is not UTF-8, which the driver refuses to read."""
    before = connection.text_factory
    connection.text_factory = bytes
    try:
        return fetch(connection, Dialect.SQLITE, sql, params)
    finally:
        connection.text_factory = before


def _of_sqlite(table: Content, row: tuple[Any, ...]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for number, column in enumerate(table.columns):
        kind, value = row[2 * number], row[2 * number + 1]
        if kind == b"text":
            try:
                found[column.name] = value.decode("utf-8")
            except UnicodeDecodeError:
                found[column.name] = RawText(value)
        else:
            found[column.name] = value
    return found


def _insert(
    connection: Connection, table: Content, columns: list[ContentColumn], rows: Sequence[Row]
) -> None:
    names = ", ".join(column.quoted for column in columns)
    identity = any(column.always_identity for column in columns)
    head = f"INSERT INTO {_name(table)} ({names})"
    head += " OVERRIDING SYSTEM VALUE VALUES " if identity else " VALUES "
    # SQLite places a value by its own type, so that each row has a statement of its own.
    size = 1 if table.dialect == Dialect.SQLITE else len(rows)
    for start in range(0, len(rows), size):
        values: list[Any] = []
        places = []
        for row in rows[start : start + size]:
            pairs = [_place(table, column, row[column.name]) for column in columns]
            places.append(f"({', '.join(place for place, _ in pairs)})")
            values += [value for _, value in pairs]
        _run(connection, table, head + ", ".join(places), values)


def _place(table: Content, column: ContentColumn, value: Value) -> tuple[str, Any]:
    """The SQL that takes a value, and the parameter for it."""
    if isinstance(value, RawText):
        return ("CAST(%s AS TEXT)", value.data)
    if isinstance(value, bytes) and table.dialect == Dialect.MYSQL:
        return ("UNHEX(%s)", value.hex())
    if column.write == "UNHEX(%s)" and isinstance(value, str):
        return (column.write, value.encode("utf-8").hex())
    return (column.write, value)


def _run(connection: Connection, table: Content, sql: str, params: Sequence[Any]) -> None:
    with in_utc(connection, table):
        cursor = connection.cursor()
        try:
            if table.dialect == Dialect.SQLITE:
                cursor.execute(sql.replace("%s", "?"), tuple(params))
            else:
                cursor.execute(sql, tuple(params))
        finally:
            cursor.close()


@contextmanager
def in_utc(connection: Connection, table: Content) -> Iterator[None]:
    """MySQL shows a TIMESTAMP in the session's time zone, where an hour of autumn comes twice."""
    if not table.has_timestamps:
        yield
        return
    before = fetch(connection, Dialect.MYSQL, "SELECT @@SESSION.time_zone")[0][0]
    fetch(connection, Dialect.MYSQL, "SET SESSION time_zone = '+00:00'")
    try:
        yield
    finally:
        fetch(connection, Dialect.MYSQL, "SET SESSION time_zone = %s", (before,))
