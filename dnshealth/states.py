"""How a domain, a family of checks or one check stands: order, words, colour and sign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from mailkit.dns.results import Check, Status, Verdict
from mailkit.dns.switched_off import is_off


class State(StrEnum):
    """From nothing to say to lost mail. The values of the verdicts, and what only pages have."""

    UNCHECKED = "unchecked"
    SKIPPED = "skipped"
    OK = "ok"
    OFF = "off"
    NOTICE = "notice"
    UNKNOWN = "unknown"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """For sorting, the worst highest."""
        return _ORDER.index(self)


_ORDER = list(State)
# What counts as known: a check that ended with an answer.
_FAILED = (State.NOTICE, State.WARNING, State.ERROR, State.CRITICAL)


@dataclass(frozen=True)
class Look:
    """How a state is shown: never by its colour alone."""

    label: Any
    color: str
    icon: str
    sentence: Any


LOOKS = {
    State.CRITICAL: Look(
        _("critical"),
        "red",
        "cross",
        _("Mail of this domain gets lost, is refused or is taken for forged until this is mended."),
    ),
    State.ERROR: Look(
        _("error"),
        "orange",
        "alert",
        _("Some servers refuse mail of this domain or take it for spam until this is mended."),
    ),
    State.WARNING: Look(
        _("warning"),
        "yellow",
        "alert",
        _("Mail works, but it is less trusted or less protected than it could be."),
    ),
    State.UNKNOWN: Look(
        _("could not be checked"),
        "gray",
        "question",
        _("The name servers could not be asked, so nobody can say how this domain stands."),
    ),
    State.NOTICE: Look(
        _("notice"), "azure", "info", _("Mail works. There is something left that could be better.")
    ),
    State.OK: Look(_("in order"), "green", "check", _("Everything that was checked is in order.")),
    State.OFF: Look(
        _("switched off"),
        "gray",
        "pause",
        _("Somebody has switched it off for this domain and said why. It counts for nothing."),
    ),
    State.SKIPPED: Look(_("not looked at"), "gray", "minus", _("A setting for it is missing.")),
    State.UNCHECKED: Look(
        _("not checked yet"), "gray", "minus", _("Nobody has checked this domain yet.")
    ),
}


def look(state: State | str) -> Look:
    """How this state is shown."""
    return LOOKS[State(state)]


def sentence(state: State | str, off: int) -> Any:
    """What a verdict means where so many checks are switched off."""
    if off and state == State.OK:
        return _("What is not switched off is in order.")
    return look(state).sentence


def of_verdict(verdict: Verdict | str) -> State:
    """The state that shows a verdict."""
    return State(str(verdict))


def of_check(check: Check) -> State:
    """How one check ended."""
    if check.status == Status.FAIL and check.severity is not None:
        return State(str(check.severity))
    if check.status == Status.UNKNOWN:
        return State.UNKNOWN
    if is_off(check):
        return State.OFF
    return State.SKIPPED if check.status == Status.SKIPPED else State.OK


def of_family(checks: Iterable[Check]) -> State:
    """How a family stands: its worst failure; unknown where nothing failed and one check is."""
    states = [of_check(check) for check in checks]
    failed = [state for state in states if state in _FAILED]
    if failed:
        return max(failed, key=_ORDER.index)
    if State.UNKNOWN in states:
        return State.UNKNOWN
    return max(states, key=_ORDER.index, default=State.SKIPPED)
