"""Writing whole rows of the four tables back, for undo; the caller has checked and logged.

Like every write to `users` it keeps the mailboxes' records: a mailbox that comes back is somebody
new to the panel (whose second factor and sessions were thrown away with the former one), and a
hash that comes back is one that the panel wrote. Likewise the table of forwardings' targets.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from audit.kept import Row
from mailboxes.open_sessions import end_sessions_of
from mailboxes.records import begin_records, forget_records, note_hashes
from mailboxes.targets import add_targets, forget_targets
from mailkit.tables import content as tables
from mailkit.tables.content_columns import Content


def put_back(content: Content, rows: Sequence[Row]) -> None:
    """INSERT whole rows. Raises Django's database errors."""
    if content.table == "users":
        begin_records((_text(row, "email"), tables.text_of(row["password"])) for row in rows)
    if content.table == "forwardings":
        add_targets(_by_source(rows))
    with connection.wrap_database_errors:
        tables.insert(connection.connection, content, rows)


def take_out(content: Content, keys: Sequence[str]) -> None:
    """DELETE the rows of exactly these keys."""
    if content.table == "users":
        forget_records(keys)
        end_sessions_of(keys)
    if content.table == "forwardings":
        forget_targets(keys)
    with connection.wrap_database_errors:
        tables.delete(connection.connection, content, keys)


def set_back(content: Content, changes: Sequence[tuple[str, Row, Row]]) -> None:
    """UPDATE rows, each as (its very key, the row as it is, values); other columns stay.

    No key twice.
    """
    if content.table == "users":
        hashes = {
            key: (tables.text_of(now["password"]), tables.text_of(values["password"]))
            for key, now, values in changes
            if "password" in values
        }
        note_hashes(hashes)
        end_sessions_of(hashes)
    if content.table == "forwardings":
        forget_targets([key for key, _now, _values in changes])
        add_targets(_by_source([{**now, **values} for _key, now, values in changes]))
    with connection.wrap_database_errors:
        for key, _now, values in changes:
            tables.update(connection.connection, content, key, values)


def _by_source(rows: Sequence[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(_text(row, "source"), []).append(_text(row, "destination"))
    return found


def _text(row: Row, name: str) -> str:
    return tables.text_of(row[name]) or ""
