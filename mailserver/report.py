"""Findings and steps as text for a terminal and as JSON."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailkit.tables import Code, Finding, Level, Lock, Step
from mailserver.tables import Report
from mailserver.words import LEVEL_NAMES, LOCKS, WORDS, message, shown

_NAMES = {"mysql": "MySQL", "postgresql": "PostgreSQL", "sqlite": "SQLite"}
# From so many rows on an upgrade takes long enough to choose its hour.
LARGE = 100_000
_MINUTE = 60
_LINE = 96


def finding_as_data(report: Report, finding: Finding) -> dict[str, Any]:
    """A finding for JSON; `count` is the number of rows for a finding about rows, else 0."""
    words = WORDS[finding.code]
    return {
        "code": finding.code.value,
        "level": finding.level.value,
        "table": finding.table,
        "column": finding.column,
        "key": finding.key,
        "message": message(finding),
        "consequence": str(words.means),
        "mend": report.command_for(finding),
        "by_hand": "" if report.command_for(finding) else str(words.by_hand),
        "count": finding.count,
        "params": dict(finding.params),
    }


def report_as_data(report: Report) -> dict[str, Any]:
    """The answer of `check --json`."""
    return {
        "dialect": report.facts.dialect,
        "version": report.facts.version,
        "faults": len(report.faults),
        "findings": [finding_as_data(report, finding) for finding in report.findings],
    }


def step_as_data(step: Step) -> dict[str, Any]:
    """A step for JSON; `seconds` is a rough expectation."""
    return {
        "table": step.table,
        "sql": step.sql,
        "mends": sorted({mend.code.value for mend in step.mends}),
        "lock": step.lock.value,
        "rebuilds": step.rebuilds,
        "rows": step.rows,
        "seconds": round(step.seconds, 1),
    }


def report_as_text(report: Report) -> Iterator[str]:
    """Lines: the worst first, one block for each code and way to mend it."""
    yield _heading(report)
    for level in Level:
        blocks: dict[tuple[str, str], list[Finding]] = {}
        for finding in report.findings:
            if finding.level is level:
                place = (finding.code.value, report.command_for(finding))
                blocks.setdefault(place, []).append(finding)
        order = [code.value for code in Code]
        for (code, command), findings in sorted(
            blocks.items(), key=lambda item: order.index(item[0][0])
        ):
            yield ""
            yield f"{LEVEL_NAMES[level]}  {code}"
            for text in _places(findings):
                yield wrapped(text, hanging="  ")
            words = WORDS[findings[0].code]
            yield wrapped(str(words.means))
            if command:
                yield wrapped(f"{_('Mend:')} {command}")
            elif words.by_hand:
                yield wrapped(f"{_('By hand:')} {words.by_hand}")
    yield ""
    yield counts(Counter(finding.level for finding in report.findings))


def wrapped(text: str, hanging: str = "") -> str:
    """A paragraph for a terminal, indented; its further lines by `hanging` more."""
    indent = " " * 4
    return textwrap.fill(
        text,
        _LINE,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _heading(report: Report) -> str:
    name = "MariaDB" if report.facts.mariadb else _NAMES[report.facts.dialect]
    number = re.split(r"[- ]", report.facts.version)[0]
    return f"{name} {number}, {connection.settings_dict['NAME']}"


def counts(found: Mapping[Level, int]) -> str:
    """How many of each level there are, in words."""
    faults, warnings, notices = (found.get(level, 0) for level in Level)
    return ", ".join(
        (
            ngettext("%(n)d fault", "%(n)d faults", faults) % {"n": faults},
            ngettext("%(n)d warning", "%(n)d warnings", warnings) % {"n": warnings},
            ngettext("%(n)d notice", "%(n)d notices", notices) % {"n": notices},
        )
    )


def _places(findings: list[Finding]) -> Iterator[str]:
    """A text for each message, with the places it holds for; the keys of one column together."""
    places: dict[str, list[str]] = {}
    rows: dict[str, list[Finding]] = {}
    for finding in findings:
        place = ".".join(part for part in (finding.table, finding.column) if part)
        if finding.count:
            rows.setdefault(place, []).append(finding)
        else:
            places.setdefault(message(finding), []).append(place)
    for text, names in places.items():
        yield f"{', '.join(names)}: {text}" if any(names) else text
    for place, found in rows.items():
        keys = ", ".join(shown(finding.key) for finding in found)
        more = found[0].count - len(found)
        if more > 0:
            keys += " " + ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}
        yield f"{place}: {message(found[0])} {keys}"


def step_as_text(step: Step) -> Iterator[str]:
    """The statement, then what it mends, how long it takes and what waits meanwhile."""
    yield f"{step.sql};"
    places = [
        f"{mend.code.value} ({'.'.join(part for part in (mend.table, mend.column) if part)})"
        for mend in step.mends
    ]
    yield f"    {_('mends:')} {', '.join(places)}"
    rows = ngettext("about %(n)s row", "about %(n)s rows", step.rows) % {"n": f"{step.rows:,}"}
    notes = [rows, duration(step.seconds), str(LOCKS[step.lock])]
    if step.rebuilds:
        notes.append(_("the table is written anew: it needs its own size on disk once more"))
    yield f"    {'; '.join(notes)}"


def duration(seconds: float) -> str:
    """An expectation in words; the order of magnitude is what can be known."""
    if seconds < 1:
        return _("less than a second")
    if seconds < 2 * _MINUTE:
        n = round(seconds)
        return ngettext("about %(n)d second", "about %(n)d seconds", n) % {"n": n}
    return _("about %(n)d minutes") % {"n": round(seconds / _MINUTE)}


def warnings_before(steps: list[Step]) -> Iterator[str]:
    """What to know before the steps are carried out."""
    if not steps:
        return
    large = {step.table: step.rows for step in steps if step.rows >= LARGE and step.seconds >= 1}
    waits = [step for step in steps if step.lock in (Lock.WRITERS, Lock.ALL)]
    if large:
        names = ", ".join(f"{name} ({rows:,})" for name, rows in large.items())
        yield _("Large tables: %(names)s rows. In all %(duration)s.") % {
            "names": names,
            "duration": duration(sum(step.seconds for step in steps)),
        }
        if waits:
            yield _("Choose a quiet hour: %(locks)s.") % {
                "locks": "; ".join(sorted({str(LOCKS[step.lock]) for step in waits}))
            }
    yield _("A backup is wise first: %(command)s") % {"command": backup_command()}


def backup_command() -> str:
    """A command line that saves the four tables; passwords are asked for or in a file."""
    database = connection.settings_dict
    name = str(database["NAME"])
    tables = "domains forwardings users transport"
    if connection.vendor == "sqlite":
        return f"sqlite3 '{name}' \".backup '{name}.backup'\""
    host = f" -h {database['HOST']}" if database.get("HOST") else ""
    user = f" {'-u' if connection.vendor == 'mysql' else '-U'} {database['USER']}"
    if connection.vendor == "mysql":
        return f"mariadb-dump{host}{user} -p {name} {tables} > mail-tables.sql"
    named = " ".join(f"-t {table}" for table in tables.split())
    return f"pg_dump{host}{user} {named} {name} > mail-tables.sql"
