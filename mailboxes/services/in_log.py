"""What the change log says of a row of any of the four tables: never a hash."""

from __future__ import annotations

from audit.kept import TABLES, Row, mail_columns
from mailboxes.passwords import label


def in_log(object_type: str, row: Row) -> dict[str, str | None]:
    """The columns that the mail servers read, with the hash's scheme in place of the hash."""
    shown = mail_columns(TABLES[object_type], row)
    if "password" in shown:
        shown["password"] = label(shown["password"])
    return shown
