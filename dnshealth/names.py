"""The name under which a domain's results are stored."""

from __future__ import annotations

from urllib.parse import quote

from dnshealth.host import a_label
from dnshealth.models import LONGEST


def stored_name(domain: str) -> str:
    """The A-label of a domain; of what is no domain (SQL may have written anything) a fair copy.

    Always ASCII, so that no collation takes two of them for the same (`faß.de` and `fass.de`).
    """
    text = a_label(domain).encode("utf-8", "replace").decode("utf-8")
    return quote(text, safe="@:!$'()*+,;=/%-._~")[:LONGEST]
