"""One statement of an upgrade: what it mends, what it locks, and about how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailkit.tables.findings import Code, Finding


class Lock(StrEnum):
    """What waits while the statement runs."""

    MOMENT = "moment"  # everything, for a moment; no row is touched
    ONLINE = "online"  # nothing: mail lookups and changes go on
    WRITERS = "writers"  # changes wait, mail lookups go on
    ALL = "all"  # mail lookups wait too


class Work(StrEnum):
    """What the database does with the rows; `seconds` knows its speed."""

    NONE = "none"
    INDEX = "index"  # reads all, sorts, writes an index
    REBUILD = "rebuild"  # writes the table anew, while it stays in use
    COPY = "copy"  # writes the table anew, row by row


# Rows a second: about half of what was measured at a million rows on two cores
# (docs/tables.md), since rows may be longer and disks slower. An order of magnitude.
_RATES = {
    Work.INDEX: 200_000,
    Work.REBUILD: 250_000,
    Work.COPY: 400_000,
}


@dataclass(frozen=True)
class Mend:
    """A finding that a step mends, by its code and place."""

    code: Code
    table: str | None
    column: str | None

    @classmethod
    def of(cls, finding: Finding) -> Mend:
        """What identifies a finding about tables and columns."""
        return cls(finding.code, finding.table, finding.column)


@dataclass(frozen=True)
class Step:
    """`rows`: about how many the table has, 0 where that is not told. `sql` is one statement."""

    table: str
    sql: str
    mends: tuple[Mend, ...]
    lock: Lock
    work: Work
    rows: int

    @property
    def rebuilds(self) -> bool:
        """Whether the table is written anew, so that it needs its own size on disk once more."""
        return self.work in (Work.REBUILD, Work.COPY)

    @property
    def seconds(self) -> float:
        """About how long it takes, by the number of rows."""
        rate = _RATES.get(self.work)
        return 0.0 if rate is None else self.rows / rate
