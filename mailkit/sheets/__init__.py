"""Tables in files that people have: CSV, TSV, XLSX and JSON, read row by row with an eye on memory.

A file is read as its writer meant it: Excel's byte order marks, semicolons, UTF-16 and line ends
(RFC 4180 is what it should be). What cannot be meant is an error with the line and a code; the
words for the codes are not here. Nothing is guessed that would change a value: neither an encoding
without a mark, nor what a formula would give.
"""

from __future__ import annotations

from mailkit.sheets.columns import FIELDS, Kind, Layout, lay_out
from mailkit.sheets.errors import CODES, SheetError
from mailkit.sheets.reading import ENCODINGS, Head, Opened, Record, open_file, read_head

__all__ = [
    "CODES",
    "ENCODINGS",
    "FIELDS",
    "Head",
    "Kind",
    "Layout",
    "Opened",
    "Record",
    "SheetError",
    "lay_out",
    "open_file",
    "read_head",
]
