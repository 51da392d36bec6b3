"""Every row of a table, whole, some at a time: at a million rows in the memory of a few thousand.

A row that is changed, or one that comes or goes meanwhile is read as it was or as it is then.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mailkit.tables.batches import BATCH, read_tuples
from mailkit.tables.content import Value, as_rows, in_utc
from mailkit.tables.content_columns import content
from mailkit.tables.facts import Facts, Kind, Table
from mailkit.tables.sql import Connection, fetch, quote


def read_all(connection: Connection, facts: Facts, table: str) -> Iterator[list[dict[str, Value]]]:
    """All rows of one of the four tables, those with a NULL or odd key too.

    Raises the driver's errors, its own for a table that is not there. `facts`: of these tables.
    """
    found = facts.tables.get(table)
    if found is None:
        fetch(connection, facts.dialect, f"SELECT 1 FROM {quote(facts.dialect, table)}")  # noqa: S608
        return
    columns = content(connection, facts.dialect, table)
    key = None if _unordered(found) else found.key
    with in_utc(connection, columns):
        rows = read_tuples(connection, facts.dialect, found, key, columns.read)
        while batch := list(islice(rows, BATCH)):
            yield as_rows(columns, batch)


def _unordered(table: Table) -> bool:
    """Whether rows cannot be asked for by what follows a key."""
    key = table.key
    return key is None or key.kind is Kind.OTHER or not key.collation_known
