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
    """Tables that are asked for each key once, and for many at a time.

    `weight`: characters of what is kept, to be seen by whoever keeps it long.
    """

    def __init__(self, tables: Tables) -> None:
        self.weight = 0
        self._tables = tables
        self._rows: dict[str, str | None] = {}
        self._users: dict[str, bool] = {}

    def ask(self, keys: Iterable[str]) -> None:
        """Ask for those of the keys that are not known yet; in `users` where no row answers."""
        asked = dict.fromkeys(keys)
        self._ask_forwardings(asked)
        self._ask_mailboxes([key for key in asked if not self._rows[key]])

    def note_forwardings(self, rows: Mapping[str, str]) -> None:
        """Know these rows, keys in lower case, since somebody has just read them."""
        self._rows.update(rows)
        self.weight += sum(len(key) + len(text) for key, text in rows.items())

    def knows(self, key: str) -> bool:
        """Whether the tables were asked what they answer to this key."""
        return bool(self._rows.get(key)) or (key in self._rows and key in self._users)

    def answer(self, key: str) -> tuple[Table, str] | None:
        """What the first table with an answer says about a key that is known."""
        # An empty destination is "not found" to Postfix, which warns of it in its log.
        text = self._rows.get(key)
        if text:
            return Table.FORWARDINGS, text
        return (Table.EMAIL2EMAIL, key) if self._users.get(key) else None

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See Tables."""
        self._ask_forwardings(keys)
        found = ((key, self._rows[key]) for key in keys)
        return {key: text for key, text in found if text is not None}

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """See Tables."""
        self._ask_mailboxes(keys)
        return {key for key in keys if self._users[key]}

    def _ask_forwardings(self, keys: Iterable[str]) -> None:
        new = [key for key in dict.fromkeys(keys) if key not in self._rows]
        if new:
            there = self._tables.forwardings(new)
            self._rows.update((key, there.get(key)) for key in new)
            self.weight += sum(map(len, new)) + sum(map(len, there.values()))

    def _ask_mailboxes(self, keys: Iterable[str]) -> None:
        new = [key for key in dict.fromkeys(keys) if key not in self._users]
        if new:
            there = self._tables.mailboxes(new)
            self._users.update((key, key in there) for key in new)
            self.weight += sum(map(len, new))
