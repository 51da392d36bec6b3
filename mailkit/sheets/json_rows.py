"""JSON (RFC 8259): a list of objects, or a document with lists of them, read object by object.

The module `json` reads one object at a time out of a window over the text, so that a million rows
need no more memory than the longest of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mailkit.sheets.errors import SheetError

# Characters of one object.
LONGEST = 1 << 20
_BLANKS = " \t\r\n"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


_decode = json.JSONDecoder(object_pairs_hook=_pairs).raw_decode


class _Window:
    """Some of the text, and where we are in it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = iter(texts)
        self._text = ""
        self._at = 0
        self._over = False
        self.line = 1

    def peek(self) -> str:
        """The next sign that is no blank; "" at the end."""
        while True:
            while self._at < len(self._text):
                sign = self._text[self._at]
                if sign not in _BLANKS:
                    return sign
                self.line += sign == "\n"
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """The next sign, one of these. Raises SheetError."""
        sign = self.peek()
        if not sign or sign not in wanted:
            raise SheetError("file.json", self.line)
        self._at += 1
        return sign

    def value(self) -> Any:
        """The next value, whole. Raises SheetError."""
        self.peek()
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except json.JSONDecodeError:
                if len(self._text) - self._at > LONGEST:
                    raise SheetError("file.too_long", self.line, limit=LONGEST) from None
                if not self._more():
                    raise SheetError("file.json", self.line) from None
            except (ValueError, RecursionError):
                raise SheetError("file.json", self.line) from None
            else:
                # A number may go on in the next piece.
                if end < len(self._text) or not self._more():
                    if self._text.find("\\u", self._at, end) >= 0:
                        self._refuse_halves(value)
                    self.line += self._text.count("\n", self._at, end)
                    self._at = end
                    return value

    def _refuse_halves(self, value: Any) -> None:
        """`"\\ud800"` is JSON, and half a letter: no encoding can write it."""
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise SheetError("file.encoding", self.line, encoding="UTF-8") from None
        except RecursionError:
            raise SheetError("file.json", self.line) from None

    def _more(self) -> bool:
        if self._over:
            return False
        text = next(self._texts, "")
        self._over = not text
        self._text, self._at = self._text[self._at :] + text, 0
        return bool(text)


def read_json(texts: Iterable[str]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(line, name of the list, object) of each object; what stands beside the lists comes first.

    A list at the top has the name "". A document's other values come as one object with the name
    "*" before the rows of the next list. Raises SheetError.
    """
    window = _Window(texts)
    if window.peek() == "[":
        yield from _list(window, "")
    else:
        window.take("{")
        yield from _document(window)
    if window.peek():
        raise SheetError("file.json", window.line)


def _document(window: _Window) -> Iterator[tuple[int, str, dict[str, Any]]]:
    facts: dict[str, Any] = {}
    seen: set[str] = set()
    if window.peek() == "}":
        window.take("}")
        return
    while True:
        line = window.line
        name = window.value() if window.peek() == '"' else None
        if not isinstance(name, str) or name in seen:
            raise SheetError("file.json", line)
        seen.add(name)
        window.take(":")
        if window.peek() == "[":
            yield line, "*", dict(facts)
            yield from _list(window, name)
        else:
            facts[name] = window.value()
        if window.take(",}") == "}":
            return


def _list(window: _Window, name: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    window.take("[")
    if window.peek() == "]":
        window.take("]")
        return
    while True:
        window.peek()
        line = window.line
        row = window.value()
        if not isinstance(row, dict):
            raise SheetError("file.json_shape", line)
        yield line, name, row
        if window.take(",]") == "]":
            return
