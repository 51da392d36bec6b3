"""What in the rows of the four tables loses mail, leaks it or keeps somebody from signing in.

`mailkit.tables.find_rows` looks at single rows; this package follows where they lead, with the
alias expansion of cleanup(8), the transports of trivial-rewrite(8) and the password schemes of
Dovecot 2.3 and 2.4. It reads each table once, a few hundred rows at a time, and only looks.

See docs/lint.md for every code.
"""

from __future__ import annotations

from mailkit.lint.findings import LEVELS, Code, Collected, Finding, Found, SchemeCount
from mailkit.lint.run import BATCH, lint_rows

__all__ = [
    "BATCH",
    "LEVELS",
    "Code",
    "Collected",
    "Finding",
    "Found",
    "SchemeCount",
    "lint_rows",
]
