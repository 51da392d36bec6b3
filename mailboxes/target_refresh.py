"""Brings `mailadmin_forwarding_target` into step with `forwardings`, whoever wrote there.

Reads both once, some thousand rows at a time, and writes only where they differ: seconds and a few
megabytes at 300,000 forwardings. What differs is read again under a lock before it is mended, so
that a service that writes the same row meanwhile is neither overtaken nor undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.utils import timezone

from audit.transaction import service
from mailboxes.models import Forwarding, ForwardingTarget, TargetsState
from mailboxes.targets import add_targets, key_of, source_of, target_keys, targets_in
from mailkit import tables
from mailkit.tables.batches import TextRow, read_rows
from mailkit.tables.facts import Kind

BATCH = 2000
# So many sources are mended in one transaction; writers of the same rows wait for it.
MENDED = 500
STATE = 1


@dataclass(frozen=True)
class Refreshed:
    """`rows` forwardings were read, `mended` sources were not as the table had them."""

    rows: int
    mended: int


def refresh_targets(on_step: Callable[[], object] = lambda: None) -> Refreshed:
    """Compare the whole table and mend it; `on_step` is called between two steps."""
    begun = timezone.now()
    rows = named = 0
    mended = 0
    for batch in _batches(_forwardings()):
        on_step()
        wanted = _wanted(batch)
        stored = _stored(set(wanted))
        odd = [key for key, targets in wanted.items() if stored.get(key, []) != sorted(targets)]
        mended += _mend(odd)
        named += sum(len(targets) for targets in wanted.values())
        rows += len(batch)
    if ForwardingTarget.objects.count() != named:
        mended += _remove_strays(on_step)
    _end(begun, rows)
    return Refreshed(rows, mended)


@service
def _end(begun: datetime, rows: int) -> None:
    values = {"compared_at": begun, "rows": rows}
    TargetsState.objects.update_or_create(pk=STATE, defaults=values)


def _forwardings() -> Iterator[TextRow]:
    connection.ensure_connection()
    raw: Any = connection.connection
    with connection.wrap_database_errors:
        table = tables.read(raw, connection.vendor).tables.get("forwardings")
        if table is None or table.key is None or table.key.kind is Kind.OTHER:
            return
        key, value = table.key, table.columns.get("destination")
        if value is None:
            return
        rows = read_rows(raw, connection.vendor, table, key, value.name)
        if key.name.lower() not in table.unique and connection.vendor != "sqlite":
            # Streamed by one query, beside which this connection can ask no other.
            rows = iter(list(rows))
        yield from rows


def _batches(rows: Iterator[TextRow]) -> Iterator[list[TextRow]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _wanted(batch: list[TextRow]) -> dict[str, set[str]]:
    """{key of a source: keys of its targets}"""
    wanted: dict[str, set[str]] = {}
    for source, destination in batch:
        if source:
            keys = target_keys(source, targets_in(destination or ""))
            wanted.setdefault(key_of(source), set()).update(keys)
    return wanted


def _stored(keys: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = ForwardingTarget.objects.filter(source__in=keys)
    for source, target in rows.values_list("source", "target"):
        found.setdefault(source, []).append(target)
    for targets in found.values():
        targets.sort()
    return found


def _mend(keys: list[str]) -> int:
    for start in range(0, len(keys), MENDED):
        _mend_some(keys[start : start + MENDED])
    return len(keys)


@service
def _mend_some(keys: list[str]) -> None:
    """Write anew what the table has of these sources, as their rows are now."""
    asked = set(keys)
    sources = [source_of(key) for key in keys]
    rows = Forwarding.objects.select_for_update().filter(pk__in=sources).order_by("pk").found()
    destinations: dict[str, list[str]] = {}
    for row in rows:
        if key_of(row.source) in asked:
            destinations.setdefault(row.source, []).append(row.destination or "")
    # Whoever makes one of those that are not there (yet) adds rows with other numbers.
    old = ForwardingTarget.objects.filter(source__in=asked).values_list("pk", "source")
    gone = [pk for pk, key in old if key in asked]
    if gone:
        ForwardingTarget.objects.filter(pk__in=gone).delete()
    add_targets(destinations)


def _remove_strays(on_step: Callable[[], object]) -> int:
    """Rows of sources that are gone."""
    mended, last = 0, 0
    while True:
        on_step()
        rows = ForwardingTarget.objects.filter(pk__gt=last).order_by("pk")[:BATCH]
        found = list(rows.values_list("pk", "source"))
        if not found:
            return mended
        last = found[-1][0]
        keys = {source for _pk, source in found}
        sources = [source_of(key) for key in keys]
        there = Forwarding.objects.filter(pk__in=sources).found()
        present = {key_of(row.source) for row in there}
        mended += _mend(sorted(keys - present))
