"""Reads the four tables of MariaDB or MySQL: information_schema, SHOW CREATE TABLE, comparisons."""

# ruff: noqa: S608 - names are quoted, values are parameters
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailkit.tables.expected import DOMAIN_COLUMN, EXPECTED, INDEXED, Dialect
from mailkit.tables.facts import Column, Comparison, Facts, Kind, Table
from mailkit.tables.sql import Connection, Row, fetch, placeholders, quote

_KINDS = {
    "char": Kind.STRING,
    "varchar": Kind.STRING,
    "tinytext": Kind.TEXT,
    "text": Kind.TEXT,
    "mediumtext": Kind.TEXT,
    "longtext": Kind.TEXT,
    "binary": Kind.BYTES,
    "varbinary": Kind.BYTES,
    "tinyblob": Kind.BYTES,
    "blob": Kind.BYTES,
    "mediumblob": Kind.BYTES,
    "longblob": Kind.BYTES,
}
# longtext: more than any statement may send.
_NO_LIMIT = 2**32 - 1

# As bytes: the connection's own charset may have neither.
_E_ACUTE, _SNOWMAN = "_utf8mb4 x'C3A9'", "_utf8mb4 x'E29883'"

_COLUMNS = """
    SELECT table_name, column_name, column_type, data_type, character_maximum_length, is_nullable,
           column_default, extra, character_set_name, collation_name
      FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name IN ({names})
     ORDER BY table_name, ordinal_position
"""
_TABLES = """
    SELECT t.table_name, t.table_type, t.engine, e.transactions, t.row_format, t.table_rows
      FROM information_schema.tables t
      LEFT JOIN information_schema.engines e ON e.engine = t.engine
     WHERE t.table_schema = DATABASE() AND t.table_name IN ({names})
"""
_INDEXES = """
    SELECT table_name, index_name, non_unique, column_name
      FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name IN ({names})
     ORDER BY table_name, index_name, seq_in_index
"""


@dataclass(frozen=True)
class _Index:
    name: str
    unique: bool
    columns: tuple[str, ...]  # in lower case


@dataclass(frozen=True)
class _Charset:
    """What a charset and collation do, asked of the server once for each pair."""

    comparison: Comparison
    unicode: bool


def read(connection: Connection) -> Facts:
    """The facts of the current database."""
    version, sql_mode = fetch(connection, Dialect.MYSQL, "SELECT VERSION(), @@GLOBAL.sql_mode")[0]
    mariadb = "mariadb" in version.lower()
    names = list(EXPECTED)
    columns = _by_table(_ask(connection, _COLUMNS, names))
    indexes = _by_table(_ask(connection, _INDEXES, names))
    charsets: dict[tuple[str, str], _Charset] = {}
    tables = {}
    for name, kind, engine, transactions, row_format, rows in _ask(connection, _TABLES, names):
        is_view = "VIEW" in kind  # also tables: SYSTEM VERSIONED
        attributes = {} if is_view else _attributes(connection, name, columns.get(name, []))
        table = Table(
            name=name,
            columns={
                str(row[1]).lower(): _column(connection, row, attributes, charsets)
                for row in columns.get(name, [])
            },
            is_view=is_view,
            rows=None if rows is None else int(rows),
            engine=engine,
            transactional=is_view or transactions == "YES",
            row_format=row_format,
        )
        outdated = DOMAIN_COLUMN in table.columns and not _folds(attributes)
        tables[name] = _with_indexes(connection, table, indexes.get(name, []), outdated)
    return Facts(
        dialect=Dialect.MYSQL,
        version=version,
        tables=tables,
        sql_mode=sql_mode or "",
        mariadb=mariadb,
        invisible_columns=_version(version) >= ((10, 3) if mariadb else (8, 0, 23)),
        instant_widening=mariadb and _version(version) >= (10, 4, 3),
    )


def widths(connection: Connection) -> dict[tuple[str, str], int | None]:
    """See `column_widths`."""
    rows = _ask(
        connection,
        "SELECT table_name, column_name, character_maximum_length FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name IN ({names})",
        list(EXPECTED),
    )
    return {(table, column.lower()): _limit(width) for table, column, width in rows}


def with_domain_index(connection: Connection) -> frozenset[str]:
    """See `tables_with_domain_index`."""
    rows = fetch(
        connection,
        Dialect.MYSQL,
        "SELECT s.table_name, c.character_set_name, c.collation_name, c.column_type"
        "  FROM information_schema.statistics s JOIN information_schema.columns c"
        "    ON c.table_schema = s.table_schema AND c.table_name = s.table_name"
        "   AND c.column_name = s.column_name"
        " WHERE s.table_schema = DATABASE() AND s.column_name = %s AND s.seq_in_index = 1",
        (DOMAIN_COLUMN,),
    )
    return frozenset(
        name
        for name, charset, collation, type_ in rows
        if name in INDEXED
        and (
            _is_blind(connection, charset, collation)
            or _folds(_attributes(connection, name, [(name, DOMAIN_COLUMN, type_)]))
        )
    )


def case_blind(connection: Connection) -> frozenset[str]:
    """See `case_blind_tables`."""
    rows = _ask(
        connection,
        "SELECT table_name, column_name, character_set_name, collation_name"
        "  FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name IN ({names})",
        list(EXPECTED),
    )
    return frozenset(
        table
        for table, column, charset, collation in rows
        if column.lower() == EXPECTED[table].key.name and _is_blind(connection, charset, collation)
    )


def unguarded(connection: Connection) -> frozenset[str]:
    """See `unguarded_tables`."""
    names = list(EXPECTED)
    unique = {
        (name, found.columns)
        for name, rows in _by_table(_ask(connection, _INDEXES, names)).items()
        for found in _indexes(rows).values()
        if found.unique
    }
    return frozenset(
        name
        for name, _kind, _engine, transactions, *_ in _ask(connection, _TABLES, names)
        if transactions != "YES" or (name, (EXPECTED[name].key.name,)) not in unique
    )


def _is_blind(connection: Connection, charset: str | None, collation: str | None) -> bool:
    if not charset or not collation:
        return False
    return _compare(connection, charset, collation).comparison.case_sensitive is False


def _folds(attributes: Mapping[str, str]) -> bool:
    """Whether the domain column is in lower case; MariaDB writes lcase()."""
    told = attributes.get(DOMAIN_COLUMN, "").lower()
    return "lcase(" in told or "lower(" in told


def _limit(width: int | None) -> int | None:
    return None if width is None or int(width) >= _NO_LIMIT else int(width)


def _ask(connection: Connection, sql: str, names: list[str]) -> list[Row]:
    return fetch(connection, Dialect.MYSQL, sql.format(names=placeholders(len(names))), names)


def _by_table(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _version(text: str) -> tuple[int, ...]:
    # Some MariaDB servers say 5.5.5-10.11.6-MariaDB, for old replicas.
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text.removeprefix("5.5.5-"))
    return tuple(int(part) for part in found.groups()) if found else (0,)


def _column(
    connection: Connection,
    row: Row,
    attributes: Mapping[str, str],
    charsets: dict[tuple[str, str], _Charset],
) -> Column:
    _, name, type_, data_type, width, nullable, default, extra, charset, collation = row
    kind = _KINDS.get(data_type.lower(), Kind.OTHER)
    asked = _Charset(Comparison(), True)
    if charset and collation:
        if (charset, collation) not in charsets:
            charsets[charset, collation] = _compare(connection, charset, collation)
        asked = charsets[charset, collation]
    elif kind is Kind.BYTES:
        asked = _Charset(Comparison(True, True, False), True)
    filled = default is not None or "auto_increment" in extra.lower() or "GENERATED" in extra
    return Column(
        name=name,
        type=type_,
        kind=kind,
        width=_limit(width),
        nullable=nullable == "YES",
        needs_value=nullable == "NO" and not filled,
        charset=charset,
        collation=collation,
        unicode=asked.unicode,
        comparison=asked.comparison,
        attributes=attributes.get(name),
    )


def _compare(connection: Connection, charset: str, collation: str) -> _Charset:
    def text(sample: str) -> str:
        return f"CONVERT({sample} USING {charset}) COLLATE {collation}"

    same_case, same_accent, same_blank, lost = fetch(
        connection,
        Dialect.MYSQL,
        f"""SELECT {text("'A'")} = {text("'a'")}, {text(_E_ACUTE)} = {text("'e'")},"""
        f""" {text("'a '")} = {text("'a'")},"""
        f" CONVERT(CONVERT({_SNOWMAN} USING {charset}) USING utf8mb4) = '?'",
    )[0]
    return _Charset(Comparison(not same_case, not same_accent, bool(same_blank)), unicode=not lost)


def _attributes(connection: Connection, table: str, columns: list[Row]) -> dict[str, str]:
    """What stands behind each column's type, literally: NOT NULL, DEFAULT, COMMENT, CHECK ..."""
    shown = fetch(connection, Dialect.MYSQL, f"SHOW CREATE TABLE {quote(Dialect.MYSQL, table)}")
    lines = [line.strip() for line in str(shown[0][1]).splitlines()]
    found = {}
    for row in columns:
        name, type_ = row[1], row[2]
        quoted = (quote(Dialect.MYSQL, name), quote(Dialect.SQLITE, name))  # ANSI_QUOTES: "
        starts = tuple(f"{each} {type_}" for each in quoted)
        for line in lines:
            start = next((start for start in starts if line.startswith(start)), None)
            if start is not None:
                found[name] = line[len(start) :].removesuffix(",").strip()
    return found


def _with_indexes(connection: Connection, table: Table, rows: list[Row], outdated: bool) -> Table:
    found = _indexes(rows)
    indexes = found.values()
    key = EXPECTED[table.name].key.name
    unique = frozenset(one.columns[0] for one in indexes if one.unique and len(one.columns) == 1)
    wanted = (DOMAIN_COLUMN, key)
    # Where the collation is blind to case, it makes no difference.
    outdated = outdated and bool(table.key and table.key.comparison.case_sensitive)
    return Table(
        **{
            **vars(table),
            "unique": unique,
            "has_primary_key": "PRIMARY" in found,
            "duplicates": ()
            if table.is_view or key in unique or key not in table.columns
            else _duplicates(connection, table.name, key),
            "domain_column": table.name in INDEXED and DOMAIN_COLUMN in table.columns,
            "domain_index": table.name in INDEXED
            and not outdated
            and any(one.columns[:2] == wanted for one in indexes),
            "outdated_domain_column": outdated and table.name in INDEXED,
            "broken_indexes": (DOMAIN_COLUMN,) if outdated and DOMAIN_COLUMN in found else (),
        }
    )


def _indexes(rows: list[Row]) -> dict[str, _Index]:
    """The indexes of one table by their name."""
    found: dict[str, _Index] = {}
    for _, name, non_unique, column in rows:
        before = found.get(name, _Index(name, not int(non_unique), ()))
        # NULL: an index on an expression (MySQL 8).
        columns = (*before.columns, str(column or "").lower())
        found[name] = _Index(name, before.unique, columns)
    return found


def _duplicates(connection: Connection, table: str, key: str) -> tuple[str, ...]:
    table, key = quote(Dialect.MYSQL, table), quote(Dialect.MYSQL, key)
    rows = fetch(
        connection,
        Dialect.MYSQL,
        f"SELECT {key} FROM {table} WHERE {key} IS NOT NULL GROUP BY {key}"
        f" HAVING COUNT(*) > 1 ORDER BY {key} LIMIT 5",
    )
    return tuple(str(row[0]) for row in rows)
