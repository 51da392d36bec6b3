"""Rows that are about to be written, kept on disk: the tables as they would be with a file's rows.

An SQLite database without a name (sqlite.org/inmemorydb.html, "temporary databases") is in memory
as long as it is small and in a deleted file afterwards, so that a million rows need no room.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from types import TracebackType
from typing import Self

# SQLite takes no more parameters in old releases.
_BATCH = 900


class Draft:
    """Rows by table and key; keys in lower case. Implements the lookups of `aliases.Tables` and
    `dead_targets.DeliveryTables`."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute("PRAGMA cache_size=-16384")
        self._database.execute(
            "CREATE TABLE row (place TEXT, key TEXT, domain TEXT, value TEXT, line INTEGER,"
            " PRIMARY KEY (place, key)) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def add(self, table: str, rows: Iterable[tuple[str, str, int]]) -> None:
        """(key, value, line) of rows of one table; the first row of a key stays."""
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT OR IGNORE INTO row VALUES (?, ?, ?, ?, ?)",
            ((table, key, _domain(table, key), value, line) for key, value, line in rows),
        )
        self._database.execute("COMMIT")

    def index_domains(self) -> None:
        """Before `sources_in` is asked often."""
        self._database.execute("CREATE INDEX IF NOT EXISTS by_domain ON row (place, domain, key)")

    def lines(self, table: str, keys: Sequence[str]) -> dict[str, int]:
        """{key: line} of those of the keys that are there."""
        return {key: line for key, _value, line in self._rows(table, keys)}

    def domains(self, names: Sequence[str]) -> Set[str]:
        """See mailkit.postfix.dead_targets.DeliveryTables."""
        return set(self.lines("domains", names))

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """See mailkit.postfix.aliases.Tables."""
        return set(self.lines("users", keys))

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See mailkit.postfix.aliases.Tables."""
        return {key: value for key, value, _line in self._rows("forwardings", keys)}

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See mailkit.postfix.dead_targets.DeliveryTables."""
        return {key: value for key, value, _line in self._rows("transport", keys)}

    def sources_in(self, domain: str, most: int) -> list[str]:
        """Sources of forwardings in this domain, `most` at most."""
        self.index_domains()
        rows = self._database.execute(
            "SELECT key FROM row WHERE place = 'forwardings' AND domain = ? LIMIT ?",
            (domain, most),
        )
        return [key for (key,) in rows]

    def _rows(self, table: str, keys: Sequence[str]) -> Iterator[tuple[str, str, int]]:
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            places = ", ".join("?" * len(batch))
            yield from self._database.execute(
                f"SELECT key, value, line FROM row WHERE place = ? AND key IN ({places})",  # noqa: S608
                (table, *batch),
            )


def _domain(table: str, key: str) -> str:
    return key.rpartition("@")[2] if table == "forwardings" else ""
