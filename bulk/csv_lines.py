"""CSV line by line, harmless to a spreadsheet that opens it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence


class _Line:
    """What csv.writer writes to: gives the line back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The rows as CSV."""
    write = csv.writer(_Line()).writerow
    for row in rows:
        yield write([_harmless(cell) for cell in row])


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The same in one piece."""
    return "".join(csv_lines(rows))


def _harmless(cell: object) -> object:
    """A spreadsheet takes what begins like this for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell
