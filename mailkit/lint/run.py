"""Reads the four tables once, row by row, and judges them a few hundred at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mailkit.lint.asked import Asked
from mailkit.lint.findings import LIMIT, Collected, Finding
from mailkit.lint.forwardings import judge_forwardings
from mailkit.lint.mailboxes import judge_mailboxes
from mailkit.lint.transports import judge_domains, judge_transports
from mailkit.postfix.master import Settings
from mailkit.postfix.resolve import ResolveTables
from mailkit.tables.batches import TextRow, read_rows
from mailkit.tables.expected import EXPECTED
from mailkit.tables.facts import Facts, Kind
from mailkit.tables.sql import Connection

# So many rows are judged at a time, or fewer of long ones: so many characters.
BATCH = 2000
WEIGHT = 500_000
Judge = Callable[[list[tuple[str, str | None]]], Iterable[Finding]]


def lint_rows(
    connection: Connection,
    dialect: str,
    facts: Facts,
    tables: ResolveTables,
    settings: Settings,
    *,
    limit: int = LIMIT,
    on_progress: Callable[[str, int], object] = lambda table, rows: None,
) -> Collected:
    """Findings about all rows, at most `limit` examples of each code.

    `tables` answers as Postfix's own lookups would. `on_progress` is called after each batch with
    the table's name and how many of its rows have been read. A table that is not there, or whose
    columns the mail servers could not read, is left out: `mailtables check` says so. Raises the
    driver's errors.
    """
    found = Collected(limit, rows=dict.fromkeys(EXPECTED, 0))
    asked = Asked(tables, rows_are_unique=_is_unique(facts, "forwardings"))
    judges: dict[str, Judge] = {
        "domains": lambda rows: judge_domains([key for key, _none in rows], tables, settings),
        "users": lambda rows: judge_mailboxes(rows, found, settings.recipient_delimiter),
        # Before the forwardings, so that it is known what keys it has.
        "transport": lambda rows: judge_transports(
            asked.transports_read(_with_value(rows)), tables, settings
        ),
        "forwardings": lambda rows: judge_forwardings(
            *asked.forwardings_read(_with_value(rows)), settings
        ),
    }
    for name, judge in judges.items():
        count = 0
        for batch in _batches(_rows(connection, dialect, facts, name)):
            found.add(judge([(key, value) for key, value in batch if key]))
            count += len(batch)
            on_progress(name, count)
        found.rows[name] = count
        if name == "transport":
            asked.all_transports_read()
    return found


def _is_unique(facts: Facts, name: str) -> bool:
    table = facts.tables.get(name)
    return table is not None and table.key is not None and table.key.name.lower() in table.unique


def _rows(connection: Connection, dialect: str, facts: Facts, name: str) -> Iterator[TextRow]:
    table = facts.tables.get(name)
    key = None if table is None else table.key
    if table is None or key is None or key.kind is Kind.OTHER:
        return
    expected = EXPECTED[name].value
    value = table.columns.get(expected.name) if expected else None
    if expected and value is None:
        return
    yield from read_rows(connection, dialect, table, key, value.name if value else None)


def _batches(rows: Iterator[TextRow]) -> Iterator[list[TextRow]]:
    batch: list[TextRow] = []
    weight = 0
    for row in rows:
        batch.append(row)
        weight += len(row[1] or "")
        if len(batch) >= BATCH or weight > WEIGHT:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _with_value(rows: Iterable[tuple[str, str | None]]) -> list[tuple[str, str]]:
    return [(key, value or "") for key, value in rows]
