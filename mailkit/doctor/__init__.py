"""What the installed Postfix and Dovecot make of the four tables: their configuration, judged.

`collect` reads it on this machine, `parse_bundle` from a text that `shell_command` made where the
servers run; `examine` runs the very queries found there against the database, with a key that it
has and one that nobody has, and says what is wrong in stable codes (docs/doctor.md). postconf(1),
mysql_table(5), pgsql_table(5), sqlite_table(5), doveconf(1). Everything here only looks.
"""

from __future__ import annotations

from mailkit.doctor.bundle import LARGEST, Bundle, BundleError, parse_bundle, shell_command
from mailkit.doctor.collect import collect
from mailkit.doctor.database import Panel
from mailkit.doctor.examine import Examination, examine
from mailkit.doctor.findings import LEVELS, Code, Finding, Unread

__all__ = [
    "LARGEST",
    "LEVELS",
    "Bundle",
    "BundleError",
    "Code",
    "Examination",
    "Finding",
    "Panel",
    "Unread",
    "collect",
    "examine",
    "parse_bundle",
    "shell_command",
]
