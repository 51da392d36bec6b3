"""Template tags of the panel."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from domains import keys

register = template.Library()


@register.simple_tag
def row_url(name: str, key: str) -> str:
    """The page `name` of the row with this key; "" if no address leads to it."""
    return keys.row_url(name, key)


@register.filter
def breakable(address: str) -> SafeString:
    """An address that narrow columns break before its @ rather than anywhere."""
    local, at, domain = str(address).rpartition("@")
    return format_html("{}<wbr>{}{}", local, at, domain) if local else format_html("{}", address)
