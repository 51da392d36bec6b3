"""Everything that the database holds, to see whether a request has changed any of it."""

from __future__ import annotations

from django.db import connection

# Tables of Django's own that no request of ours writes.
_OTHERS = frozenset({"django_migrations", "django_content_type"})
# When somebody was last seen, and what waits between two of his requests.
BOOKKEEPING = frozenset({"mailadmin_session"})


def contents(leave_out: frozenset[str] = BOOKKEEPING) -> dict[str, list[str]]:
    """{table: its rows, sorted} of every table but these."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in leave_out or table in _OTHERS or table.startswith("sqlite_"):
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found
