"""What a delivery met, as a code, from the text that Postfix logs: servers say it in many ways."""

from __future__ import annotations

import re
from enum import StrEnum


class Reason(StrEnum):
    """Why a mail waits or came back."""

    LOOP = "loop"
    NO_TRANSPORT = "no_transport"
    NO_SOCKET = "no_socket"
    REFUSED_CONNECTION = "refused_connection"
    TIMEOUT = "timeout"
    NO_ROUTE = "no_route"
    DNS_FAILED = "dns_failed"
    DNS_MISSING = "dns_missing"
    LOST = "lost"
    TLS = "tls"
    GREYLISTED = "greylisted"
    RATE = "rate"
    FULL = "full"
    TOO_LARGE = "too_large"
    UNKNOWN_USER = "unknown_user"
    RELAY = "relay"
    AUTHENTICATION = "authentication"
    BLOCKED = "blocked"
    DATABASE = "database"
    OTHER = "other"


# The first that fits counts: what is told apart most surely stands first.
_SIGNS: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (Reason.LOOP, ("alias expansion error", "map nesting", "forwarding loop", "too many hops")),
    (Reason.NO_TRANSPORT, ("mail transport unavailable", "unknown mail transport error")),
    (
        Reason.DATABASE,
        ("lookup error", "temporary lookup failure", r"server configuration (?:error|problem)"),
    ),
    (Reason.NO_SOCKET, (r"connect to \S+\[(?:/|private/)\S*\]: ",)),
    (
        Reason.DNS_MISSING,
        (
            r"(?:domain name not found|name service error)\b.*: host not found$",
            "domain not found",
            "nullmx",
            "does not accept mail",
        ),
    ),
    (Reason.DNS_FAILED, ("name service error", "domain name not found", "host not found")),
    (Reason.REFUSED_CONNECTION, ("connection refused",)),
    (Reason.NO_ROUTE, ("no route to host", "(?:network|host) is unreachable")),
    (Reason.TIMEOUT, ("timed out",)),
    (Reason.TLS, (r"\btls\b", "certificate", "ssl_")),
    (Reason.LOST, ("lost connection", "connection reset")),
    (Reason.GREYLISTED, ("gr[ea]y-?list", "postgrey")),
    (
        Reason.FULL,
        ("quota", "mailbox (?:is )?full", "insufficient (?:system )?storage", r"\b[45]\.2\.2\b"),
    ),
    (Reason.TOO_LARGE, ("size (?:exceeds|limit)", "too (?:large|big)", r"\b5\.(?:3\.4|2\.3)\b")),
    (
        Reason.RATE,
        (
            r"\brate\b",
            "too many (?:messages|connections|recipients|concurrent)",
            "throttl",
            r"\b4\.7\.28\b",
        ),
    ),
    (Reason.RELAY, ("relay access denied", "relaying denied", "unable to relay", "relay not")),
    (
        Reason.AUTHENTICATION,
        (r"\bspf\b", r"\bdkim\b", r"\bdmarc\b", "unauthenticated", r"\b5\.7\.2[0-9]\b"),
    ),
    (
        Reason.UNKNOWN_USER,
        (
            "user (?:unknown|not found)",
            "unknown (?:user|recipient)",
            "no such (?:user|recipient|mailbox)",
            "(?:mailbox|recipient|account) (?:not found|unavailable|does not exist)",
            "doesn.t exist",
            r"\b5\.1\.1\b",
        ),
    ),
    (
        Reason.BLOCKED,
        (
            "spam",
            "block",
            "(?:black|deny)-?list",
            r"\brbl\b",
            "dnsbl",
            "reputation",
            r"\blisted\b",
            "policy",
        ),
    ),
)
_PATTERNS = tuple((reason, re.compile("|".join(signs), re.IGNORECASE)) for reason, signs in _SIGNS)
_LONGEST = 2000


def reason_of(text: str) -> Reason:
    """The reason that a status text or a server's answer gives."""
    text = text[:_LONGEST]
    return next((reason for reason, signs in _PATTERNS if signs.search(text)), Reason.OTHER)
