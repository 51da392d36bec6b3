"""What a database really has: read by `read`, judged by `judge`, built upon by `plan`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from mailkit.tables.expected import EXPECTED


class Kind(Enum):
    """What sort of values a column takes."""

    STRING = "string"  # varchar, MySQL's char
    PADDED = "padded"  # PostgreSQL's char(n), which gives its padding back to Postfix
    TEXT = "text"
    BYTES = "bytes"
    OTHER = "other"  # numbers, dates, enums


@dataclass(frozen=True)
class Comparison:
    """How the database compares two texts in a column, asked with real comparisons.

    None: the database could not tell (no text column, or a collation it does not know).
    """

    case_sensitive: bool | None = None
    accent_sensitive: bool | None = None
    ignores_trailing_blanks: bool | None = None


@dataclass(frozen=True)
class Column:
    """One column. `width` in characters, None for no limit; `type` as the database writes it."""

    name: str
    type: str
    kind: Kind
    width: int | None = None
    nullable: bool = True
    # An INSERT that leaves it out fails: NOT NULL, no default, and the database fills nothing in.
    needs_value: bool = False
    charset: str | None = None
    collation: str | None = None
    # Whether the charset has all of Unicode's basic plane.
    unicode: bool = True
    comparison: Comparison = Comparison()
    # SQLite: the connection does not know the collation, so every query on the column fails.
    collation_known: bool = True
    # MySQL: what SHOW CREATE TABLE has behind the type; None where it could not be read.
    attributes: str | None = None
    # PostgreSQL: the collation to name again in ALTER TYPE, quoted; "" for the type's own.
    collate: str = ""
    # PostgreSQL: its collation allows LIKE and functions that search in a text.
    deterministic: bool = True
    # PostgreSQL: views on this column, which forbid to alter its type.
    views: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One of the four tables as it is. `columns` by name (lower case where case is not told)."""

    name: str
    columns: Mapping[str, Column]
    is_view: bool = False
    rows: int | None = None  # approximate, but for SQLite
    # Columns with a unique index of their own.
    unique: frozenset[str] = frozenset()
    has_primary_key: bool = False
    # Only looked for where the key has no unique index: the first few values there more than once.
    duplicates: tuple[str, ...] = ()
    # An index for "rows of a domain", and one for "key begins with" (PostgreSQL; elsewhere the
    # key's own index serves).
    domain_index: bool = False
    prefix_index: bool = True
    # MySQL
    engine: str | None = None
    transactional: bool = True
    row_format: str | None = None
    domain_column: bool = False
    # The domain column is there, but tells capitals apart: an earlier version made it.
    outdated_domain_column: bool = False
    # PostgreSQL
    schema: str | None = None
    partitioned: bool = False
    # Indexes of our names that are not what they should be: left by an interrupted CREATE INDEX
    # CONCURRENTLY, or made by an earlier version.
    broken_indexes: tuple[str, ...] = ()
    # SQLite: tables WITHOUT ROWID and views have no number to read them by.
    has_row_number: bool = True

    @property
    def key(self) -> Column | None:
        """The column that Postfix looks up."""
        return self.columns.get(EXPECTED[self.name].key.name)


@dataclass(frozen=True)
class Facts:
    """The four tables, as far as they are there, and the settings that matter."""

    dialect: str
    version: str
    tables: Mapping[str, Table] = field(default_factory=dict)
    # MySQL
    sql_mode: str | None = None  # the server's own, which other clients get
    mariadb: bool = False
    invisible_columns: bool = True
    instant_widening: bool = True
    # PostgreSQL
    encoding: str | None = None
    # SQLite
    journal_mode: str | None = None
    # Whether group or others may write the file and its directory; None: in memory, not told.
    writable_for_others: bool | None = None
