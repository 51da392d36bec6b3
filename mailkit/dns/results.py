"""What a check of DNS says: its status, its code, what was seen and what to publish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """How a check ended. Unknown is never absent: nobody could tell, and `reason` says why."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Severity(StrEnum):
    """How bad a failure is, from a hint to lost mail."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class Verdict(StrEnum):
    """What all checks of a domain come to."""

    OK = "ok"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


# Without an answer for one of these nobody can say that a domain is well.
REQUIRED_FAMILIES = ("mx", "spf", "dkim", "ptr")
DEFAULT_TTL = 3600


@dataclass(frozen=True)
class Record:
    """A record to publish: absolute `name` with its last dot, a TXT `value` joined, unquoted."""

    name: str
    type: str
    value: str
    ttl: int = DEFAULT_TTL


@dataclass(frozen=True)
class Check:
    """One line of the result: a failure with its code, or how a whole family stands.

    `code` is the catalogue's for a failure and the family's name otherwise. `observed` holds the
    records as they were seen, `expected` in a few words what should be there, `publish` the
    records that mend it and `remove` those that have to go. `params` fills the words of the code
    (an address, a selector, a count). `host` and `ip` say what a check of the mail host is about.
    """

    code: str
    family: str
    status: Status
    severity: Severity | None = None
    observed: tuple[str, ...] = ()
    expected: str = ""
    publish: tuple[Record, ...] = ()
    remove: tuple[Record, ...] = ()
    reason: str = ""
    params: dict[str, str | int] = field(default_factory=dict)
    host: str = ""
    ip: str = ""


def fail(family: str, code: str, severity: Severity, **more: object) -> Check:
    """A failure: `fail("mx", "mx.missing", Severity.CRITICAL, observed=..., publish=...)`."""
    return Check(code, family, Status.FAIL, severity, **more)  # type: ignore[arg-type]


def passed(family: str, **more: object) -> Check:
    """The family is as it should be."""
    return Check(family, family, Status.PASS, **more)  # type: ignore[arg-type]


def unknown(family: str, reason: str, code: str = "", **more: object) -> Check:
    """Nobody could tell, and why."""
    return Check(code or family, family, Status.UNKNOWN, reason=reason, **more)  # type: ignore[arg-type]


def skipped(family: str, reason: str, **more: object) -> Check:
    """Not looked at, and why (a setting is missing, the operator switched it off)."""
    return Check(family, family, Status.SKIPPED, reason=reason, **more)  # type: ignore[arg-type]


def verdict(checks: Iterable[Check]) -> Verdict:
    """The worst failure; unknown where nothing failed but a required family could not be told."""
    checks = tuple(checks)
    order = list(Severity)
    failed = [check.severity for check in checks if check.status == Status.FAIL and check.severity]
    if failed:
        return Verdict(max(failed, key=order.index))
    if any(c.status == Status.UNKNOWN and c.family in REQUIRED_FAMILIES for c in checks):
        return Verdict.UNKNOWN
    return Verdict.OK
