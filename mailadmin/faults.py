"""Whether the mail tables have faults, for the dashboard's banner; asked every few minutes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.conf import settings
from django.db import connection

from mailkit import tables
from mailkit.passwords import hash_width

SOUND_SECONDS = 300.0
# Shorter, so that the banner goes soon after the faults are mended.
FAULTY_SECONDS = 30.0

_kept: tuple[float, str, list[tables.Finding]] | None = None


def faults_of_tables() -> Sequence[tables.Finding]:
    """The faults that `mailtables check` exits 1 for, as they were a few minutes ago at most."""
    global _kept  # noqa: PLW0603 - one value for the process, replaced as a whole
    name = str(connection.settings_dict["NAME"])
    now = time.monotonic()
    if _kept is not None and _kept[1] == name:
        at, _name, found = _kept
        if now - at < (FAULTY_SECONDS if found else SOUND_SECONDS):
            return found
    connection.ensure_connection()
    with connection.wrap_database_errors:
        facts = tables.read(connection.connection, connection.vendor)
    config = settings.MAILADMIN
    width = hash_width(config.password_scheme, config.password_cost)
    found = [one for one in tables.judge(facts, width) if one.level is tables.Level.FAULT]
    _kept = (now, name, found)
    return found


def forget_faults() -> None:
    """Ask the database anew next time (for tests)."""
    global _kept  # noqa: PLW0603
    _kept = None
