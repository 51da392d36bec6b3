"""Template tags of the panel."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from domains import keys, schema

register = template.Library()


@register.simple_tag
def row_url(name: str, key: str) -> str:
    """The page `name` of the row with this key; "" if no address leads to it."""
    return keys.row_url(name, key)


@register.simple_tag
def preview_url(kind: str, key: str, dependents: str = "") -> str:
    """The page that says what the deletion of a row does to mail; `kind`: domain, mailbox, ..."""
    query = {kind: key, "dependents": dependents} if dependents else {kind: key}
    return f"{reverse('preview_route')}?{urlencode(query)}"


@register.inclusion_tag("_never_found.html")
def never_found(table: str, key: str) -> dict[str, object]:
    """Say so where Postfix never finds the row of this key, since it has capitals."""
    return {"never_found": not schema.is_found(table, key), "lower": key.lower()}
