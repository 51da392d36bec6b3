"""What the log leaves out: the traceback of an answer that is no fault of the panel's."""

from __future__ import annotations

import logging

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError

from audit.trouble import explain

# More of a database's own words says no more.
MOST = 300


class RefusalsInOneLine(logging.Filter):
    """A 403 or 404 is a line, and so is a 503 whose cause is known; other faults have a traceback.

    With the database away every request would bring one, a hundred lines each.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, without the traceback where none is wanted."""
        status = getattr(record, "status_code", 500)
        reason = _reason(record) if status == 503 else ""
        if reason:
            record.msg, record.args = f"{record.getMessage()} ({reason})", ()
        if status < 500 or reason:
            record.exc_info = None
            record.exc_text = None
        return True


def _reason(record: logging.LogRecord) -> str:
    """The database's trouble in a line; "" where only the traceback says what it is."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if not isinstance(error, (DatabaseError, InterfaceError)):
        return ""
    code = explain(error).code
    if code == "database":
        return ""
    if isinstance(error, (DataError, IntegrityError)):
        # Their text may hold the row, with its hash.
        return f"{code}: {type(error).__name__}"
    return f"{code}: {' '.join(str(error).split())[:MOST]}"
