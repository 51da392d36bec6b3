"""As much of rspamd's configuration language (UCL) as the settings of one module need.

Sections, lists, strings, comments and `.include`; other macros and variables stay as they are.
Sections of one name are merged, of two values the later one counts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mailkit.dkim.files import read_text
from mailkit.dkim.signing import Obstacle, SignerFault

MOST_NESTED = 5
MOST_INCLUDED = 20
_BETWEEN = (",", ";")
_BRACES = ("{", "}")
_TOKEN = re.compile(
    r"""\s+ | \#[^\n]* | /\*.*?\*/
    | (?P<text>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
    | (?P<mark>[{}\[\],;=])
    | (?P<word>(?:[^\s{}\[\],;=:"'#]|:(?=\S))+:?|:)""",
    re.VERBOSE | re.DOTALL,
)


def read_ucl(path: Path) -> dict[str, Any]:
    """The settings in a file and those it includes. Raises SignerFault, without the file's text."""
    return _parse(path, read_text(path), 0)


def _parse(path: Path, text: str, depth: int) -> dict[str, Any]:
    return _Parser(path, _tokens(path, text), depth).section(top=True)


def _tokens(path: Path, text: str) -> list[tuple[str, str]]:
    found = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise SignerFault(Obstacle.NOT_READ, f"{path}: line {line} cannot be read")
        at = match.end()
        if match.lastgroup:
            found.append((match.lastgroup, match.group()))
    return found


class _Parser:
    def __init__(self, path: Path, tokens: list[tuple[str, str]], depth: int) -> None:
        self._path = path
        self._tokens = tokens
        self._at = 0
        self._depth = depth
        self._included = 0

    def section(self, *, top: bool = False) -> dict[str, Any]:
        """Settings up to the closing brace; at the top, where there need be none, to the end."""
        found: dict[str, Any] = {}
        while True:
            kind, token = self._next()
            if not kind and top:
                return found
            if kind == "mark" and (token in _BETWEEN or (top and token in _BRACES)):
                continue
            if (kind, token) == ("mark", "}"):
                return found
            if kind in ("", "mark"):
                raise self._fault()
            if kind == "word" and token.startswith(".include"):
                merge(found, self._include(token))
                continue
            self._setting(found, _plain(kind, token).rstrip(":" if kind == "word" else ""))

    def _setting(self, found: dict[str, Any], name: str) -> None:
        kind, token = self._next()
        while (kind, token) in (("mark", "="), ("word", ":")):
            kind, token = self._next()
        if (kind, token) == ("mark", "{"):
            merge(found, {name: self.section()})
        elif (kind, token) == ("mark", "["):
            found[name] = self._list()
        elif kind in ("text", "word"):
            following = self._peek()
            if following == ("mark", "{"):
                # `domain example.org { ... }` is a section within a section.
                self._next()
                merge(found, {name: {_plain(kind, token): self.section()}})
                return
            found[name] = _plain(kind, token)
        else:
            raise self._fault()

    def _list(self) -> list[Any]:
        found: list[Any] = []
        while True:
            kind, token = self._next()
            if (kind, token) == ("mark", "]"):
                return found
            if (kind, token) == ("mark", "{"):
                found.append(self.section())
            elif (kind, token) == ("mark", "["):
                found.append(self._list())
            elif kind in ("text", "word"):
                found.append(_plain(kind, token))
            elif not kind or token not in _BETWEEN:
                raise self._fault()

    def _include(self, token: str) -> dict[str, Any]:
        """`.include(try=true,priority=1) "file"`; our tokens cut it at each mark."""
        attributes = token
        while True:
            kind, token = self._next()
            if kind == "text":
                break
            if not kind:
                raise self._fault()
            attributes += token
        path = Path(_plain("text", token))
        self._included += 1
        if self._depth >= MOST_NESTED or self._included > MOST_INCLUDED or "$" in str(path):
            return {}
        try:
            return _parse(path, read_text(path), self._depth + 1)
        except SignerFault:
            if "try=true" in attributes and not path.exists():
                return {}
            raise

    def _next(self) -> tuple[str, str]:
        found = self._peek()
        self._at += 1
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _fault(self) -> SignerFault:
        return SignerFault(Obstacle.NOT_READ, f"{self._path}: it cannot be read as UCL")


def _plain(kind: str, token: str) -> str:
    if kind != "text":
        return token
    inner = token[1:-1]
    return re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL) if token[0] == '"' else inner


def merge(into: dict[str, Any], other: dict[str, Any]) -> None:
    """Sections become one; of two values the later one counts."""
    for name, value in other.items():
        there = into.get(name)
        if isinstance(there, dict) and isinstance(value, dict):
            merge(there, value)
        else:
            into[name] = value
