"""Cells that a spreadsheet does not calculate, and back again.

A spreadsheet takes a cell that begins with = + - @ (or their wide forms), a tab or a line's end for
a formula (https://owasp.org/www-community/attacks/CSV_Injection), also in a row that somebody else
wrote. An apostrophe in front makes a text of it; a catch-all's `@example.org` becomes
`'@example.org`. Text that has an apostrophe in front of such a character already gets one more, so
that whoever reads the file takes away exactly one, and has what stood there.
"""

from __future__ import annotations

import re

_STARTS = "=+\\-@\t\r\n＝＋－＠"
_TO_GUARD = re.compile(f"'*[{_STARTS}]")
_GUARDED = re.compile(f"'+[{_STARTS}]")


def guarded(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would calculate it."""
    return f"'{text}" if _TO_GUARD.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given; also for a cell that somebody typed so."""
    return text[1:] if _GUARDED.match(text) else text
