"""A file of any of the kinds, opened: its columns, then record by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, Any

from mailkit.sheets.columns import Kind, Layout, field_of, has_own_name, lay_out, plain
from mailkit.sheets.delimited import read_delimited
from mailkit.sheets.errors import SheetError
from mailkit.sheets.json_rows import read_json
from mailkit.sheets.text import decoded, encoding_of, lines, with_newlines
from mailkit.sheets.xlsx import LARGEST, read_xlsx
from mailkit.spreadsheet import unguarded

# Those that somebody may declare; others are told by their mark.
ENCODINGS = ("utf-8", "cp1252", "iso8859-15", "utf-16")
SHOWN = 5
_PIECE = 1 << 16
_LOOKED_AT = 4096
# A request reads no further for the columns: a few seconds of the worst that may stand there.
HEAD = 1 << 25
# In front of the first letter.
MOST_BLANKS = 1 << 20
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
# What begins files that are no text; a zero byte tells the others.
_BINARY = (b"\x1f\x8b", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"BZh", b"7z\xbc\xaf", b"\xfd7zXZ")


@dataclass(frozen=True)
class Record:
    """One row. `values`: field -> text, of those of its kind; in an exact document (`exact`) the
    row's columns as they are written there."""

    line: int
    kind: Kind
    values: Mapping[str, Any] = field(repr=False)
    exact: bool = False


@dataclass(frozen=True)
class Opened:
    """`layout`: of a table with columns, None for a document; `facts`: what a document says of
    itself. `records` raises SheetError."""

    layout: Layout | None
    facts: Mapping[str, Any]
    records: Iterator[Record]


@dataclass(frozen=True)
class Head:
    """The beginning of a table: its columns' names and first rows; no names for a document.

    `by_name`: a JSON list, whose columns have a name and no number.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    by_name: bool = False


def open_file(
    file: IO[bytes],
    encoding: str = "",
    chosen: Mapping[str, str] | None = None,
    *,
    only: bool = False,
    most: int = LARGEST,
) -> Opened:
    """Open a file that can be read anew; `chosen`: see `lay_out`. Raises SheetError.

    `most`: bytes that are read of it, for who wants its beginning only.
    """
    form, texts = _form_of(file, encoding, most)
    if form == "json":
        return _json(texts, chosen, only=only)
    rows = read_xlsx(file, most) if form == "xlsx" else read_delimited(lines(texts))
    first = next(rows, None)
    if first is None:
        raise SheetError("file.empty")
    names = [cell.strip() for cell in first[1]]
    layout = lay_out(names, chosen, first[0], only=only)
    return Opened(layout, {}, _of_rows(layout, rows))


def read_head(file: IO[bytes], encoding: str = "") -> Head:
    """The columns and first rows, for somebody who says what they are. Raises SheetError."""
    form, texts = _form_of(file, encoding, HEAD)
    if form != "json":
        rows = read_xlsx(file, HEAD) if form == "xlsx" else read_delimited(lines(texts))
        found = [tuple(cells) for _line, cells in islice(rows, SHOWN + 1)]
        if not found:
            raise SheetError("file.empty")
        cells = tuple(tuple(map(unguarded, row)) for row in found[1:])
        return Head(tuple(name.strip() for name in found[0]), cells)
    names: dict[str, None] = {}
    first = []
    for line, name, row in islice(read_json(texts), SHOWN):
        if name:
            return Head((), ())
        names.update(dict.fromkeys(row))
        first.append((line, row))
    if not first:
        raise SheetError("file.empty")
    shown = [tuple(_text(row.get(name), line) for name in names) for line, row in first]
    return Head(tuple(names), tuple(shown), by_name=True)


def _pieces(file: IO[bytes], most: int) -> Iterator[bytes]:
    read = 0
    while piece := file.read(_PIECE):
        read += len(piece)
        if read > most:
            raise SheetError("file.far", limit=most >> 20)
        yield piece


def _form_of(file: IO[bytes], encoding: str, most: int) -> tuple[str, Iterator[str]]:
    file.seek(0)
    head = file.read(_LOOKED_AT)
    file.seek(0)
    if head.startswith(_OLD_EXCEL):
        raise SheetError("file.old_excel")
    if head.startswith(_ZIP):
        return "xlsx", iter(())
    if head.startswith(_BINARY):
        raise SheetError("file.binary", 1)
    texts = decoded(_pieces(file, most), encoding_of(head, encoding))
    start: list[str] = []
    blanks = 0
    for text in texts:
        start.append(text)
        if first := text.lstrip():
            whole = chain(start, texts)
            return ("json", with_newlines(whole)) if first[0] in "[{" else ("text", whole)
        blanks += len(text)
        if blanks > MOST_BLANKS:
            break
    raise SheetError("file.empty")


def _of_rows(layout: Layout, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Record]:
    places = list(layout.places.items())
    for line, cells in rows:
        values = {name: unguarded(cells[number]) for name, number in places}
        yield Record(line, layout.kind, values)


def _json(texts: Iterator[str], chosen: Mapping[str, str] | None, *, only: bool) -> Opened:
    rows = read_json(texts)
    first = next(rows, None)
    if first is None:
        raise SheetError("file.empty")
    line, name, row = first
    rest = chain([first], rows)
    if name == "":
        layout = lay_out(list(row), chosen, line, only=only)
        return Opened(layout, {}, _of_list(rest, layout.kind, chosen, only=only))
    return Opened(None, row, _of_document(rest, exact=row.get("exact") is True))


def _of_list(
    rows: Iterator[tuple[int, str, dict[str, Any]]],
    kind: Kind,
    chosen: Mapping[str, str] | None,
    *,
    only: bool,
) -> Iterator[Record]:
    by_name = {plain(wanted): name for name, wanted in (chosen or {}).items()}
    for line, _name, row in rows:
        yield Record(line, kind, _named(row, line, kind, by_name, only=only))


def _of_document(
    rows: Iterator[tuple[int, str, dict[str, Any]]], *, exact: bool
) -> Iterator[Record]:
    for line, name, row in rows:
        if name == "*":
            continue
        try:
            kind = Kind(name)
        except ValueError:
            raise SheetError("file.json_shape", line, name=name[:40]) from None
        if exact:
            yield Record(line, kind, row, exact=True)
        else:
            yield Record(line, kind, _named(row, line, kind, {}))


_OF_KIND = {
    Kind.DOMAINS: frozenset({"domain"}),
    Kind.MAILBOXES: frozenset({"email", "password", "password_hash"}),
    Kind.FORWARDINGS: frozenset({"source", "destination"}),
    Kind.TRANSPORTS: frozenset({"domain", "transport"}),
}


def _named(
    row: Mapping[str, Any],
    line: int,
    kind: Kind,
    by_name: Mapping[str, str],
    *,
    only: bool = False,
) -> dict[str, str]:
    wanted = _OF_KIND[kind]
    found: dict[str, str] = {}
    own_name: dict[str, bool] = {}
    for name, value in row.items():
        here = by_name.get(plain(name)) or (None if only else field_of(name))
        if here in by_name.values() and plain(name) not in by_name:
            continue
        if kind is Kind.FORWARDINGS and here == "email" and "source" not in row:
            here = "source"
        if here not in wanted:
            continue
        own = has_own_name(name, here)
        if here in found and own == own_name[here]:
            raise SheetError("file.duplicate_column", line, column=name, field=here)
        if here not in found or own:
            found[here], own_name[here] = _text(value, line), own
    return found


def _text(value: Any, line: int) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    raise SheetError("file.json_value", line)
