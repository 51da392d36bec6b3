"""Reads the four tables of an SQLite file: pragmas, and comparisons in each column's collation.

A declared varchar(20) is no limit to SQLite, so no width is ever told.
"""

# ruff: noqa: S608 - names are quoted, values are parameters
from __future__ import annotations

import re
import sqlite3
import stat
from pathlib import Path

from mailkit.tables.expected import DOMAIN_EXPRESSION, EXPECTED, INDEXED, Dialect, domain_index
from mailkit.tables.facts import Column, Comparison, Facts, Kind, Table
from mailkit.tables.sql import Connection, Row, as_text, fetch, quote

_PADDED = ("a ", "a")


def read(connection: Connection) -> Facts:
    """The facts of the main database of the connection."""
    tables = {}
    for name, kind, sql in fetch(
        connection, Dialect.SQLITE, "SELECT name, type, sql FROM main.sqlite_master"
    ):
        lower = str(name).lower()
        if lower in EXPECTED and kind in ("table", "view"):
            tables[lower] = _table(connection, lower, kind == "view", str(sql or ""))
    journal_mode = str(fetch(connection, Dialect.SQLITE, "PRAGMA journal_mode")[0][0])
    return Facts(
        dialect=Dialect.SQLITE,
        version=str(fetch(connection, Dialect.SQLITE, "SELECT sqlite_version()")[0][0]),
        tables=tables,
        journal_mode=journal_mode,
        writable_for_others=_writable_for_others(connection),
    )


def _table(connection: Connection, name: str, is_view: bool, sql: str) -> Table:
    strict, without_row_number = _has_option("STRICT", sql), _has_option(r"WITHOUT\s+ROWID", sql)
    columns = {}
    for row in _columns(connection, name):
        column = _column(connection, name, row, strict)
        columns[column.name.lower()] = column
    keys = _primary(connection, name)
    key = EXPECTED[name].key.name
    unique = _unique(connection, name)
    known = key in columns and columns[key].collation_known
    by_domain = name in INDEXED and has_domain_index(connection, name)
    return Table(
        name=name,
        columns=columns,
        is_view=is_view,
        rows=_count(connection, name) if known and not is_view else None,
        unique=frozenset(unique),
        has_primary_key=bool(keys),
        duplicates=()
        if is_view or not known or key in unique
        else _duplicates(connection, name, key),
        has_row_number=not is_view and not without_row_number,
        domain_index=by_domain,
        broken_indexes=() if by_domain else _outdated(connection, name),
    )


def _count(connection: Connection, table: str) -> int:
    return int(fetch(connection, Dialect.SQLITE, f"SELECT COUNT(*) FROM main.{_q(table)}")[0][0])


def _has_option(option: str, sql: str) -> bool:
    """Whether CREATE TABLE has this option behind its closing bracket."""
    return bool(re.search(rf"\)[^)]*\b{option}\b[^)]*$", sql, re.IGNORECASE))


def _column(connection: Connection, table: str, row: Row, strict: bool) -> Column:
    _, name, declared, not_null, default, primary, hidden = row[:7]
    declared = str(declared or "")
    comparison, known = _compare(connection, table, name)
    # Alone and declared INTEGER, it is the row's number, which SQLite fills in.
    row_number = bool(primary) and declared.upper() == "INTEGER"
    return Column(
        name=name,
        type=declared or "without a type",
        kind=_kind(declared, strict),
        nullable=not not_null,
        needs_value=bool(not_null) and default is None and not hidden and not row_number,
        comparison=comparison,
        collation_known=known,
    )


def _kind(declared: str, strict: bool) -> Kind:
    """Type affinity (https://sqlite.org/datatype3.html, section 3.1)."""
    upper = declared.upper()
    if "INT" in upper:
        return Kind.OTHER
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        return Kind.STRING
    if strict and upper == "BLOB":
        return Kind.BYTES
    # With BLOB or no type, text stays text; ANY of a STRICT table as well.
    if "BLOB" in upper or not upper or (strict and upper == "ANY"):
        return Kind.STRING
    return Kind.OTHER


def _compare(connection: Connection, table: str, column: str) -> tuple[Comparison, bool]:
    """Compare in the column's collation, which only a query on the column itself uses.

    The first part of the compound query has no rows but lends its collation to the second.
    """

    def same(left: str, right: str) -> bool:
        rows = fetch(
            connection,
            Dialect.SQLITE,
            f"SELECT probe.k = %s FROM (SELECT {_q(column)} AS k FROM main.{_q(table)} WHERE 0"
            " UNION ALL SELECT %s) AS probe",
            (left, right),
        )
        return bool(rows[0][0])

    try:
        return Comparison(not same("A", "a"), not same("é", "e"), same(*_PADDED)), True
    except sqlite3.OperationalError as error:
        # A collation that the program which made the file had loaded; Postfix has not.
        return Comparison(), "no such collation" not in str(error)


def _columns(connection: Connection, table: str) -> list[Row]:
    return fetch(connection, Dialect.SQLITE, f"PRAGMA main.table_xinfo({_q(table)})")


def _primary(connection: Connection, table: str) -> set[str]:
    return {str(row[1]).lower() for row in _columns(connection, table) if row[5]}


def is_unique(connection: Connection, table: str, key: str) -> bool:
    """Whether the key alone is unique."""
    return key in _unique(connection, table)


def _unique(connection: Connection, table: str) -> set[str]:
    # A single column declared PRIMARY KEY is unique with or without an index of its own.
    primary = _primary(connection, table)
    found = primary if len(primary) == 1 else set()
    for index in fetch(connection, Dialect.SQLITE, f"PRAGMA main.index_list({_q(table)})"):
        _, name, unique, _, partial = index[:5]
        if not unique or partial:
            continue
        columns = fetch(connection, Dialect.SQLITE, f"PRAGMA main.index_info({_q(name)})")
        if len(columns) == 1 and columns[0][2] is not None:
            found.add(str(columns[0][2]).lower())
    return found


def widths(connection: Connection) -> dict[tuple[str, str], int | None]:
    """See `column_widths`: SQLite holds no column to its declared width."""
    found: dict[tuple[str, str], int | None] = {}
    for table in EXPECTED:
        for row in _columns(connection, table):
            found[table, str(row[1]).lower()] = None
    return found


def has_domain_index(connection: Connection, table: str) -> bool:
    """Whether "rows of a domain" has an index on this table; False where the table is missing."""
    key = EXPECTED[table].key.name
    wanted = _squeeze(DOMAIN_EXPRESSION[Dialect.SQLITE].format(column=key)) + "," + key
    return any(
        wanted in _squeeze(str(sql or "")) and " where " not in str(sql).lower()
        for (sql,) in fetch(
            connection,
            Dialect.SQLITE,
            "SELECT sql FROM main.sqlite_master WHERE type = 'index' AND lower(tbl_name) = %s",
            (table,),
        )
    )


def _outdated(connection: Connection, table: str) -> tuple[str, ...]:
    """An index of our name for the domain; asked where there is none that serves."""
    name = domain_index(Dialect.SQLITE, table)
    rows = fetch(
        connection,
        Dialect.SQLITE,
        "SELECT name FROM main.sqlite_master WHERE type = 'index' AND lower(name) = %s",
        (name,),
    )
    return tuple(str(row[0]) for row in rows)


def is_case_blind(connection: Connection, table: str, key: str) -> bool:
    """Whether the key finds `A` when asked for `a`; False where the collation is not known."""
    comparison, known = _compare(connection, table, key)
    return known and comparison.case_sensitive is False


def _squeeze(sql: str) -> str:
    return re.sub(r'[\s"`\[\]]', "", sql).lower()


def _duplicates(connection: Connection, table: str, key: str) -> tuple[str, ...]:
    rows = fetch(
        connection,
        Dialect.SQLITE,
        f"SELECT CAST({_q(key)} AS BLOB) FROM main.{_q(table)} WHERE {_q(key)} IS NOT NULL"
        f" GROUP BY {_q(key)} HAVING COUNT(*) > 1 ORDER BY {_q(key)} LIMIT 5",
    )
    return tuple(as_text(row[0]) or "" for row in rows)


def _writable_for_others(connection: Connection) -> bool | None:
    files = {row[1]: row[2] for row in fetch(connection, Dialect.SQLITE, "PRAGMA database_list")}
    name = files.get("main")
    if not name:
        return None
    try:
        modes = [Path(path).stat().st_mode for path in (name, Path(name).parent)]
    except OSError:
        return None
    return all(mode & (stat.S_IWGRP | stat.S_IWOTH) for mode in modes)


def _q(name: str) -> str:
    return quote(Dialect.SQLITE, name)
