"""XLSX: one sheet, every cell a text, written to a file as the rows are read."""

from __future__ import annotations

from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.refusals import Refused
from mailboxes.exports.rows import Found
from mailboxes.exports.text import cell, named
from mailboxes.exports.wanted import Wanted
from mailkit.spreadsheet import guarded
from mailkit.xlsx import LONGEST, MOST_LINES, NOT_KEPT, SheetWriter, length


def write_sheet(wanted: Wanted, found: Found, file: IO[bytes]) -> int:
    """Write the rows and return how many; Refused where a sheet cannot hold them."""
    count = 0
    with SheetWriter(file, str(wanted.kind)) as sheet:
        sheet.row([_text(name) for name in named(wanted, found.columns)])
        for batch in found.batches:
            count += len(batch)
            if count >= MOST_LINES:
                raise _refused("export.too_many_rows", _too_many())
            for row in batch:
                sheet.row([_text(cell(row[name])) for name in found.columns])
    return count


def _text(text: str) -> tuple[str, bool]:
    """The text for a cell, and whether it looks like a formula, which the cell then denies.

    So there is no apostrophe in front of it. Only a text with an apostrophe there gets one more,
    since whoever reads the file takes one away.
    """
    if 2 * len(text) > LONGEST and length(text) > LONGEST:
        raise _refused("export.cell_too_long", _too_long(text))
    if NOT_KEPT.search(text):
        raise _refused("export.not_in_xlsx", _not_kept(text))
    safe = guarded(text)
    if safe == text or text.startswith("'"):
        return safe, False
    return text, True


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
    ) % {"most": f"{LONGEST:,}", "length": f"{length(text):,}", "start": text[:40]}


def _not_kept(text: str) -> str:
    return _(
        "XLSX has no place for control characters, nor for what it takes for one (_x0041_), and "
        "%(text)s has one. Choose CSV or JSON."
    ) % {"text": repr(text[:40])}
