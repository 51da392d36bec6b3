"""The address of a row's page: its key, as it is stored, percent-encoded in one piece.

A slash in a key is written %2F, so that `a/../b` stays what it is in browsers and proxies.
"""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from django.urls import Resolver404, register_converter, resolve, reverse

# Stands for the key while Django writes the rest of the address; no key in SQL can hold it.
_PLACE = "\x00"
# Browsers take these two for "here" and "one up", percent-encoded or not.
_DOTS = {".", ".."}


class KeyConverter:
    """`<key:name>` in a route: any text, line breaks too, as SQL may have stored it."""

    regex = "(?s:.+)"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(KeyConverter, "key")


def row_url(name: str, key: str) -> str:
    """The page `name` of the row with this key; "" if no address leads to it.

    That is so for '', `.`, `..`, `add` and what ends like another page (`x/delete`): such rows
    are shown without a link and can be changed by command.
    """
    if not key or key in _DOTS:
        return ""
    url = _pattern(name).replace(quote(_PLACE), quote(key, safe="@:!$'()*+,;="))
    return url if _leads_back(name, key) else ""


def address_for(key: str) -> str:
    """An address that the row of this key may decide about, to be traced; "" for `*`, `.parent`.

    `anybody@` stands for all of a domain.
    """
    if key == "*" or key.startswith("."):
        return ""
    local, _at, domain = key.rpartition("@")
    return f"{local or 'anybody'}@{domain}"


@cache
def _pattern(name: str) -> str:
    return reverse(name, args=[_PLACE])


def _leads_back(name: str, key: str) -> bool:
    try:
        match = resolve(_pattern(name).replace(quote(_PLACE), key))
    except Resolver404:
        return False
    return match.url_name == name and key in match.kwargs.values()
