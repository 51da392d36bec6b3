"""Search by the first characters of a text column, in a way that an index answers."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q


def starts_with(column: str, prefix: str) -> Q:
    """Texts that begin with `prefix`, as typed or in lower case."""
    found = Q()
    for text in {prefix, prefix.lower()}:
        if connection.vendor == "mysql":
            # LIKE in the column's own collation; a range would go astray in some of them.
            found |= Q(**{f"{column}__istartswith": text})
        elif connection.vendor == "sqlite":
            # LIKE is blind to case there and so never uses the key's index.
            found |= Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})
        else:
            found |= Q(**{f"{column}__startswith": text})
    return found
