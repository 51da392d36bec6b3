"""What the panel derives from the four tables, brought into step with them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from mailboxes.models import ForwardingTarget, TargetsState
from mailboxes.target_refresh import refresh_targets


@dataclass(frozen=True)
class Derived:
    """`table`, from all `rows` of `source`; `mended` of them were not as it had them."""

    table: str
    source: str
    rows: int
    mended: int


def refresh_derived() -> list[Derived]:
    """Compare and mend; nothing where the panel's own tables are not made yet."""
    own = {ForwardingTarget._meta.db_table, TargetsState._meta.db_table}
    if not own <= set(connection.introspection.table_names()):
        return []
    done = refresh_targets()
    return [Derived(ForwardingTarget._meta.db_table, "forwardings", done.rows, done.mended)]
