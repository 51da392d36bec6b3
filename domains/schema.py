"""What the four tables are really like: widths, indexes, how they compare, what they guard.

Asked of the database, not of the models, whose max_length is not the column's width. Kept for
a minute in each process; an answer that would refuse a write is asked anew first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection

from mailkit import tables
from mailkit.addresses import lowered

KEPT_SECONDS = 60.0

Widths = dict[tuple[str, str], int | None]


@dataclass(frozen=True)
class Schema:
    """`widths` in characters, None for no limit; `indexed`: tables with an index on the domain.

    `blind`: tables whose key finds `A` when asked for `a`. In the others Postfix, which asks in
    lower case, never finds a row with capitals. `unguarded`: see `domains.locks.guard`. `sorted`:
    tables on PostgreSQL whose key is sorted byte by byte.
    """

    widths: Widths
    indexed: frozenset[str]
    blind: frozenset[str]
    unguarded: frozenset[str]
    sorted: frozenset[str]


_kept: tuple[float, str, Schema] | None = None


def schema() -> Schema:
    """The tables as they were at most a minute ago."""
    global _kept  # noqa: PLW0603 - one value for the process, replaced as a whole
    name = str(connection.settings_dict["NAME"])
    now = time.monotonic()
    if _kept is not None and _kept[1] == name and now - _kept[0] < KEPT_SECONDS:
        return _kept[2]
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        found = Schema(
            widths=dict(tables.column_widths(raw, connection.vendor)),
            indexed=frozenset(tables.tables_with_domain_index(raw, connection.vendor)),
            blind=tables.case_blind_tables(raw, connection.vendor),
            unguarded=tables.unguarded_tables(raw, connection.vendor),
            sorted=tables.tables_sorted_by_bytes(raw, connection.vendor),
        )
    _kept = (now, name, found)
    return found


def forget_schema() -> None:
    """Ask the database anew next time (after `mailtables upgrade`, and in tests)."""
    global _kept  # noqa: PLW0603
    _kept = None


def is_found(table: str, key: str) -> bool:
    """Whether Postfix finds a row of this key, which it asks for in lower case."""
    return key == lowered(key) or table in schema().blind


def width_of(table: str, column: str) -> int | None:
    """The column's width in characters, None where the database sets no limit."""
    return schema().widths.get((table, column))


def too_wide(table: str, column: str, text: str) -> int | None:
    """The column's width if `text` does not fit into it, else None; never an old refusal."""
    width = width_of(table, column)
    if width is None or len(text) <= width:
        return None
    forget_schema()
    width = width_of(table, column)
    return None if width is None or len(text) <= width else width
