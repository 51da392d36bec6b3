"""CSV and TSV (RFC 4180, and what spreadsheets write instead): commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from mailkit.sheets.errors import SheetError

_DELIMITERS = ";\t,"
_SEP = "sep="


def read_delimited(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row, the names first; empty rows are left out. Raises SheetError."""
    rest = iter(lines)
    first, skipped = "", 0
    for line in rest:
        first = line
        if line.lower().startswith(_SEP) or not line.strip(" \r\n;,\t"):
            skipped += 1
            if line.lower().startswith(_SEP):
                yield from _rows(rest, line[len(_SEP) : len(_SEP) + 1], skipped)
                return
            continue
        break
    else:
        return
    yield from _rows(_chained(first, rest), _delimiter_of(first), skipped)


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter_of(line: str) -> str:
    """The one that stands most often outside quotation marks."""
    outside = "".join(line.split('"')[::2])
    counts = {one: outside.count(one) for one in _DELIMITERS}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else ","


def _rows(lines: Iterator[str], delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    while True:
        line = skipped + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            # The module's own words are the only way to tell.
            code = "file.too_long" if "limit" in str(error) else "file.quotes"
            raise SheetError(code, line, limit=csv.field_size_limit()) from None
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        width = width or _width_of(cells)
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            raise SheetError("file.ragged", line, found=len(cells), wanted=width, sign=delimiter)
        yield line, cells[:width]


def _width_of(names: list[str]) -> int:
    """Columns up to the last with a name."""
    return max(number for number, name in enumerate(names, 1) if name.strip())
