"""OpenDKIM's data sets (opendkim(8), DATA SETS): tables in files, patterns, and lists in a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mailkit.dkim.files import read_text
from mailkit.dkim.signing import Obstacle, SignerFault

# These are asked of a library or a server; what they hold we cannot see.
_ELSEWHERE = ("db", "dsn", "ldap", "lua", "memcache", "erlang", "mdb", "repute", "socket")
# A local part that a pattern takes only by its asterisk.
ANYBODY = "\x01"


@dataclass(frozen=True)
class Row:
    """`line` is its number in the file, from 0; of a list in one line, the place in it."""

    key: str
    value: str
    line: int


@dataclass(frozen=True)
class DataSet:
    """`path` None: a list written in the setting. `patterns`: the keys have asterisks (refile:)."""

    rows: tuple[Row, ...]
    path: Path | None = None
    patterns: bool = False
    text: str = ""

    def get(self, key: str) -> str | None:
        """The value of the first row with this key, in whatever case; None if there is none."""
        row = next(iter(self.matching(key)), None) if self.patterns else self.first(key)
        return row.value if row else None

    def first(self, key: str) -> Row | None:
        """The first row whose key is this one, asterisks and all."""
        return self._by_key.get(key.lower())

    def matching(self, text: str) -> list[Row]:
        """The rows whose pattern takes the text, in their order.

        Most patterns are `*@domain`: with ten thousands of them only those of the text's own
        domain are compared, and the few others.
        """
        own = self._own.get(text.rpartition("@")[2].lower(), [])
        found = [row for row in (*own, *self._others) if matches(row.key, text)]
        return sorted(found, key=lambda row: row.line)

    def with_text(self, text: str) -> DataSet:
        """The same file as it would be with this text."""
        return DataSet(_rows_of(text), self.path, self.patterns, text)

    @cached_property
    def _by_key(self) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for row in self.rows:
            found.setdefault(row.key.lower(), row)
        return found

    @cached_property
    def _own(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            if domain := _domain_of(row.key):
                found.setdefault(domain, []).append(row)
        return found

    @cached_property
    def _others(self) -> list[Row]:
        return [row for row in self.rows if not _domain_of(row.key)]


def _domain_of(pattern: str) -> str:
    """The one domain whose addresses a pattern can take; "" if there may be others."""
    _local, at, domain = pattern.rpartition("@")
    return domain.lower() if at and "*" not in domain else ""


def read_data_set(spec: str) -> DataSet:
    """Read what a setting of OpenDKIM names. Raises SignerFault."""
    kind, colon, rest = spec.partition(":")
    kind = kind.lower() if colon else ""
    if kind in _ELSEWHERE or (kind not in ("file", "refile", "csl") and spec.endswith(".db")):
        raise SignerFault(Obstacle.NOT_READ, f"{kind or 'db'}: the table is no plain file")
    if kind in ("file", "refile"):
        return _read_file(Path(rest), patterns=kind == "refile")
    if spec.startswith("/"):
        return _read_file(Path(spec))
    listed = rest if kind == "csl" else spec
    parts = [part.strip() for part in listed.split(",")]
    rows = [(part.partition("="), at) for at, part in enumerate(parts) if part]
    return DataSet(tuple(Row(key.strip(), value.strip(), at) for (key, _, value), at in rows))


def _read_file(path: Path, *, patterns: bool = False) -> DataSet:
    text = read_text(path)
    return DataSet(_rows_of(text), path, patterns, text)


def _rows_of(text: str) -> tuple[Row, ...]:
    rows = []
    for number, line in enumerate(text.split("\n")):
        words = line.split("#", 1)[0].split(None, 1)
        if words:
            rows.append(Row(words[0], words[1].strip() if len(words) == 2 else "", number))
    return tuple(rows)


def matches(pattern: str, text: str) -> bool:
    """A `refile:` pattern, in which only the asterisk is special, in whatever case."""
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL) is not None


def keys_for(domain: str) -> list[str]:
    """What OpenDKIM looks for in a table without patterns for the mail of anybody at the domain.

    opendkim.conf(5), SigningTable: the host, then each `.parent`, then `*`.
    """
    labels = domain.split(".")
    return [domain, *(f".{'.'.join(labels[at:])}" for at in range(1, len(labels))), "*"]
