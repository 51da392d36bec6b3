"""What `mailtables` does: check, create and upgrade the tables of Django's database connection.

The table modules of `mailkit` take the driver's connection, whose errors are turned into Django's
here, so that callers explain them in one way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext_lazy as _

from domains.schema import forget_schema
from mailkit import tables
from mailkit.passwords import hash_width

CREATE = "python manage.py mailtables create"
UPGRADE = "python manage.py mailtables upgrade"


@dataclass(frozen=True)
class Report:
    """What is so, and the steps that would mend what can be mended."""

    facts: tables.Facts
    findings: list[tables.Finding]
    steps: list[tables.Step]

    @property
    def faults(self) -> list[tables.Finding]:
        """What makes `check` exit 1."""
        return [one for one in self.findings if one.level is tables.Level.FAULT]

    def command_for(self, finding: tables.Finding) -> str:
        """The command that mends it, "" if none does."""
        if finding.code is tables.Code.TABLE_MISSING:
            return CREATE
        mend = tables.Mend.of(finding)
        return UPGRADE if any(mend in step.mends for step in self.steps) else ""


def check_tables(*, rows: bool = True) -> Report:
    """Look at tables and columns, and with `rows` at every row. Changes nothing."""
    refuse_missing_file()
    with connection.wrap_database_errors:
        raw = _raw()
        facts = tables.read(raw, connection.vendor)
        findings = tables.judge(facts, _hash_width())
        if rows:
            findings += tables.find_rows(raw, connection.vendor, facts)
        return Report(facts, findings, tables.plan(facts, _hash_width()))


def create_tables() -> list[str]:
    """Make those of the four tables that are missing; returns the statements that were run."""
    is_new = _missing_file() is not None
    with connection.wrap_database_errors:
        if is_new:
            # As `setup` does; in a file that Postfix reads already it would need other rights.
            _raw().execute("PRAGMA journal_mode = WAL")
        made = tables.create(_raw(), connection.vendor)
    forget_schema()
    return made


def upgrade_tables(before_step: Callable[[tables.Step], Any]) -> list[tables.Step]:
    """Carry out the plan; `before_step` is called with each step before it runs."""
    try:
        with connection.wrap_database_errors:
            return tables.upgrade(_raw(), connection.vendor, _hash_width(), before_step=before_step)
    finally:
        # Also after a failure: the steps before it are done.
        forget_schema()


def refuse_missing_file() -> None:
    """Looking at an SQLite file that is not there would make an empty one."""
    path = _missing_file()
    if path is not None:
        raise ValidationError(
            _("There is no file %(path)s yet. Make the tables: %(command)s"),
            code="no_file",
            params={"path": path, "command": CREATE},
        )


def _missing_file() -> Path | None:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or connection.connection is not None or "memory" in name:
        return None
    path = Path(name)
    return None if path.exists() else path


def _raw() -> Any:
    connection.ensure_connection()
    return connection.connection


def _hash_width() -> int:
    config = settings.MAILADMIN
    return hash_width(config.password_scheme, config.password_cost)
