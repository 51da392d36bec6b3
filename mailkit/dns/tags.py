"""Lists of `name=value` parted by semicolons, as DKIM, DMARC, TLS-RPT and BIMI write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BLANK = " \t\r\n"


@dataclass(frozen=True)
class TagList:
    """The tags in their order, names in lower case, and the first thing wrong with the list."""

    tags: tuple[tuple[str, str], ...]
    error: str = ""

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of a tag; None, or `default`, if it is not there."""
        return next((value for tag, value in self.tags if tag == name), default)

    @property
    def first(self) -> str:
        return self.tags[0][0] if self.tags else ""

    def text(self, *, without: tuple[str, ...] = (), **changes: str) -> str:
        """The list written anew: `changes` replace a tag's value or come at the end."""
        tags = [(t, changes.pop(t, v)) for t, v in self.tags if t not in without]
        return "; ".join(f"{tag}={value}" for tag, value in (*tags, *changes.items()))


def parse_tags(raw: bytes) -> TagList:
    """Read a tag list (RFC 6376, 3.2). Never raises; what cannot be read is left out and told.

    A blank around a tag and one semicolon at the end are allowed, the same tag twice is not.
    """
    text = raw.decode("utf-8", "replace")
    parts = text.split(";")
    if len(parts) > 1 and not parts[-1].strip(_BLANK):
        parts.pop()
    tags: dict[str, str] = {}
    error = ""
    for part in parts:
        name, equals, value = part.partition("=")
        name, value = name.strip(_BLANK), value.strip(_BLANK)
        if not equals or not _NAME.fullmatch(name):
            error = error or (f"not a tag: {part.strip(_BLANK)[:60]!r}" if part else "an empty tag")
            continue
        if not all(0x20 <= ord(char) < 0x7F or char in _BLANK for char in value):
            error = error or f"characters outside ASCII in {name}"
        if name.lower() in tags:
            error = error or f"{name} stands there twice"
            continue
        tags[name.lower()] = value
    return TagList(tuple(tags.items()), error)
