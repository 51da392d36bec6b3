"""Every kind of change that the property test makes."""

from __future__ import annotations

from tests.undo import kinds_admin, kinds_many, kinds_people, kinds_rows, kinds_sql
from tests.undo.random_changes import ByService, BySql

SERVICES: dict[str, ByService] = {
    **kinds_rows.KINDS,
    **kinds_many.KINDS,
    **kinds_people.KINDS,
    **kinds_admin.KINDS,
}
SQL: dict[str, BySql] = kinds_sql.KINDS
