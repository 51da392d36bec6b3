"""Judges what was read: faults, warnings and notices about tables, columns and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailkit.passwords import LOCK_PREFIX
from mailkit.tables.expected import INDEXED, TABLES, Dialect, ExpectedColumn, ExpectedTable
from mailkit.tables.facts import Column, Facts, Kind, Table
from mailkit.tables.findings import Code, Finding

_STRICT = {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "TRADITIONAL"}
# InnoDB's index limit is 767 bytes in these, 191 characters of utf8mb4 (error 1709).
_OLD_ROW_FORMATS = {"compact", "redundant"}


def judge(facts: Facts, hash_width: int) -> list[Finding]:
    """What is wrong, in the order of the tables.

    `hash_width`: the longest value that `mailkit.passwords.hash_password` writes; the column must
    hold it locked as well, so `len(LOCK_PREFIX)` characters more.
    """
    found: list[Finding] = []
    for expected in TABLES:
        table = facts.tables.get(expected.name)
        if table is None:
            found.append(Finding(Code.TABLE_MISSING, expected.name))
            continue
        found += _table(table)
        found += _columns(expected, table, hash_width)
        found += _keys(expected, table)
        found += _comparisons(expected, table)
        found += _indexes(facts, table)
    found += _settings(facts)
    return found


def needed_length(expected: ExpectedColumn, hash_width: int) -> int:
    """The characters that a column must hold."""
    return hash_width + len(LOCK_PREFIX) if expected.length is None else expected.length


def _table(table: Table) -> Iterator[Finding]:
    if table.is_view:
        yield Finding(Code.TABLE_VIEW, table.name)
        return
    if not table.transactional:
        yield Finding(Code.TABLE_ENGINE, table.name, params={"engine": table.engine})
    elif (table.row_format or "").lower() in _OLD_ROW_FORMATS:
        yield Finding(Code.TABLE_ROW_FORMAT, table.name, params={"row_format": table.row_format})


def _columns(expected: ExpectedTable, table: Table, hash_width: int) -> Iterator[Finding]:
    for wanted in expected.columns:
        column = table.columns.get(wanted.name)
        if column is None:
            yield Finding(Code.COLUMN_MISSING, table.name, wanted.name)
        else:
            yield from _column(wanted, table, column, needed_length(wanted, hash_width))
    names = {wanted.name for wanted in expected.columns}
    for name, column in table.columns.items():
        if column.needs_value and name not in names and not table.is_view:
            yield Finding(Code.COLUMN_REQUIRED, table.name, column.name, {"type": column.type})


def _column(wanted: ExpectedColumn, table: Table, column: Column, length: int) -> Iterator[Finding]:
    params = {"type": column.type, "views": list(column.views)}
    short = column.width is not None and column.width < length
    if column.kind in (Kind.OTHER, Kind.BYTES, Kind.PADDED) or (wanted.text and short):
        yield Finding(
            Code.COLUMN_TYPE,
            table.name,
            column.name,
            params | {"wanted": "text" if wanted.text else "varchar"},
        )
    elif short:
        yield Finding(
            Code.COLUMN_NARROW,
            table.name,
            column.name,
            params | {"width": column.width, "needed": length},
        )


def _keys(expected: ExpectedTable, table: Table) -> Iterator[Finding]:
    key = table.key
    if key is None or table.is_view or expected.key.name in table.unique:
        return
    if table.duplicates:
        params = {"duplicates": list(table.duplicates)}
        yield Finding(Code.KEY_DUPLICATES, table.name, key.name, params)
    else:
        yield Finding(Code.KEY_MISSING, table.name, key.name)


def _comparisons(expected: ExpectedTable, table: Table) -> Iterator[Finding]:
    key = table.key
    if key is None:
        return
    params = {"collation": key.collation or "", "charset": key.charset or ""}
    if not key.collation_known:
        yield Finding(Code.COLLATION_UNKNOWN, table.name, key.name)
    if not key.deterministic:
        yield Finding(Code.COLLATION_NO_SEARCH, table.name, key.name, params)
    if key.comparison.case_sensitive:
        yield Finding(Code.COLLATION_CASE, table.name, key.name, params)
    if key.comparison.accent_sensitive is False:
        yield Finding(Code.COLLATION_ACCENTS, table.name, key.name, params)
    if key.comparison.ignores_trailing_blanks:
        yield Finding(Code.COLLATION_BLANKS, table.name, key.name, params)
    if not key.unicode:
        yield Finding(Code.CHARSET_NARROW, table.name, key.name, params)


def _indexes(facts: Facts, table: Table) -> Iterator[Finding]:
    key = table.key
    if table.name not in INDEXED or key is None or table.is_view:
        return
    if not table.domain_index and key.deterministic:
        yield Finding(Code.INDEX_DOMAIN, table.name, key.name, {"rows": table.rows})
    if not table.prefix_index and key.deterministic:
        yield Finding(Code.INDEX_PREFIX, table.name, key.name, {"rows": table.rows})


def _settings(facts: Facts) -> Iterator[Finding]:
    if facts.sql_mode is not None and not _STRICT & set(facts.sql_mode.upper().split(",")):
        yield Finding(Code.SETTING_LENIENT, params={"sql_mode": facts.sql_mode})
    # Every text of SQL_ASCII passes unchecked; the other encodings lack characters.
    if facts.encoding is not None and not re.fullmatch(r"UTF-?8", facts.encoding.upper()):
        yield Finding(Code.CHARSET_NARROW, params={"charset": facts.encoding, "collation": ""})
    if facts.dialect != Dialect.SQLITE or facts.writable_for_others is None:
        return
    if facts.journal_mode != "wal":
        yield Finding(Code.SQLITE_JOURNAL, params={"journal_mode": facts.journal_mode})
    elif not facts.writable_for_others:
        yield Finding(Code.SQLITE_RIGHTS)
