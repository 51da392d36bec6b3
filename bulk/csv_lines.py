"""CSV line by line, harmless to a spreadsheet that opens it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from mailkit.spreadsheet import guarded


class _Line:
    """What csv.writer writes to: gives the line back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The rows as CSV."""
    write = csv.writer(_Line()).writerow
    for row in rows:
        yield write([guarded(str(cell)) for cell in row])


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The same in one piece."""
    return "".join(csv_lines(rows))
