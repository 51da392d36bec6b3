"""Bytes of a file as lines of text: encodings by their mark, and no line without an end."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from mailkit.sheets.errors import SheetError

# Characters. A destination of some thousand addresses fits; a lost quotation mark does not eat on.
LONGEST_LINE = 1 << 20
_END = re.compile(r"\r\n|\r|\n")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(head: bytes, declared: str = "") -> str:
    """What the file is written in: by its mark, as declared, else UTF-8. Raises SheetError."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if declared:
        return declared
    even, odd = head[0:400:2], head[1:400:2]
    # Latin text in UTF-16 has a zero in every second byte.
    if odd and odd.count(0) > len(odd) * 0.7 and not even.count(0):
        return "utf-16-le"
    if even and even.count(0) > len(even) * 0.7 and not odd.count(0):
        return "utf-16-be"
    if b"\0" in head:
        raise SheetError("file.binary", 1)
    return "utf-8"


def decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text, some at a time, its line ends as they are, no CRLF in halves.

    Raises SheetError with the line.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    newlines = 1
    carried = ""
    for piece in _and_end(pieces):
        try:
            text = decoder.decode(piece or b"", final=piece is None)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "replace")
            line = newlines + _newlines(carried + before).count("\n")
            raise SheetError("file.encoding", line, encoding=encoding) from None
        text = carried + text
        # The other half of a CRLF may come with the next piece.
        carried = "\r" if text.endswith("\r") and piece is not None else ""
        text = text.removesuffix("\r") if carried else text
        if "\0" in text:
            before = _newlines(text[: text.index("\0")])
            raise SheetError("file.binary", newlines + before.count("\n"))
        newlines += _newlines(text).count("\n")
        if text:
            yield text


def _and_end(pieces: Iterable[bytes]) -> Iterator[bytes | None]:
    yield from pieces
    yield None


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def with_newlines(texts: Iterable[str]) -> Iterator[str]:
    """The same with \\n alone as line end."""
    return map(_newlines, texts)


def lines(texts: Iterable[str]) -> Iterator[str]:
    """Line by line, ends included: within quotation marks they are text. Raises SheetError for one
    that is too long."""
    rest = ""
    number = 0
    for text in texts:
        rest += text
        start = 0
        for end in _END.finditer(rest):
            line, start = rest[start : end.end()], end.end()
            number += 1
            if len(line) > LONGEST_LINE:
                raise SheetError("file.too_long", number, limit=LONGEST_LINE)
            yield line
        rest = rest[start:]
        if len(rest) > LONGEST_LINE:
            raise SheetError("file.too_long", number + 1, limit=LONGEST_LINE)
    if rest:
        yield rest
