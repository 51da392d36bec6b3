"""The change log as CSV, safe to open in a spreadsheet, and as JSON; written as it is read."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from audit.models import Entry
from audit.reading import undone_by
from mailkit.spreadsheet import guarded

COLUMNS = (
    "id",
    "time",
    "actor",
    "actor_kind",
    "address",
    "action",
    "kind",
    "object",
    "former_object",
    "domain",
    "changes",
    "group",
    "undoes",
    "undone_by",
)
BATCH = 1000


class _Line:
    """A file for the csv module that gives each line back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(entries: QuerySet[Entry]) -> Iterator[str]:
    """The header and a line an entry, newest first; some entries at a time, by id."""
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for batch in _batches(entries, None):
        by = undone_by(batch)
        for entry in batch:
            cells = _cells(entry, by.get(entry.pk))
            yield writer.writerow([guarded(cell) for cell in cells])


def json_lines(entries: QuerySet[Entry], limit: int | None = None) -> Iterator[str]:
    """One JSON document, a list with an entry a line, newest first; the newest `limit` only."""
    first = True
    for entry in newest_first(entries, limit):
        yield ("[\n" if first else ",\n") + json.dumps(as_data(entry), ensure_ascii=False)
        first = False
    yield "[]\n" if first else "\n]\n"


def as_data(entry: Entry) -> dict[str, Any]:
    """An entry as the command and the JSON export promise it."""
    return {
        "id": entry.pk,
        "group": str(entry.group),
        "time": entry.time.isoformat(),
        "actor": entry.actor,
        "address": entry.address,
        "action": entry.action,
        "object": entry.object_key,
        "changes": entry.changes,
    }


def newest_first(entries: QuerySet[Entry], limit: int | None = None) -> Iterator[Entry]:
    """Entries some at a time, by id."""
    for batch in _batches(entries, limit):
        yield from batch


def _batches(entries: QuerySet[Entry], limit: int | None) -> Iterator[list[Entry]]:
    before: int | None = None
    left = limit
    while left is None or left > 0:
        size = BATCH if left is None else min(BATCH, left)
        rest = entries if before is None else entries.filter(pk__lt=before)
        found = list(rest.order_by("-pk")[:size])
        if found:
            yield found
        if len(found) < size:
            return
        before = found[-1].pk
        left = None if left is None else left - size


def changes_in_words(entry: Entry) -> str:
    """`field: before -> after`, joined by semicolons; nothing for what was not there."""
    changes = entry.changes.items()
    return "; ".join(f"{name}: {old or ''} -> {new or ''}" for name, (old, new) in changes)


def _cells(entry: Entry, taken_back_by: int | None) -> list[str]:
    return [
        str(entry.pk),
        entry.time.isoformat(timespec="seconds"),
        entry.actor,
        entry.actor_kind,
        entry.address,
        entry.action,
        entry.object_type,
        entry.object_key,
        entry.former_key,
        entry.domain,
        changes_in_words(entry),
        str(entry.group),
        str(entry.undoes_id or ""),
        str(taken_back_by or ""),
    ]
