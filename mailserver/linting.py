"""The lint over the panel's own database: single rows and where they lead, in one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from domains.postfix import route_settings
from mailboxes.routing import DatabaseTables
from mailkit import tables
from mailkit.lint import Collected, lint_rows
from mailkit.lint.findings import LIMIT
from mailserver.lint_words import WORDS, detail_of
from mailserver.tables import refuse_missing_file
from mailserver.words import WORDS as ROW_WORDS
from mailserver.words import message


@dataclass(frozen=True)
class Example:
    """One row of a finding; `detail` says more about it, "" if there is no more."""

    key: str | None
    detail: str = ""


@dataclass(frozen=True)
class LintLine:
    """One code and all that is said about it. `count` rows have it, `examples` are the first."""

    code: str
    level: tables.Level
    table: str
    count: int
    what: str
    means: str
    by_hand: str
    examples: tuple[Example, ...]

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "code": self.code,
            "level": self.level.value,
            "table": self.table,
            "count": self.count,
            "message": self.what,
            "consequence": self.means,
            "by_hand": self.by_hand,
            "examples": [{"key": one.key, "detail": one.detail} for one in self.examples],
        }


@dataclass(frozen=True)
class LintReport:
    """All findings, the worst first; how many rows were read, and the passwords by scheme."""

    lines: tuple[LintLine, ...]
    collected: Collected

    @property
    def has_faults(self) -> bool:
        """Whether mail is lost, or anybody may sign in."""
        return any(line.level is tables.Level.FAULT for line in self.lines)

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        schemes = sorted(self.collected.schemes.values(), key=lambda one: -one.count)
        return {
            "rows": self.collected.rows,
            "findings": [line.as_data() for line in self.lines],
            "schemes": [
                {
                    "scheme": one.scheme,
                    "count": one.count,
                    "weak": one.weak,
                    "refused_by_dovecot_24": one.refused_24,
                }
                for one in schemes
            ],
        }


def lint(
    *, limit: int = LIMIT, on_progress: Callable[[str, int], object] = lambda table, rows: None
) -> LintReport:
    """Read all rows and say what is wrong with them. Changes nothing.

    At most `limit` examples of each code; `on_progress` as in mailkit.lint.lint_rows. Raises
    ValidationError where there is no database file yet, and Django's database errors.
    """
    refuse_missing_file()
    with connection.wrap_database_errors:
        connection.ensure_connection()
        raw: Any = connection.connection
        facts = tables.read(raw, connection.vendor)
        single = tables.find_rows(raw, connection.vendor, facts, limit)
        collected = lint_rows(
            raw,
            connection.vendor,
            facts,
            DatabaseTables(),
            route_settings(),
            limit=limit,
            on_progress=on_progress,
        )
    lines = [*_of_routes(collected), *_of_rows(single)]
    levels = list(tables.Level)
    lines.sort(key=lambda line: levels.index(line.level))
    return LintReport(tuple(lines), collected)


def _of_routes(collected: Collected) -> Iterator[LintLine]:
    for found in collected.found():
        words = WORDS[found.code]
        yield LintLine(
            found.code.value,
            found.level,
            found.table,
            found.count,
            str(words.what),
            str(words.means),
            str(words.by_hand),
            tuple(Example(one.key, detail_of(one)) for one in found.examples),
        )


def _of_rows(findings: list[tables.Finding]) -> Iterator[LintLine]:
    grouped: dict[tuple[tables.Code, str], list[tables.Finding]] = {}
    for one in findings:
        grouped.setdefault((one.code, one.table or ""), []).append(one)
    for (code, table), alike in grouped.items():
        words = ROW_WORDS[code]
        yield LintLine(
            code.value,
            alike[0].level,
            table,
            alike[0].count,
            message(alike[0]),
            str(words.means),
            str(words.by_hand),
            tuple(Example(one.key) for one in alike),
        )
