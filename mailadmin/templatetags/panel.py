"""Template tags of the panel."""

from __future__ import annotations

from django import template

from domains import keys

register = template.Library()


@register.simple_tag
def row_url(name: str, key: str) -> str:
    """The page `name` of the row with this key; "" if no address leads to it."""
    return keys.row_url(name, key)
