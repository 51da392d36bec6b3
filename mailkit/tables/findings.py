"""Every finding of `mailtables check` as a code with its level; the words are not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Level(StrEnum):
    """How bad: a fault makes `check` exit 1, and is broken or mended by `create` or `upgrade`."""

    FAULT = "fault"
    WARNING = "warning"
    NOTICE = "notice"


class Code(StrEnum):
    """Stable names; docs/tables.md has a paragraph on each."""

    TABLE_MISSING = "table.missing"
    TABLE_VIEW = "table.view"
    TABLE_ENGINE = "table.engine"
    TABLE_ROW_FORMAT = "table.row_format"
    COLUMN_MISSING = "column.missing"
    COLUMN_TYPE = "column.type"
    COLUMN_NARROW = "column.narrow"
    COLUMN_REQUIRED = "column.required"
    KEY_MISSING = "key.missing"
    KEY_DUPLICATES = "key.duplicates"
    COLLATION_CASE = "collation.case"
    COLLATION_ACCENTS = "collation.accents"
    COLLATION_BLANKS = "collation.blanks"
    COLLATION_UNKNOWN = "collation.unknown"
    COLLATION_NO_SEARCH = "collation.no_search"
    CHARSET_NARROW = "charset.narrow"
    INDEX_DOMAIN = "index.domain"
    INDEX_PREFIX = "index.prefix"
    SETTING_LENIENT = "setting.lenient"
    SQLITE_JOURNAL = "sqlite.journal"
    SQLITE_RIGHTS = "sqlite.rights"
    ROW_CAPITALS_DEAD = "row.capitals_dead"
    ROW_CAPITALS_ALIVE = "row.capitals_alive"
    ROW_CASE_TWINS = "row.case_twins"
    ROW_DUPLICATE = "row.duplicate"
    ROW_BLANKS = "row.blanks"
    ROW_EMPTY_KEY = "row.empty_key"
    ROW_NON_ASCII = "row.non_ascii"
    ROW_NO_DOMAIN_PART = "row.no_domain_part"
    ROW_NO_LOCAL_PART = "row.no_local_part"
    ROW_DOMAIN_MISSING = "row.domain_missing"
    ROW_NO_DESTINATION = "row.no_destination"
    ROW_DESTINATION_NO_DOMAIN = "row.destination_no_domain"
    ROW_TRUNCATED_HASH = "row.truncated_hash"


_FAULTS = {
    Code.TABLE_MISSING,
    Code.TABLE_ENGINE,
    Code.TABLE_ROW_FORMAT,
    Code.COLUMN_MISSING,
    Code.COLUMN_TYPE,
    Code.COLUMN_NARROW,
    Code.COLUMN_REQUIRED,
    Code.KEY_MISSING,
    Code.KEY_DUPLICATES,
    Code.COLLATION_UNKNOWN,
}
# Collations stay as they are: other tables (quota, vacation) may be joined with these, and a
# join across two collations is error 1267.
_WARNINGS = {
    Code.TABLE_VIEW,
    Code.COLLATION_ACCENTS,
    Code.COLLATION_NO_SEARCH,
    Code.SETTING_LENIENT,
    Code.SQLITE_RIGHTS,
}
LEVELS: Mapping[Code, Level] = MappingProxyType(
    {
        code: Level.FAULT
        if code in _FAULTS
        else Level.WARNING
        if code in _WARNINGS
        else Level.NOTICE
        for code in Code
    }
)


@dataclass(frozen=True)
class Finding:
    """One thing to know. `table` and `column` are None where the whole database is meant.

    `key`: the row's key, for the row codes; None if it is NULL. `count`: how many rows of the
    table have this code in all, those beyond the limit included; 0 for what is no row's finding.
    """

    code: Code
    table: str | None = None
    column: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    count: int = 0

    @property
    def level(self) -> Level:
        """How bad it is; the code alone decides."""
        return LEVELS[self.code]
