"""An XLSX workbook (ECMA-376, part 1, section 18) of one sheet of texts, written row by row.

Nothing is kept in memory. Every cell has the format for texts, so that Excel takes neither `1.50`
for a number nor `=1` for a formula, also once the cell was edited.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from types import TracebackType
from typing import IO, Self

# Excel's own limits: lines of a sheet, the header's among them, and characters of a cell.
MOST_LINES = 1_048_576
LONGEST = 32_767
# XML 1.0, section 2.2 has no such characters; and ECMA-376's way to write one (22.9.2.19), which
# a text could only look like, is read as the character.
NOT_KEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = "xl/worksheets/sheet1.xml"
# Number format 49 is "@", a text. Style 1: a text; 2: one that Excel shows an apostrophe for while
# it is edited, since it looks like a formula (quotePrefix, 18.8.45).
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font>'
    '</fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill'
    ' patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/>'
    '<bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0"'
    ' fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0"'
    ' fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0"'
    ' xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0"'
    ' xfId="0" applyNumberFormat="1" quotePrefix="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def length(text: str) -> int:
    """Characters as Excel counts them: those beyond the basic plane are two."""
    return len(text.encode("utf-16-le")) // 2


class SheetWriter:
    """`with SheetWriter(file, "mailboxes") as sheet: sheet.row(cells)`.

    After an error within, the file is no whole workbook.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._book = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        for part, text in _parts(name).items():
            self._book.writestr(part, _HEAD + text)
        self._lines = 0

    def __enter__(self) -> Self:
        self._part = self._book.open(_SHEET, "w", force_zip64=True)
        self._write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>')
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write("</sheetData></worksheet>")
        self._part.close()
        self._book.close()

    def row(self, cells: Iterable[tuple[str, bool]]) -> None:
        """(text, whether it looks like a formula) of each cell, every text within the limits."""
        self._lines += 1
        line = self._lines
        written = [
            f'<c r="{_letters(number)}{line}" s="{2 if formula else 1}" t="inlineStr"><is>'
            f'<t xml:space="preserve">{text.translate(_ESCAPED)}</t></is></c>'
            for number, (text, formula) in enumerate(cells)
        ]
        self._write(f'<row r="{line}">{"".join(written)}</row>')

    def _write(self, text: str) -> None:
        self._part.write(text.encode())


@lru_cache(maxsize=1000)
def _letters(number: int) -> str:
    """The column's name: A for 0, AA for 26."""
    name = ""
    while number >= 0:
        name = chr(65 + number % 26) + name
        number = number // 26 - 1
    return name


def _parts(name: str) -> dict[str, str]:
    override = '<Override PartName="/{}" ContentType="{}+xml"/>'
    relation = f'<Relationship Id="{{}}" Type="{_OFFICE}/{{}}" Target="{{}}"/>'
    relations = f'<Relationships xmlns="{_PACKAGE}/relationships">{{}}</Relationships>'
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            + override.format("xl/workbook.xml", f"{_TYPE}.sheet.main")
            + override.format(_SHEET, f"{_TYPE}.worksheet")
            + override.format("xl/styles.xml", f"{_TYPE}.styles")
            + "</Types>"
        ),
        "_rels/.rels": relations.format(relation.format("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": relations.format(
            relation.format("r1", "worksheet", "worksheets/sheet1.xml")
            + relation.format("r2", "styles", "styles.xml")
        ),
        "xl/styles.xml": _STYLES,
    }
