"""XLSX (ECMA-376): one sheet, every cell a text, written to a file as the rows are read."""

from __future__ import annotations

import re
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from audit.refusals import Refused
from mailboxes.exports.rows import Found
from mailboxes.exports.text import cell, named
from mailboxes.exports.wanted import Wanted
from mailkit.spreadsheet import guarded

# Excel's own limits: lines of a sheet, the header's among them, and characters of a cell.
MOST_LINES = 1_048_576
LONGEST = 32_767
# XML 1.0, section 2.2; and ECMA-376's way to write such a character, which would be read as one.
_NOT_KEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")


def write_sheet(wanted: Wanted, found: Found, file: IO[bytes]) -> int:
    """Write the rows and return how many; Refused where a sheet cannot hold them.

    The workbook library keeps the sheet in a temporary file, and one row in memory.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(str(wanted.kind))
    sheet.append([_text(sheet, name) for name in named(wanted, found.columns)])
    count = 0
    try:
        for batch in found.batches:
            for row in batch:
                count += 1
                if count >= MOST_LINES:
                    raise _refused("export.too_many_rows", _too_many())
                sheet.append([_text(sheet, cell(row[name])) for name in found.columns])
    except BaseException:
        # Its temporary file would stay until the process ends.
        sheet.close()
        sheet._writer.cleanup()
        raise
    book.save(file)
    return count


def _text(sheet: Any, text: str) -> Any:
    """A cell that is a text whatever it looks like.

    In front of what would be a formula Excel shows no apostrophe, and keeps the cell a text when
    it is edited (`quotePrefix`, ECMA-376 part 1, 18.8.45). Only a text with an apostrophe there
    gets one more, since whoever reads the file takes one away.
    """
    if len(text) > LONGEST:
        raise _refused("export.cell_too_long", _too_long(text))
    if _NOT_KEPT.search(text):
        raise _refused("export.not_in_xlsx", _not_kept(text))
    safe = guarded(text)
    formula = safe != text and not text.startswith("'")
    if not formula and not text.startswith("#"):
        return safe
    # The library would take "#N/A" for an error and "=1" for a formula.
    made = WriteOnlyCell(sheet)
    made.value = text
    made.data_type = "s"
    if formula:
        made.quotePrefix = True
    return made


def _refused(code: str, words: str) -> Refused:
    return Refused({"format": [ValidationError(words, code=code)]})


def _too_many() -> str:
    return _(
        "A sheet of Excel holds %(lines)s lines, and there are more rows. Choose CSV, or export "
        "a domain at a time."
    ) % {"lines": f"{MOST_LINES:,}"}


def _too_long(text: str) -> str:
    return _(
        "A cell of Excel holds %(most)s characters, and one would have %(length)s, beginning "
        "with “%(start)s”. Choose CSV or JSON."
    ) % {"most": f"{LONGEST:,}", "length": f"{len(text):,}", "start": text[:40]}


def _not_kept(text: str) -> str:
    return _(
        "XLSX has no place for control characters, nor for what it takes for one (_x0041_), and "
        "%(text)s has one. Choose CSV or JSON."
    ) % {"text": repr(text[:40])}
