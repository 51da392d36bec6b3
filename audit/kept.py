"""What undo needs of a change and nobody gets to see: the rows as they were, with their hashes.

Kept for MAILADMIN_UNDO_DAYS days in the log's protected column; after that it counts as gone,
whether `prune` has emptied the column yet or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from audit.models import Entry
from audit.protected import Protected
from mailkit.tables import content as rows
from mailkit.tables.expected import EXPECTED

Row = Mapping[str, rows.Value]
# The log's name of a kind of object -> its table.
TABLES = {
    "domain": "domains",
    "mailbox": "users",
    "forwarding": "forwardings",
    "transport": "transport",
}
BATCH = 2000


@dataclass(frozen=True, repr=False)
class Kept:
    """One change of rows with one key. `before`: whole rows; `after`: the mail columns alone.

    Nothing before: the row was made. Nothing after: it was deleted. More than one before: the
    table has no unique key, or the database takes different keys for the same.
    """

    table: str
    before: tuple[Row, ...]
    after: tuple[Row, ...]

    @property
    def key_column(self) -> str:
        return EXPECTED[self.table].key.name


def key_of(kept: Kept, row: Row) -> str:
    """The key of one of the kept rows."""
    return rows.text_of(row[kept.key_column]) or ""


def days() -> int:
    """For how long rows are kept; 0: not at all."""
    kept_for: int = settings.MAILADMIN.undo_days
    return kept_for


def keep(object_type: str, key: str | None, after: Row | None) -> Kept | None:
    """What to keep of a change that is about to be made; None where nothing shall be kept.

    `key`: of the row as it is now, None where there is none yet. `after`: its mail columns once it
    is changed, None where it is deleted. Locks the row until the transaction ends.
    """
    if not days():
        return None
    table = TABLES[object_type]
    before = () if key is None else tuple(read_alike(table, [key]))
    return Kept(table, before, () if after is None else (dict(after),))


def keep_deleted(object_type: str, keys: Sequence[str]) -> list[tuple[str, Kept]]:
    """(key, what to keep) of each key of which there is a row, before all of them are deleted.

    Also with days of 0: the caller wants to know what is there.
    """
    table = TABLES[object_type]
    column = EXPECTED[table].key.name
    by_key: dict[str, list[Row]] = {}
    for row in read_alike(table, keys):
        by_key.setdefault(rows.text_of(row[column]) or "", []).append(row)
    return [(key, Kept(table, tuple(found), ())) for key, found in by_key.items()]


def keep_many(object_type: str, after: Mapping[str, Row | None]) -> dict[str, Kept | None]:
    """`keep` of many rows in a few statements: {key of a row that is there: the row afterwards}.

    For keys of which the database takes none for another. Locks the rows.
    """
    if not days():
        return dict.fromkeys(after)
    found = keep_deleted(object_type, list(after))
    return {
        key: Kept(kept.table, kept.before, () if row is None else (dict(row),))
        for key, kept in found
        if key in after
        for row in (after[key],)
    }


def read_alike(table: str, keys: Sequence[str]) -> list[dict[str, rows.Value]]:
    """Whole rows that an UPDATE or DELETE by these keys would touch, locked."""
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        columns = rows.content(raw, connection.vendor, table)
        return rows.read_like(raw, columns, keys, lock=connection.in_atomic_block)


def sealed(kept: Kept | None) -> Protected | None:
    """For the protected column; None where nothing shall be kept."""
    if kept is None or not days():
        return None
    packed = {
        "table": kept.table,
        "before": [rows.pack(row) for row in kept.before],
        "after": [rows.pack(row) for row in kept.after],
    }
    # ASCII, so that it fits a database of any charset.
    return Protected(json.dumps(packed, separators=(",", ":")))


def kept_of(entry: Entry) -> Kept | None:
    """What was kept of an entry's change; None if nothing was, or its time is over."""
    if entry.kept is None or not days() or entry.time < oldest():
        return None
    packed: dict[str, Any] = json.loads(entry.kept.open())
    return Kept(
        packed["table"],
        tuple(rows.unpack(row) for row in packed["before"]),
        tuple(rows.unpack(row) for row in packed["after"]),
    )


def oldest() -> datetime:
    """What was kept before this moment counts as gone."""
    return timezone.now() - timedelta(days=days())


def prune() -> int:
    """Empty the protected column of entries whose time is over; returns how many there were.

    A few thousand at a time, so that nobody waits for it. The entries themselves stay.
    """
    over = Entry.objects.filter(kept__isnull=False, time__lt=oldest()).order_by()
    emptied = 0
    while ids := list(over.values_list("pk", flat=True)[:BATCH]):
        emptied += Entry.objects.filter(pk__in=ids).update(kept=None)
    return emptied


def mail_columns(table: str, row: Row) -> dict[str, str | None]:
    """The values that the mail servers read, as text."""
    names: Iterable[str] = (column.name for column in EXPECTED[table].columns)
    return {name: rows.text_of(row[name]) for name in names if name in row}
