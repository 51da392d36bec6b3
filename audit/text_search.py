"""Comparing text: its first characters by an index, any part by a scan, or byte by byte."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import CharField, Func, Q
from django.db.models.functions import Lower
from django.db.models.lookups import Contains, Exact


def starts_with(column: str, prefix: str, *, by_bytes: bool = False) -> Q:
    """Texts that begin with `prefix`, as typed or in lower case.

    `by_bytes`: the column is sorted so. PostgreSQL takes LIKE for less rare than it is, and walks
    through half of the table in search of a page of them; not so with a range.
    """
    found = Q()
    for text in {prefix, prefix.lower()}:
        if connection.vendor == "mysql":
            # LIKE in the column's own collation; a range would go astray in some of them.
            found |= Q(**{f"{column}__istartswith": text})
        elif connection.vendor == "sqlite" or by_bytes:
            # SQLite's LIKE is blind to case and so never uses the key's index.
            found |= Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})
        else:
            found |= Q(**{f"{column}__startswith": text})
    return found


# MySQL's LIKE tells capitals apart where the column's collation does, hence Lower in these two.


def contains(column: str, text: str) -> Q:
    """Texts with this part anywhere; reads every row, for no index can help."""
    found = Q(**{f"{column}__icontains": text})
    if connection.vendor == "mysql":
        found |= Q(Contains(Lower(column), text.lower()))
    return found


def equals(column: str, text: str) -> Q:
    """Texts that are the same but for capitals; reads every row."""
    found = Q(**{f"{column}__iexact": text})
    if connection.vendor == "mysql":
        found |= Q(Exact(Lower(column), text.lower()))
    return found


class Bytes(Func):
    """A text to be compared byte by byte: MariaDB's collations take `á.test` for `a.test`."""

    output_field = CharField()
    template = "%(expressions)s"

    def as_mysql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """The same there, where it makes a difference; no index answers it."""
        template = "CAST(%(expressions)s AS BINARY)"
        return self.as_sql(compiler, connection, template=template, **extra)
