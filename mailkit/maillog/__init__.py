"""Postfix's log read back: the story of each mail to or from an address.

A mail has a queue id from the moment smtpd(8) takes it to "removed", and each process that has it
in hands logs a line with that id; a mail that is refused has none and a line of its own (NOQUEUE).
An address is looked for as it is written, so the log is read twice: for the ids of the mails that
name it, then for all lines of those.

The lines are those of Postfix 3.7 to 3.10, in the log file's old and new time formats (rsyslog's
RFC 3164 and ISO 8601, and `maillog_file` of postconf(5)).
"""

from __future__ import annotations

from mailkit.maillog.files import LogError, log_files, read_lines
from mailkit.maillog.stories import Attempt, Outcome, Refusal, Search, Story, search

__all__ = [
    "Attempt",
    "LogError",
    "Outcome",
    "Refusal",
    "Search",
    "Story",
    "log_files",
    "read_lines",
    "search",
]
