"""The columns that hold a row's values, further ones included, and how each is read and written.

A value must come back byte for byte after it was kept as JSON, whatever its type: where the
driver would turn it into something of its own (a date, a float of four bytes), the database is
asked for its text instead. Columns that the database computes are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailkit.tables.expected import EXPECTED, Dialect
from mailkit.tables.sql import Connection, fetch, quote

_MYSQL = """
    SELECT column_name, LOWER(data_type), character_maximum_length, is_nullable, column_default,
           extra, character_set_name, collation_name
      FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = %s
     ORDER BY ordinal_position
"""
# Not "DEFAULT_GENERATED", which is MySQL's word for a default with a function in it.
_MYSQL_COMPUTED = re.compile(r"\b(?:VIRTUAL|STORED|PERSISTENT) GENERATED\b", re.IGNORECASE)
_MYSQL_BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit"}
_MYSQL_BYTES |= {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring"}
_MYSQL_BYTES |= {"multipolygon", "geometrycollection", "geomcollection", "vector"}

# A value of a domain type is written as its base type: an explicit cast to a type with a width
# cuts what is too long, without a word.
_POSTGRESQL = """
    SELECT a.attname, format_type(COALESCE(NULLIF(t.typbasetype, 0), t.oid), -1),
           CASE WHEN b.typname IN ('varchar', 'bpchar')
                THEN CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END END,
           a.attnotnull OR t.typnotnull,
           a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
           a.attidentity = 'a', b.typname
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      JOIN pg_catalog.pg_type b ON b.oid = COALESCE(NULLIF(t.typbasetype, 0), t.oid)
     WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attgenerated = ''
     ORDER BY a.attnum
"""


@dataclass(frozen=True)
class ContentColumn:
    """One column. `read` and `write` are SQL: of its value, and of the place for a new one.

    `width` in characters, None for no limit that is told; `needs_value`: an INSERT must name it.
    """

    name: str
    quoted: str
    read: str
    write: str = "%s"
    width: int | None = None
    needs_value: bool = False
    # PostgreSQL: GENERATED ALWAYS AS IDENTITY takes a value only when told so.
    always_identity: bool = False
    # MySQL: of a text column.
    charset: str | None = None
    collation: str | None = None


@dataclass(frozen=True)
class Content:
    """A table's columns, `key` first among equals: the one that Postfix looks up."""

    table: str
    dialect: str
    columns: tuple[ContentColumn, ...]
    has_timestamps: bool = False

    @property
    def key(self) -> ContentColumn:
        """The key's column. Raises LookupError for a table without it."""
        return self.column(EXPECTED[self.table].key.name)

    @property
    def mail_columns(self) -> tuple[str, ...]:
        """The names that the mail servers read."""
        return tuple(column.name for column in EXPECTED[self.table].columns)

    @property
    def read(self) -> str:
        """SQL of all its values, for a SELECT."""
        return ", ".join(column.read for column in self.columns)

    def column(self, name: str) -> ContentColumn:
        """Raises LookupError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise LookupError(f"{self.table}.{name}")


def content(connection: Connection, dialect: str, table: str) -> Content:
    """The columns of one of the four tables as they are now. One quick query; only looks."""
    match Dialect(dialect):
        case Dialect.MYSQL:
            return _mysql(connection, table)
        case Dialect.POSTGRESQL:
            return _postgresql(connection, table)
        case Dialect.SQLITE:
            return _sqlite(connection, table)


def _mysql(connection: Connection, table: str) -> Content:
    found = []
    timestamps = False
    for name, type_, width, nullable, default, extra, charset, collation in fetch(
        connection, Dialect.MYSQL, _MYSQL, (table,)
    ):
        if _MYSQL_COMPUTED.search(extra):
            continue
        timestamps = timestamps or type_ == "timestamp"
        quoted = quote(Dialect.MYSQL, name)
        read, write = f"CAST({quoted} AS CHAR)", "%s"
        if charset is not None:
            read = quoted
        elif type_ in _MYSQL_BYTES:
            read, write = quoted, "UNHEX(%s)"
        elif type_ == "float":
            # As text it would have six digits only.
            read = f"CAST({quoted} AS DOUBLE)"
        filled = default is not None or "auto_increment" in extra.lower()
        found.append(
            ContentColumn(
                name=name.lower(),
                quoted=quoted,
                read=read,
                write=write,
                width=None if width is None or int(width) > _TEXT else int(width),
                needs_value=nullable == "NO" and not filled,
                charset=charset,
                collation=collation,
            )
        )
    return Content(table, Dialect.MYSQL, tuple(found), timestamps)


# Of a longer text MySQL tells a width in bytes.
_TEXT = 65_535


def _postgresql(connection: Connection, table: str) -> Content:
    found = []
    for name, type_, modifier, not_null, filled, always, _base in fetch(
        connection, Dialect.POSTGRESQL, _POSTGRESQL, (quote(Dialect.POSTGRESQL, table),)
    ):
        quoted = quote(Dialect.POSTGRESQL, name)
        found.append(
            ContentColumn(
                name=name,
                quoted=quoted,
                read=f"CAST({quoted} AS text)",
                write=f"CAST(%s AS {type_})",
                width=int(modifier) - 4 if modifier is not None and int(modifier) >= 4 else None,
                needs_value=bool(not_null) and not filled,
                always_identity=bool(always),
            )
        )
    return Content(table, Dialect.POSTGRESQL, tuple(found))


def _sqlite(connection: Connection, table: str) -> Content:
    found = []
    name_of_table = quote(Dialect.SQLITE, table)
    for row in fetch(connection, Dialect.SQLITE, f"PRAGMA main.table_xinfo({name_of_table})"):
        _, name, declared, not_null, default, primary, hidden = row[:7]
        if hidden:
            continue
        quoted = quote(Dialect.SQLITE, name)
        row_number = bool(primary) and str(declared).upper() == "INTEGER"
        found.append(
            ContentColumn(
                name=str(name).lower(),
                quoted=quoted,
                # The sign keeps sqlite3 from converting by the declared type.
                read=f"typeof({quoted}), +{quoted}",
                needs_value=bool(not_null) and default is None and not row_number,
            )
        )
    return Content(table, Dialect.SQLITE, tuple(found))
