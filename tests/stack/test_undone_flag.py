"""A log from before the flag `undone`: what was undone stays so, forth and back."""

from __future__ import annotations

from tests.servers.databases import Database
from tests.servers.panel import Panel

NAMES = (
    "id, {group}, time, actor_kind, actor, address, action, object_type, object_key, former_key, "
    "domain, changes, undoes_id, undone_by_id"
)
ROW = (
    "({id}, '{id:032}', '2026-11-24 12:00:00', 'command', 'root', '', 'undo', 'domain', 'a.test', "
    "'', 'a.test', '{{}}', {undoes}, {undone_by})"
)
# 1 was undone by 2, that by 3, and 1 once more by 4.
ENTRIES = [(1, None, 4), (2, 1, 3), (3, 2, None), (4, 1, None)]


def test_what_was_undone_stays_undone(any_database: Database) -> None:
    panel = Panel(any_database.url)
    group = "`group`" if any_database.dialect == "mysql" else '"group"'
    done = panel.manage("migrate", "audit", "0002")
    assert done.returncode == 0, done.stderr
    rows = ", ".join(
        ROW.format(id=one, undoes=undoes or "NULL", undone_by=by or "NULL")
        for one, undoes, by in ENTRIES
    )
    names = NAMES.format(group=group)
    any_database.execute(f"INSERT INTO mailadmin_audit_entry ({names}) VALUES {rows}")

    assert panel.manage("migrate", "audit").returncode == 0
    found = any_database.execute("SELECT id, undone FROM mailadmin_audit_entry ORDER BY id")
    assert [(pk, bool(undone)) for pk, undone in found] == [
        (1, True),
        (2, True),
        (3, False),
        (4, False),
    ]

    assert panel.manage("migrate", "audit", "0002").returncode == 0
    found = any_database.execute("SELECT id, undone_by_id FROM mailadmin_audit_entry ORDER BY id")
    assert [tuple(row) for row in found] == [(pk, by) for pk, _undoes, by in ENTRIES]
