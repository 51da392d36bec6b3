"""The first sheet of an XLSX workbook (ECMA-376, part 1, section 18): values only, row by row.

Read with expat, which is told to refuse a document type: so there are no entities, which is what
XML bombs are made of. A zip file's own bomb is caught by what it says and by what comes out.
"""

from __future__ import annotations

import lzma
import os
import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from mailkit.sheets.errors import SheetError

# Bytes that come out: of the sheet and its shared texts. A million rows of two columns are 100 MB.
LARGEST = 1 << 30
# A sheet packs to a tenth or twentieth of its size.
HIGHEST_RATIO = 200
# Of one cell; Excel's own limit is 32,767.
LONGEST_CELL = 131_072
MOST_COLUMNS = 200
# Sheets have seven levels.
DEEPEST = 32
# Bytes of one tag: expat begins each anew with every chunk until it is whole.
LONGEST_TAG = 1 << 20
# Excel has 1,048,576 rows; some of the texts may be of columns that nobody reads.
MOST_TEXTS = 1 << 21
_CHUNK = 1 << 16
# What zipfile raises for what is no zip, is cut off, or packed by a method it does not know.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(KeyError, EOFError, NotImplementedError),
)
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_SHARED = "xl/sharedStrings.xml"


def read_xlsx(file: IO[bytes], most: int = LARGEST) -> Iterator[tuple[int, list[str]]]:
    """(row's number, cells) of each row that is not empty, the names first. Raises SheetError.

    `most`: bytes of a part that are unpacked.
    """
    try:
        with zipfile.ZipFile(file) as book, tempfile.TemporaryFile() as shelf:
            _refuse_bombs(book)
            sheet = _first_sheet(book, most)
            texts = _shared_texts(book, shelf, most)
            yield from _even(_rows(book, sheet, texts, most))
    except _BROKEN as error:
        raise SheetError("file.xlsx", detail=type(error).__name__) from None
    except OSError as error:
        # bz2 has no error of its own; one of the disk has a number.
        if error.errno is not None:
            raise
        raise SheetError("file.xlsx", detail="bzip2") from None
    except RuntimeError:
        # Encrypted.
        raise SheetError("file.xlsx", detail="encrypted") from None
    except expat.ExpatError as error:
        raise SheetError("file.xlsx", detail=expat.ErrorString(error.code)) from None


def _refuse_bombs(book: zipfile.ZipFile) -> None:
    whole = sum(info.file_size for info in book.infolist())
    packed = sum(info.compress_size for info in book.infolist())
    if whole > LARGEST or (whole > _CHUNK * 16 and whole > packed * HIGHEST_RATIO):
        raise SheetError("file.zip_bomb", size=whole)


def _first_sheet(book: zipfile.ZipFile, most: int) -> str:
    """The part of the first sheet of the workbook, by its relations."""
    first: list[str] = []
    targets: dict[str, str] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet" and not first:
            first.extend(value for key, value in attributes.items() if _local(key) == "id")

    def relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    for part, start in (("xl/workbook.xml", sheet), ("xl/_rels/workbook.xml.rels", relation)):
        parser = _Parser(start)
        for chunk in _chunks(book, part, most):
            parser.feed(chunk)
    target = targets.get(first[0] if first else "", "worksheets/sheet1.xml")
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Parser:
    """expat, that stops where no spreadsheet goes: a document type, depth, an endless tag."""

    def __init__(
        self,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        self._start, self._end = start, end
        self._depth = self._fed = 0
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._expat.EntityDeclHandler = _refuse
        self._expat.StartElementHandler = self._opened
        self._expat.EndElementHandler = self._closed
        self._expat.CharacterDataHandler = text

    def feed(self, chunk: bytes) -> None:
        self._expat.Parse(chunk, False)
        self._fed += len(chunk)
        if self._fed - self._expat.CurrentByteIndex > LONGEST_TAG:
            _refuse()

    def close(self) -> None:
        self._expat.Parse(b"", True)

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            _refuse()
        self._start(name, attributes)

    def _closed(self, name: str) -> None:
        self._depth -= 1
        if self._end is not None:
            self._end(name)


def _refuse(*_: object) -> None:
    raise SheetError("file.zip_bomb", size=0)


def _chunks(book: zipfile.ZipFile, part: str, most: int) -> Iterator[bytes]:
    read = 0
    with book.open(part) as file:
        while chunk := file.read(_CHUNK):
            read += len(chunk)
            if read > LARGEST:
                raise SheetError("file.zip_bomb", size=read)
            if read > most:
                raise SheetError("file.far", limit=most >> 20)
            yield chunk


class _Shelf:
    """Texts by number, in a file without a name: of a million rows they would fill the memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        if len(self._ends) > MOST_TEXTS:
            raise SheetError("file.too_many_texts", limit=MOST_TEXTS)
        self._ends.append(self._ends[-1] + self._file.write(text.encode("utf-8", "replace")))

    def text(self, number: int) -> str:
        """The text of this number, from 0. Raises IndexError."""
        if number < 0:
            raise IndexError(number)
        start, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - start, start).decode()

    def close_for_writing(self) -> None:
        self._file.flush()


@dataclass
class _Texts:
    """The texts that cells refer to by number. Those for reading aloud (`rPh`) are left out."""

    found: _Shelf
    length: int = 0
    parts: list[str] | None = None
    inside: bool = False
    aloud: int = 0

    def start(self, name: str, _attributes: object) -> None:
        match _local(name):
            case "si":
                self.parts, self.length = [], 0
            case "rPh":
                self.aloud += 1
            case "t":
                self.inside = self.parts is not None and not self.aloud

    def text(self, data: str) -> None:
        if self.inside and self.parts is not None:
            self.length += len(data)
            if self.length > LONGEST_CELL:
                raise SheetError("file.too_long", limit=LONGEST_CELL)
            self.parts.append(data)

    def end(self, name: str) -> None:
        match _local(name):
            case "si":
                self.found.add("".join(self.parts or ()))
                self.parts = None
            case "rPh":
                self.aloud -= 1
            case "t":
                self.inside = False


def _shared_texts(book: zipfile.ZipFile, file: IO[bytes], most: int) -> _Shelf:
    texts = _Texts(_Shelf(file))
    if _SHARED not in book.namelist():
        return texts.found
    parser = _Parser(texts.start, texts.end, texts.text)
    for chunk in _chunks(book, _SHARED, most):
        parser.feed(chunk)
    parser.close()
    texts.found.close_for_writing()
    return texts.found


@dataclass
class _Sheet:
    """What is read of the sheet so far: `ready` rows, and the row and cell at hand."""

    texts: _Shelf
    ready: list[tuple[int, list[str]]] = field(default_factory=list)
    number: int = 0
    cells: list[str] = field(default_factory=list)
    column: int = 0
    kind: str = ""
    parts: list[str] = field(default_factory=list)
    length: int = 0
    inside: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "row":
                number = attributes.get("r", "")
                usable = number.isdecimal() and len(number) < 8
                self.number = int(number) if usable else self.number + 1
                self.cells, self.column = [], 0
            case "c":
                self._cell(attributes)
            case "v" | "t":
                self.inside = True
            case "f":
                raise SheetError("file.formula", self.number)

    def _cell(self, attributes: dict[str, str]) -> None:
        self.kind, self.parts, self.length = attributes.get("t", "n"), [], 0
        place = _PLACE.fullmatch(attributes.get("r", ""))
        self.column = _number(place[1]) if place else self.column + 1

    def text(self, data: str) -> None:
        if self.inside:
            self.length += len(data)
            if self.length > LONGEST_CELL:
                raise SheetError("file.too_long", self.number, limit=LONGEST_CELL)
            self.parts.append(data)

    def end(self, name: str) -> None:
        match _local(name):
            case "v" | "t":
                self.inside = False
            case "c":
                self._keep("".join(self.parts))
            case "row":
                if any(cell.strip() for cell in self.cells):
                    self.ready.append((self.number, self.cells))

    def _keep(self, value: str) -> None:
        if self.kind == "e":
            raise SheetError("file.cell_error", self.number, value=value[:20])
        if not value:
            return
        if self.column > MOST_COLUMNS:
            raise SheetError("file.too_long", self.number, limit=MOST_COLUMNS)
        if self.kind == "s":
            try:
                value = self.texts.text(int(value))
            except (ValueError, IndexError):
                raise SheetError("file.xlsx", self.number, detail="shared string") from None
        elif self.kind == "n":
            value = _whole(value)
        self.cells.extend([""] * (self.column - len(self.cells)))
        self.cells[self.column - 1] = value


def _whole(value: str) -> str:
    """`12345.0` and `1.2345E4` are what Excel makes of the password 12345."""
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else value


def _number(letters: str) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - ord("A") + 1
    return found


def _rows(
    book: zipfile.ZipFile, part: str, texts: _Shelf, most: int
) -> Iterator[tuple[int, list[str]]]:
    sheet = _Sheet(texts)
    parser = _Parser(sheet.start, sheet.end, sheet.text)
    for chunk in _chunks(book, part, most):
        parser.feed(chunk)
        yield from sheet.ready
        sheet.ready.clear()
    parser.close()
    yield from sheet.ready


def _even(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """All rows as wide as the first: an empty cell at the end is not in the file."""
    width = 0
    for line, cells in rows:
        width = width or len(cells)
        if any(cell.strip() for cell in cells[width:]):
            raise SheetError("file.ragged", line, found=len(cells), wanted=width, sign="")
        yield line, (cells + [""] * width)[:width]
