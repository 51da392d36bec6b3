"""The tables for forwardings row after row, asked for no more than has not been read already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from mailkit.postfix.resolve import CachedTables, ResolveTables

# What was asked is kept for the next rows, most of all about domains, until it is so many
# characters.
KEPT = 10_000_000
# No collation takes these for anything else but their capitals.
_PLAIN_SOURCE = re.compile(r"[a-z0-9._+-]*@[a-z0-9.-]+")
_NO_ADDRESS = re.compile(r"[A-Za-z0-9._*-]*")

Rows = list[tuple[str, str]]


class Asked:
    """What the lint knows while it reads: answers of before, and rows that it has before it.

    `rows_are_unique`: no two rows of `forwardings` have the same source, so that whoever asks for
    the source of a row is answered with that row.
    """

    def __init__(self, tables: ResolveTables, *, rows_are_unique: bool) -> None:
        self._tables = tables
        self._rows_are_unique = rows_are_unique
        # Whether each key that was read is a domain; None before the first.
        self._domains_alone: bool | None = None
        self._known = CachedTables(tables)

    def transports_read(self, rows: Rows) -> Rows:
        """These rows; whether any of `transport` may answer for an address is remembered."""
        alone = all(_NO_ADDRESS.fullmatch(key) for key, _value in rows)
        self._domains_alone = alone and self._domains_alone is not False
        return rows

    def all_transports_read(self) -> None:
        """All rows of the table were given to transports_read()."""
        if self._domains_alone:
            self._tables = _DomainsInTransports(self._tables)
            self._known = CachedTables(self._tables)

    def forwardings_read(self, rows: Rows) -> tuple[Rows, ResolveTables]:
        """These rows, and the tables to follow them in."""
        if self._known.weight > KEPT:
            self._known = CachedTables(self._tables)
        if self._rows_are_unique:
            plain = {source: text for source, text in rows if _PLAIN_SOURCE.fullmatch(source)}
            self._known.note_forwardings(plain)
        return rows, self._known


class _DomainsInTransports:
    """The same tables, where `transport` is known to have domains alone."""

    def __init__(self, tables: ResolveTables) -> None:
        self._tables = tables

    def domains(self, names: Sequence[str]) -> Set[str]:
        return self._tables.domains(names)

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        return self._tables.forwardings(keys)

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        return self._tables.mailboxes(keys)

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        asked = [key for key in keys if "@" not in key]
        return self._tables.transports(asked) if asked else {}
