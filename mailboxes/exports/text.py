"""CSV, TSV and JSON, in pieces as the rows are read."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

from audit.actor import Actor
from mailboxes.exports.rows import PASSWORD, PASSWORD_HASH, Batches, Found, Row, read_rows
from mailboxes.exports.wanted import Format, Kind, Wanted
from mailkit.spreadsheet import guarded
from mailkit.tables.content import Value, pack, text_of

DELIMITERS = {Format.CSV: ",", Format.TSV: "\t"}


class _Line:
    """A file for the csv module that gives each line back."""

    def write(self, text: str) -> str:
        return text


def named(wanted: Wanted, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns as `mailimport` calls them."""
    if wanted.kind is not Kind.MAILBOXES:
        return columns
    return tuple(PASSWORD_HASH if name == PASSWORD else name for name in columns)


def cell(value: Value) -> str:
    """A value as text, NULL as nothing; bytes that are no text as `\\x` and hexadecimal digits."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return f"\\x{value.hex()}"
    return text_of(value) or ""


def lines(wanted: Wanted, found: Found, format: Format) -> Iterator[str]:
    """The rows in a format that is text."""
    if format is Format.JSON:
        return json_lines(wanted, found)
    return table_lines(wanted, found, format)


def table_lines(wanted: Wanted, found: Found, format: Format) -> Iterator[str]:
    """The header, and a line a row, safe to open in a spreadsheet."""
    writer = csv.writer(_Line(), delimiter=DELIMITERS[format])
    yield writer.writerow([guarded(name) for name in named(wanted, found.columns)])
    for batch in found.batches:
        lines = [
            writer.writerow([guarded(cell(row[name])) for name in found.columns]) for row in batch
        ]
        yield "".join(lines)


def json_lines(wanted: Wanted, found: Found) -> Iterator[str]:
    """One JSON document, a list with a row a line."""
    yield "["
    names = dict(zip(found.columns, named(wanted, found.columns), strict=True))
    yield from _rows({names[name]: row[name] for name in names} for row in _each(found.batches))
    yield "\n]\n"


def exact_lines(kinds: dict[Kind, Found], *, hashes: bool) -> Iterator[str]:
    """All tables as one JSON document, a row a line with all its columns, for the very same rows.

    Values as `mailkit.tables.content.pack` marks them, columns as the tables call them.
    """
    yield f'{{"mailadmin": 1, "exact": true, "hashes": {json.dumps(hashes)},'
    for kind, found in kinds.items():
        yield f'\n"{kind}": ['
        yield from _rows(_each(found.batches))
        yield "\n]" if kind is list(kinds)[-1] else "\n],"
    yield "\n}\n"


def exact(actor: Actor, *, domain: str = "", hashes: bool = False) -> Iterator[str]:
    """`exact_lines` of what the actor sees, all of it or what lies in a domain."""
    wanted = {kind: Wanted(kind, domain=domain, hashes=hashes) for kind in Kind}
    found = {kind: read_rows(one, actor) for kind, one in wanted.items()}
    return exact_lines(found, hashes=hashes)


def _each(batches: Batches) -> Iterator[Row]:
    for batch in batches:
        yield from batch


PIECE = 500


def _rows(rows: Iterator[Row]) -> Iterator[str]:
    lines: list[str] = []
    before = "\n"
    for row in rows:
        lines.append(before + json.dumps(pack(row), ensure_ascii=False))
        before = ",\n"
        if len(lines) == PIECE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)
