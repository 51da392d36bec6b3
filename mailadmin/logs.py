"""What the log leaves out: the traceback of an answer that is no fault of the panel's."""

from __future__ import annotations

import logging


class RefusalsInOneLine(logging.Filter):
    """A 403 or 404 is a line; only a 5xx brings its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, without the traceback where none is wanted."""
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
            record.exc_text = None
        return True
