"""Reads the four tables of PostgreSQL, as the search_path finds them: pg_catalog, comparisons."""

# ruff: noqa: S608 - names are quoted, values are parameters
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mailkit.tables.expected import (
    DOMAIN_EXPRESSION,
    EXPECTED,
    INDEXED,
    Dialect,
    domain_index,
    key_index,
    prefix_index,
)
from mailkit.tables.facts import Column, Comparison, Facts, Kind, Table
from mailkit.tables.sql import Connection, Row, as_text, fetch, quote

# Without statistics rows are counted, up to here.
_COUNT_TO = 1_000_000

_TABLE = """
    SELECT c.oid, n.nspname, c.relkind, c.reltuples
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = to_regclass(%s)
"""
# A domain over varchar has its width in pg_type. typcollation 0: not a text type.
_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), b.typname, b.typcategory,
           CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
           a.attnotnull OR t.typnotnull,
           a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
           n.nspname, l.collname, a.attcollation = t.typcollation,
           format_type(b.oid, -1), COALESCE(l.collisdeterministic, true)
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype
                                                ELSE t.oid END
      LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
      LEFT JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
     WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum
"""
_WIDTHS = """
    SELECT c.relname, a.attname, b.typname,
           CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype
                                                ELSE t.oid END
     WHERE c.oid IN ({names}) AND a.attnum > 0 AND NOT a.attisdropped
"""
_VIEWS = """
    SELECT DISTINCT a.attname, v.oid::regclass::text
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
      JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
       AND d.refobjid = %s AND v.oid <> d.refobjid
     ORDER BY 1, 2
"""
# The first two columns or expressions of each index; a partial index serves nobody here.
_INDEXES = """
    SELECT i.indisvalid, i.indisunique, i.indisprimary, i.indnkeyatts,
           i.indpred IS NOT NULL, i.indexprs IS NOT NULL, c.relname,
           pg_get_indexdef(i.indexrelid, 1, true), pg_get_indexdef(i.indexrelid, 2, true),
           o.opcname, l.collname,
           l.collname = 'default' AND l.collnamespace = 'pg_catalog'::regnamespace
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
      LEFT JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[0]
      LEFT JOIN pg_catalog.pg_collation l ON l.oid = i.indcollation[0]
     WHERE i.indrelid = %s
     ORDER BY c.relname
"""
# to_jsonb: the column came with PostgreSQL 15. 'b' is version 17's own provider, always by bytes.
_DATABASE = """
    SELECT datcollate, COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c'),
           pg_encoding_to_char(encoding), current_setting('server_version')
      FROM pg_catalog.pg_database d WHERE datname = current_database()
"""
# Not a literal: with SQL_ASCII the driver sends nothing but ASCII.
_E_ACUTE, _LETTER_E = "chr(233)", "'e'"
_BYTEWISE = ("C", "POSIX")
# These sort by bytes as well, but PostgreSQL does not know it.
_SORTED_BYTEWISE = (*_BYTEWISE, "C.UTF-8", "C.utf8", "ucs_basic")


def sorted_by_bytes(connection: Connection, table: str, column: str) -> bool:
    """Whether a column of a database in UTF-8 is sorted by its bytes, so by code points."""
    rows = _ask(
        connection,
        "SELECT CASE WHEN l.collname = 'default' THEN d.datcollate ELSE l.collname END,"
        " COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c'), pg_encoding_to_char(d.encoding)"
        " FROM pg_catalog.pg_attribute a"
        " JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation"
        " JOIN pg_catalog.pg_database d ON d.datname = current_database()"
        " WHERE a.attrelid = to_regclass(%s) AND a.attname = %s AND l.collisdeterministic",
        (quote(Dialect.POSTGRESQL, table), column),
    )
    return any(
        encoding == "UTF8" and (provider == "b" or (provider == "c" and name in _SORTED_BYTEWISE))
        for name, provider, encoding in rows
    )


def read(connection: Connection) -> Facts:
    """The facts of the tables that the search_path finds."""
    collate, provider, encoding, version = _ask(connection, _DATABASE)[0]
    bytewise = provider == "b" or (provider == "c" and collate in _BYTEWISE)
    tables = {}
    for name in EXPECTED:
        rows = _ask(connection, _TABLE, (quote(Dialect.POSTGRESQL, name),))
        if rows:
            tables[name] = _table(connection, name, rows[0], bytewise)
    return Facts(
        dialect=Dialect.POSTGRESQL, version=str(version), tables=tables, encoding=str(encoding)
    )


def _table(connection: Connection, name: str, row: Row, default_is_bytewise: bool) -> Table:
    oid, schema, relkind, tuples = row
    is_view = relkind not in ("r", "p")
    views: dict[str, tuple[str, ...]] = {}
    for column, view in _ask(connection, _VIEWS, (oid,)):
        views[column] = (*views.get(column, ()), view)
    asked: dict[tuple[str, str], Comparison] = {}
    columns = {
        row[0]: _column(connection, row, views, asked) for row in _ask(connection, _COLUMNS, (oid,))
    }
    key = EXPECTED[name].key.name
    indexes = _ask(connection, _INDEXES, (oid,))
    facts = _indexes(name, key, indexes, default_is_bytewise)
    place = f"{quote(Dialect.POSTGRESQL, schema)}.{quote(Dialect.POSTGRESQL, name)}"
    look = not is_view and key in columns and key not in facts["unique"]
    return Table(
        name=name,
        columns=columns,
        is_view=is_view,
        rows=None if is_view else _rows(connection, place, float(tuples)),
        duplicates=_duplicates(connection, place, key) if look else (),
        schema=schema,
        partitioned=relkind == "p",
        **facts,
    )


def _column(
    connection: Connection,
    row: Row,
    views: Mapping[str, tuple[str, ...]],
    asked: dict[tuple[str, str], Comparison],
) -> Column:
    (
        name, type_, base, category, modifier, not_null, filled, schema, collation, own, plain,
        deterministic,
    ) = row  # fmt: skip
    kind = _kind(base, category)
    comparison = Comparison(True, True, False) if kind is Kind.BYTES else Comparison()
    collate = ""
    if collation is not None:
        collate = f"{quote(Dialect.POSTGRESQL, schema)}.{quote(Dialect.POSTGRESQL, collation)}"
        if (plain, collate) not in asked:
            asked[plain, collate] = _compare(connection, plain, collate)
        comparison = asked[plain, collate]
    return Column(
        name=name,
        type=type_,
        kind=kind,
        width=_width(base, modifier),
        nullable=not not_null,
        needs_value=bool(not_null) and not filled,
        collation=collation,
        comparison=comparison,
        collate="" if own else collate,
        deterministic=deterministic,
        views=views.get(name, ()),
    )


def _kind(base: str, category: str) -> Kind:
    if base == "bpchar":
        return Kind.PADDED
    if base == "varchar":
        return Kind.STRING
    if base == "bytea":
        return Kind.BYTES
    return Kind.TEXT if category == "S" else Kind.OTHER


def _compare(connection: Connection, type_: str, collate: str) -> Comparison:
    def same(left: str, right: str) -> str:
        return f"CAST({left} AS {type_}) COLLATE {collate} = CAST({right} AS {type_})"

    # chr(233) is é only in UTF-8; what other encodings make of it is not told.
    accents = f"CASE WHEN getdatabaseencoding() = 'UTF8' THEN {same(_E_ACUTE, _LETTER_E)} END"
    same_case, same_accent, same_blank = _ask(
        connection, f"""SELECT {same("'A'", "'a'")}, {accents}, {same("'a '", "'a'")}"""
    )[0]
    return Comparison(
        case_sensitive=not same_case,
        accent_sensitive=None if same_accent is None else not same_accent,
        ignores_trailing_blanks=bool(same_blank),
    )


def _indexes(table: str, key: str, rows: list[Row], default_is_bytewise: bool) -> dict[str, Any]:
    """The parts of Table that speak of indexes."""
    unique = set()
    primary = by_domain = by_prefix = False
    broken = []
    ours = {
        domain_index(Dialect.POSTGRESQL, table),
        prefix_index(table),
        key_index(Dialect.POSTGRESQL, table),
    }
    wanted = _squeeze(DOMAIN_EXPRESSION[Dialect.POSTGRESQL].format(column=key))
    for (
        valid, is_unique, is_primary, count, partial, expressions, name,
        first, second, operators, collation, is_default,
    ) in rows:  # fmt: skip
        if not valid:
            if name in ours:
                broken.append(name)
            continue
        if partial:
            continue
        primary = primary or is_primary
        if is_unique and not expressions and count == 1:
            unique.add(_unquote(first))
        serves = _squeeze(first) == wanted and second is not None and _unquote(second) == key
        if name == domain_index(Dialect.POSTGRESQL, table) and not serves:
            broken.append(name)
        by_domain = by_domain or serves
        bytewise = default_is_bytewise if is_default else collation in _BYTEWISE
        by_prefix = by_prefix or (
            _unquote(first) == key and (bytewise or str(operators).endswith("_pattern_ops"))
        )
    return {
        "unique": frozenset(unique),
        "has_primary_key": primary,
        "domain_index": by_domain and table in INDEXED,
        "prefix_index": by_prefix or table not in INDEXED,
        "broken_indexes": tuple(broken),
    }


def _squeeze(expression: str) -> str:
    """Without casts, brackets and blanks: `split_part((email)::text, '@'::text, 2)` and ours."""
    return re.sub(r"[\s()\"]|::\w+", "", expression).lower()


def _unquote(name: str) -> str:
    # pg_get_indexdef adds a collation or operator class behind a blank where it is not the usual.
    return str(name).split(" ", 1)[0].strip('"')


def widths(connection: Connection) -> dict[tuple[str, str], int | None]:
    """See `column_widths`."""
    rows = _ask(
        connection,
        _WIDTHS.format(names=", ".join(["to_regclass(%s)"] * len(EXPECTED))),
        [quote(Dialect.POSTGRESQL, name) for name in EXPECTED],
    )
    return {(table, column): _width(base, modifier) for table, column, base, modifier in rows}


def _width(base: str, modifier: int) -> int | None:
    """The modifier of varchar(n) and char(n) is n and a header of four."""
    return int(modifier) - 4 if base in ("varchar", "bpchar") and int(modifier) >= 4 else None


def has_domain_index(connection: Connection, table: str) -> bool:
    """Whether "rows of a domain" has an index on this table; False where the table is missing."""
    found = _ask(connection, _TABLE, (quote(Dialect.POSTGRESQL, table),))
    if not found:
        return False
    rows = _ask(connection, _INDEXES, (found[0][0],))
    return bool(_indexes(table, EXPECTED[table].key.name, rows, False)["domain_index"])


def is_unique(connection: Connection, table: str, key: str) -> bool:
    """Whether a unique index on the key alone is there."""
    found = _ask(connection, _TABLE, (quote(Dialect.POSTGRESQL, table),))
    rows = _ask(connection, _INDEXES, (found[0][0],)) if found else []
    return key in _indexes(table, key, rows, False)["unique"]


def is_case_blind(connection: Connection, table: str, key: str) -> bool:
    """Whether the key finds `A` when asked for `a`: citext, or a collation made for it."""
    found = _ask(connection, _TABLE, (quote(Dialect.POSTGRESQL, table),))
    columns = _ask(connection, _COLUMNS, (found[0][0],)) if found else []
    for row in columns:
        if row[0] == key:
            return _column(connection, row, {}, {}).comparison.case_sensitive is False
    return False


def _rows(connection: Connection, place: str, tuples: float) -> int:
    if tuples > 0:
        return int(tuples)
    # Never analysed (-1; before version 14 also 0).
    return int(
        _ask(
            connection,
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {place} LIMIT {_COUNT_TO}) AS counted",
        )[0][0]
    )


def _duplicates(connection: Connection, place: str, key: str) -> tuple[str, ...]:
    key = quote(Dialect.POSTGRESQL, key)
    rows = _ask(
        connection,
        f"SELECT {key} FROM {place} WHERE {key} IS NOT NULL GROUP BY {key}"
        f" HAVING COUNT(*) > 1 ORDER BY {key} LIMIT 5",
    )
    return tuple(str(row[0]) for row in rows)


def _ask(connection: Connection, sql: str, params: Sequence[str | int] = ()) -> list[Row]:
    """Rows of the catalogue. With the encoding SQL_ASCII the driver gives bytes for text."""
    return [
        tuple(as_text(value) if isinstance(value, bytes) else value for value in row)
        for row in fetch(connection, Dialect.POSTGRESQL, sql, params)
    ]
