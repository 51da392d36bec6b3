"""Whole rows, some at a time: further columns that somebody added included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from audit.actor import Actor
from mailboxes.exports.wanted import MODELS, Kind, Wanted
from mailkit import tables
from mailkit.tables import content as rows
from mailkit.tables.content_all import read_all

Row = dict[str, rows.Value]
Batches = Iterator[list[Row]]
BATCH = 500
PASSWORD = "password"  # noqa: S105 - a column's name
# What the import calls the column: a hash as it stands, not a password to be hashed.
PASSWORD_HASH = "password_hash"  # noqa: S105


@dataclass(frozen=True)
class Found:
    """The columns' names as the table has them, and its rows."""

    columns: tuple[str, ...]
    batches: Batches


def read_rows(wanted: Wanted, actor: Actor) -> Found:
    """The rows that are wanted, each once; of a part of them in key order. Only looks.

    Without `hashes` the column with them is left out; what somebody added to the table may be a
    secret of its own, so it is for those who may touch everything. Raises Django's database
    errors, and so do the rows.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    with connection.wrap_database_errors:
        table = rows.content(raw, connection.vendor, wanted.table)
    if not table.columns:
        # Django's own words for a table that is not there, before anything is written.
        MODELS[wanted.kind].objects.exists()
    kept = {column.name for column in table.columns}
    if not actor.touches_everything:
        kept &= set(table.mail_columns)
    if wanted.kind is Kind.MAILBOXES and not wanted.hashes:
        kept.discard(PASSWORD)
    everything = wanted.is_everything(actor)
    batches = _all(wanted) if everything else _of(wanted, actor, table)
    names = tuple(column.name for column in table.columns if column.name in kept)
    return Found(names, batches if len(names) == len(table.columns) else _only(names, batches))


def _all(wanted: Wanted) -> Batches:
    raw: Any = connection.connection
    with connection.wrap_database_errors:
        yield from read_all(raw, tables.read(raw, connection.vendor), wanted.table)


def _of(wanted: Wanted, actor: Actor, table: rows.Content) -> Batches:
    raw: Any = connection.connection
    for keys in _keys(wanted, actor):
        places = {key: place for place, key in enumerate(keys)}
        with connection.wrap_database_errors:
            found = rows.read(raw, table, keys)
        found.sort(key=lambda row: places[str(rows.text_of(row[table.key.name]))])
        yield found


def _keys(wanted: Wanted, actor: Actor) -> Iterator[list[str]]:
    """The keys in order, each once."""
    find = wanted.find(actor)
    matching = wanted.rows(actor, find)
    after = ""
    while True:
        page = wanted.page(matching, find, after, BATCH)
        keys = dict.fromkeys(row.pk for row in page.rows)
        if page.next_after is not None:
            # Without a unique key there may be more of those that the column takes for the last.
            keys |= dict.fromkeys(row.pk for row in matching.filter(pk=page.next_after))
        if keys:
            yield list(keys)
        if page.next_after is None:
            return
        after = page.next_after


def _only(names: tuple[str, ...], batches: Batches) -> Batches:
    for batch in batches:
        yield [{name: row[name] for name in names} for row in batch]
