"""Writing one after the other where the database itself does not see to it.

The lock is on a row of a table of the panel's own, so it works for MyISAM too, on every node of a
Galera cluster (where GET_LOCK works on one node only) and on PostgreSQL. SQLite has one writer at
a time anyway.
"""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.db import models

from domains.schema import schema


def guard(model: type[models.Model]) -> None:
    """Before a row is looked for that shall be added or changed: see to it that nobody else does.

    Only where the table has no unique key, so that two panels could write one key twice, or an
    engine that locks no row (MyISAM). Within a transaction, which ends the wait of others. Several
    tables in this order, or two writers wait for each other: domains, users, forwardings,
    transport.
    """
    if model._meta.db_table in schema().unguarded:
        one_at_a_time(model)


def one_at_a_time(model: type[models.Model]) -> None:
    """Wait for whoever else is writing rows of this table, until this transaction ends."""
    meta = model._meta
    rows = ContentType.objects.select_for_update()
    rows.filter(app_label=meta.app_label, model=meta.model_name).values_list("pk").first()
