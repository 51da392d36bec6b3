"""The change log as CSV, written as it is read, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.db.models import QuerySet

from audit.models import Entry
from audit.reading import undone_by

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
# A spreadsheet takes a cell that begins so for a formula; the wide forms count as well.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Line:
    """A file for the csv module that gives each line back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(entries: QuerySet[Entry]) -> Iterator[str]:
    """The header and a line an entry, newest first; some entries at a time, by id."""
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    found = list(entries.order_by("-pk")[:BATCH])
    while found:
        by = undone_by(found)
        for entry in found:
            cells = _cells(entry, by.get(entry.pk))
            yield writer.writerow([safe(cell) for cell in cells])
        found = list(entries.filter(pk__lt=found[-1].pk).order_by("-pk")[:BATCH])


def safe(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would calculate it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


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
