"""What a database error means to the person who runs the server, and what mends it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.utils.translation import gettext_lazy as _

MAIL_TABLES = ("domains", "forwardings", "users", "transport")
# MariaDB's numbers. Rights: 1044/1045/1142/1143/1698; not there: 1146 table, 1054 column, 1049
# database; 1290/1792/1836 read only. From 2000 on the client speaks, who found no server; below,
# the server, of whose answers these mean that it takes no more work: 1040/1203/1226 too many
# connections, 1053 shutting down, 1129 host blocked.
MYSQL_RIGHTS = {1044, 1045, 1142, 1143, 1698}
MYSQL_MISSING = {1146, 1054, 1049}
MYSQL_READ_ONLY = {1290, 1792, 1836}
MYSQL_BUSY = {1020, 1205, 1213}
# Deadlock, serialization failure, lock not available.
POSTGRESQL_BUSY = {"40P01", "40001", "55P03"}
MYSQL_UNREACHABLE = {1040, 1053, 1129, 1203, 1226}


@dataclass(frozen=True)
class Trouble:
    """`what` is wrong and how to `mend` it, in words; `command` to type, or ""."""

    code: str
    what: Any
    mend: Any
    command: str = ""


def explain(error: Exception) -> Trouble:
    """Sort a database error. Never repeats the database's own text, which may name secrets."""
    if _is_missing(error):
        table = _missing_table(str(error))
        if table and table not in MAIL_TABLES:
            return Trouble(
                "own_tables_missing",
                _("The panel's own table %(table)s is missing in the database.") % {"table": table},
                _("Make the panel's tables; the mail server's are left alone:"),
                "python manage.py migrate",
            )
        return Trouble(
            "mail_tables_missing",
            _("A table or column of the mail server is missing in the database."),
            _("See what is missing, then make it:"),
            "python manage.py mailtables check\npython manage.py mailtables create",
        )
    if connection.vendor == "sqlite" and "unable to open" in str(error):
        return Trouble(
            "rights",
            _("The SQLite file cannot be opened."),
            _(
                "Check that DATABASE_URL names the right file, and that the panel's system user "
                "may read and write it and its directory, and enter every directory above."
            ),
        )
    if connection.vendor == "sqlite" and "not a database" in str(error):
        return Trouble(
            "not_a_database",
            _("The file that DATABASE_URL names is no SQLite database."),
            _("Name another file; one that does not exist yet is made."),
        )
    if _is_rights(error):
        return Trouble(
            "rights",
            _("The database refuses the panel's user or does not let it do this."),
            _(
                "Check the user and password in DATABASE_URL, and that the user has the rights "
                "that README.md lists under “GRANTs”."
            ),
        )
    if _is_read_only(error):
        return Trouble(
            "read_only",
            _("The database takes no changes at present: it is read-only. Nothing was saved."),
            _(
                "A server is so as a replica or when somebody set it to (read_only). A SQLite "
                "file is so when the panel's system user may not write it and its directory."
            ),
        )
    if _is_busy(error):
        return Trouble(
            "busy",
            _("A long change of somebody else holds the same rows. Nothing was saved."),
            _("Go back and try again in a minute."),
        )
    if isinstance(error, DataError):
        return Trouble(
            "does_not_fit",
            _("A value does not fit its column. Nothing was saved, nothing was cut."),
            _("See which columns are too narrow, then widen them:"),
            "python manage.py mailtables check\npython manage.py mailtables upgrade",
        )
    if isinstance(error, IntegrityError):
        return Trouble(
            "conflict",
            _("Somebody else changed the same row in this moment. Nothing was saved."),
            _("Go back and try again."),
        )
    if isinstance(error, (OperationalError, InterfaceError)) and not _was_answered(error):
        return Trouble(
            "unreachable",
            _("The database cannot be reached or does not answer."),
            _(
                "Check that it runs and that DATABASE_URL names its host, port and database. "
                "Nothing needs to be restarted here: reload this page when it is back."
            ),
        )
    return Trouble(
        "database",
        _("The database answered with an error."),
        _("The panel's log has the details."),
    )


def _is_missing(error: Exception) -> bool:
    if connection.vendor == "mysql":
        return bool(error.args) and error.args[0] in MYSQL_MISSING
    if connection.vendor == "postgresql":
        return getattr(error.__cause__, "sqlstate", "") in ("42P01", "42703", "3D000")
    return isinstance(error, (OperationalError, ProgrammingError)) and "no such" in str(error)


def _is_rights(error: Exception) -> bool:
    if connection.vendor == "mysql":
        return bool(error.args) and error.args[0] in MYSQL_RIGHTS
    if connection.vendor == "postgresql":
        text = str(error)
        return (
            getattr(error.__cause__, "sqlstate", "") in ("42501", "28P01", "28000")
            or "authentication failed" in text
        )
    return False


def _is_busy(error: Exception) -> bool:
    if connection.vendor == "mysql":
        return bool(error.args) and error.args[0] in MYSQL_BUSY
    if connection.vendor == "postgresql":
        return getattr(error.__cause__, "sqlstate", "") in POSTGRESQL_BUSY
    return "is locked" in str(error)


def _is_read_only(error: Exception) -> bool:
    if connection.vendor == "mysql":
        return bool(error.args) and error.args[0] in MYSQL_READ_ONLY
    if connection.vendor == "postgresql":
        return getattr(error.__cause__, "sqlstate", "") == "25006"
    return "readonly database" in str(error)


def _was_answered(error: Exception) -> bool:
    """Whether MariaDB was reached, and refused this one statement."""
    if connection.vendor != "mysql" or not error.args or not isinstance(error.args[0], int):
        return False
    return error.args[0] < 2000 and error.args[0] not in MYSQL_UNREACHABLE


def _missing_table(text: str) -> str:
    found = re.search(r"(?:relation \"|no such table: |\.)([A-Za-z_]+)['\"]?", text)
    return found.group(1) if found else ""
