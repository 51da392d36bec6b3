"""The two tables of `virtual_alias_maps` for an expansion: real, in memory, changed, or cached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Tables(Protocol):
    """The rows as Postfix would find them; keys are asked in lower case."""

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """{source as asked: stored destination} of those of the keys that have a row."""

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """Those of the keys that have a row in `users`."""


class Table(StrEnum):
    """The table that answered."""

    FORWARDINGS = "forwardings"
    EMAIL2EMAIL = "email2email"


@dataclass
class MemoryTables:
    """Tables as plain dictionaries, for tests and for what has been read already."""

    rows: Mapping[str, str] = field(default_factory=dict)
    users: Set[str] = frozenset()

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See Tables."""
        return {key: self.rows[key] for key in keys if key in self.rows}

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """See Tables."""
        return {key for key in keys if key in self.users}


@dataclass(frozen=True)
class Changed:
    """Tables as they would be: `rows` replaces rows, or removes them (None); likewise `users`."""

    tables: Tables
    rows: Mapping[str, str | None] = field(default_factory=dict)
    users: Mapping[str, bool] = field(default_factory=dict)

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See Tables."""
        asked = [key for key in keys if key not in self.rows]
        found = dict(self.tables.forwardings(asked)) if asked else {}
        for key in keys:
            text = self.rows.get(key)
            if text is not None:
                found[key] = text
        return found

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """See Tables."""
        asked = [key for key in keys if key not in self.users]
        found = set(self.tables.mailboxes(asked)) if asked else set()
        return found | {key for key in keys if self.users.get(key)}


def with_row(
    tables: Tables, source: str, destinations: Iterable[str], *, without: str | None = None
) -> Changed:
    """The tables with this forwarding in them, and without the row that it replaces."""
    rows: dict[str, str | None] = {}
    if without is not None:
        rows[without.lower()] = None
    rows[source.lower()] = ", ".join(destinations)
    return Changed(tables, rows)


class Cached:
    """Tables that are asked for each key once, and for many at a time."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._rows: dict[str, str] = {}
        self._users: set[str] = set()
        self._asked: set[str] = set()

    def ask(self, keys: Iterable[str]) -> None:
        """Ask for those of the keys that are not known yet."""
        new = [key for key in dict.fromkeys(keys) if key not in self._asked]
        if not new:
            return
        self._rows.update(self._tables.forwardings(new))
        self._users.update(self._tables.mailboxes(new))
        self._asked.update(new)

    def knows(self, key: str) -> bool:
        """Whether the tables were asked for this key."""
        return key in self._asked

    def answer(self, key: str) -> tuple[Table, str] | None:
        """What the first table with an answer says about a key that is known."""
        # An empty destination is "not found" to Postfix, which warns of it in its log.
        if self._rows.get(key):
            return Table.FORWARDINGS, self._rows[key]
        return (Table.EMAIL2EMAIL, key) if key in self._users else None

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See Tables."""
        self.ask(keys)
        return {key: self._rows[key] for key in keys if key in self._rows}

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """See Tables."""
        self.ask(keys)
        return {key for key in keys if key in self._users}
