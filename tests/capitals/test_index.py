"""The rows of a domain come by an index on every database, though capitals do not count."""

from __future__ import annotations

import pytest
from django.db import connection

from mailboxes.models import Forwarding, Mailbox
from mailkit.tables import DOMAIN_COLUMN


@pytest.mark.parametrize("model", [Mailbox, Forwarding])
@pytest.mark.parametrize("names", [["UP.test"], ["UP.test", "b.test"], ["ÜP.test"]])
def test_the_queries_that_pages_make(db: None, model, names: list[str]) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table with no rows is read as a whole, whatever indexes it has.
            cursor.execute("SET LOCAL enable_seqscan = off")
        elif connection.vendor == "mysql":
            cursor.execute(f"ANALYZE TABLE {table}")
    rows = model.objects.in_domains(names)
    later = rows.filter(pk__gt="m")
    page = (later if later.query.order_by else later.order_by("pk"))[:51]
    for query in (page, rows.order_by().values_list("pk")):
        told = str(query.explain())
        index = DOMAIN_COLUMN if connection.vendor == "mysql" else f"mailadmin_{table}_domain"
        assert index in told, told
