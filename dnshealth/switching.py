"""Whether a verdict is another one by what DNS says, or by what somebody switched off or on."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypedDict

from dnshealth.domain_settings import DomainSettings
from dnshealth.models import Health
from dnshealth.states import State, of_check
from mailkit.dns.results import Check


class Why(StrEnum):
    """Why a verdict is another one. OFF and ON: DNS is no better or worse than it was."""

    WORSE = "worse"
    BETTER = "better"
    OFF = "off"
    ON = "on"


class Switched(TypedDict):
    """A code or family, and who switched it off for which reason ("" where that is over)."""

    key: str
    by: str
    because: str


def why(row: Health, failed: Iterable[Check]) -> Why:
    """Why the verdict is not the one that operators were told; `failed` is what is wrong now."""
    before, now = State(row.told), State(row.verdict)
    if now.rank < before.rank:
        # As bad as before, had nobody switched it off. A family was not looked at: nobody knows.
        hidden = [_rank(row.off[key], before) for key in _newly_off(row)]
        return Why.OFF if max(hidden, default=0) >= before.rank else Why.BETTER
    again = _on_again(row)
    rest = [of_check(one).rank for one in failed if not again & {one.code, one.family}]
    return Why.WORSE if max(rest, default=0) > before.rank or not again else Why.ON


def switched_off(row: Health, own: DomainSettings) -> list[Switched]:
    """What was switched off since operators were told."""
    return [_switched(key, own) for key in _newly_off(row)]


def switched_on(row: Health, failed: Iterable[Check]) -> list[Switched]:
    """What was switched off when operators were told, and is found again."""
    found = {name for one in failed for name in (one.code, one.family)}
    return [Switched(key=key, by="", because="") for key in sorted(_on_again(row) & found)]


def _newly_off(row: Health) -> list[str]:
    return sorted(set(row.off) - set(row.told_off))


def _on_again(row: Health) -> set[str]:
    return set(row.told_off) - set(row.off)


def _rank(severity: str, before: State) -> int:
    return State(severity).rank if severity else before.rank


def _switched(key: str, own: DomainSettings) -> Switched:
    one = own.switched_off.get(key)
    return Switched(key=key, by=one.by if one else "", because=one.because if one else "")
