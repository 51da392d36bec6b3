"""Domain names: from what people type to A-labels, and what may be a host's name."""

from __future__ import annotations

import re

import dns.exception
import dns.name
import idna

_HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_SELECTOR_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
_ROOT = dns.name.root


class BadName(ValueError):
    """No name that DNS could hold, and why."""


def to_a_label(name: str) -> str:
    """`Bücher.example.` as `xn--bcher-kva.example`; BadName with a reason.

    UTS 46 and IDNA 2008: the standard library's codec turns `faß.de` into `fass.de`, which is
    another domain (UTS 46, section 7).
    """
    try:
        text = idna.encode(name.strip().rstrip("."), uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise BadName(str(error)) from None
    absolute(text)
    return text


def absolute(name: str) -> dns.name.Name:
    """An ASCII name as dnspython has it, lower case and with its root; BadName."""
    if not name.isascii():
        raise BadName("a name with characters outside ASCII")
    try:
        # The codec of dnspython's default is IDNA 2003; ASCII passes by it.
        return dns.name.from_text(name.lower(), _ROOT)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise BadName(str(error) or type(error).__name__) from None


def is_hostname(name: str) -> bool:
    """Letters, digits and hyphens, the last label not a number (RFC 1123, 2.1)."""
    labels = name.rstrip(".").split(".")
    return (
        len(name) <= 254
        and all(_HOST_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def is_selector(text: str) -> bool:
    """A DKIM selector: a label, or several with dots between them (RFC 6376, 3.1)."""
    return len(text) <= 200 and all(
        len(label) <= 63 and _SELECTOR_LABEL.fullmatch(label) for label in text.split(".")
    )


def dotted(name: str) -> str:
    """A name in lower case with its last dot, as records have it."""
    return name.lower().rstrip(".") + "."
