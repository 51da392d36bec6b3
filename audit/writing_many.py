"""Writing many entries of the log at once, in a fraction of the time that models take for it.

Of a hundred thousand rows the log is the larger part of the work, and all entries of one action
agree in most columns: each column is made ready for the database once where all agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from audit.models import Entry
from mailkit.tables.sql import insert_rows


def write_entries(entries: Sequence[Entry]) -> None:
    """INSERT these entries, in one statement; they do not learn their ids."""
    fields = [field for field in Entry._meta.concrete_fields if not field.primary_key]
    connection.ensure_connection()
    columns = [_column(field, entries) for field in fields]
    names = [str(field.column) for field in fields]
    with connection.wrap_database_errors:
        insert_rows(
            connection.connection,
            connection.vendor,
            Entry._meta.db_table,
            names,
            list(zip(*columns, strict=True)),
        )


def _column(field: models.Field[Any, Any], entries: Sequence[Entry]) -> list[Any]:
    values = [field.pre_save(entry, True) for entry in entries]
    first = values[0]
    if all(value is first for value in values) or (
        isinstance(first, str) and all(value == first for value in values)
    ):
        return [field.get_db_prep_save(first, connection)] * len(values)
    return [field.get_db_prep_save(value, connection) for value in values]
