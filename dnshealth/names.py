"""The name of a domain in DNS, and the one under which its results are stored."""

from __future__ import annotations

from urllib.parse import quote

from dnshealth.models import LONGEST
from mailkit.dns.names import BadName, to_a_label


def a_label(name: str) -> str:
    """The name as DNS has it; one that DNS could not hold as it is, in lower case."""
    try:
        return to_a_label(name)
    except BadName:
        return name.strip().rstrip(".").lower()


def stored_name(domain: str) -> str:
    """The A-label of a domain; of what is no domain (SQL may have written anything) a fair copy.

    Always ASCII, so that no collation takes two of them for the same (`faß.de` and `fass.de`).
    """
    text = a_label(domain).encode("utf-8", "replace").decode("utf-8")
    return quote(text, safe="@:!$'()*+,;=/%-._~")[:LONGEST]
