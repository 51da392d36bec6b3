"""What the publish page shows: findings to choose from, and each zone's difference."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.actor import Actor
from audit.models import Entry
from dnshealth.lasting import Lasting, lasting_of
from dnshealth.models import Health, Sending
from dnshealth.publishing import ZonePlan, choose, plan_publishing
from dnshealth.sending import broken_off, changes_of
from dnshealth.states import Look, look, of_check
from dnshealth.words import words_of
from dnshealth.words.publishing import TROUBLES, TroubleWords
from dnshealth.zonefile import checks_of
from domains.state import state_of
from mailkit.dns.primary import PublishError
from mailkit.dns.publish import Change, Plan
from mailkit.dns.results import Check

# The records to publish are made from what was seen: not from what stood there yesterday.
FRESH = timedelta(minutes=15)


@dataclass(frozen=True)
class Choice:
    """A finding that records mend, once for each code."""

    code: str
    title: Any
    look: Look
    chosen: bool


@dataclass(frozen=True)
class Line:
    """A line of the difference: `comes` or goes."""

    comes: bool
    text: str


@dataclass(frozen=True)
class Problem:
    """What stands in the way, in words; `found` is what is there now."""

    code: str
    words: TroubleWords
    detail: str
    found: Sequence[str]


@dataclass(frozen=True)
class ZoneCard:
    """A zone on the page. `state` is what the difference was shown with, "" where none is."""

    zone: str
    where: str
    lines: list[Line]
    state: str
    problem: Problem | None
    lasting: Lasting


@dataclass(frozen=True)
class Offer:
    """The page: `why_not` is "" or not_set_up, not_checked, old, nothing."""

    why_not: str
    choices: list[Choice]
    plans: list[ZonePlan]
    later: tuple[Check, ...]
    checked_at: datetime | None

    @property
    def cards(self) -> list[ZoneCard]:
        """Each zone that has something to change, or something in the way."""
        return [card_of(one) for one in self.plans if one.changes or one.problem]

    @property
    def is_there(self) -> bool:
        """Whether the primaries have all that is chosen, though the check did not see it."""
        return any(one.chosen for one in self.choices) and not self.cards

    def zone(self, name: str) -> ZonePlan | None:
        """The plan of this zone."""
        return next((one for one in self.plans if one.zone == name), None)


def offer(actor: Actor, health: Health | None, codes: Sequence[str] | None) -> Offer:
    """What can be published of the last check's findings; asks the primaries what they have.

    `codes`: what somebody has chosen, None for the errors.
    """
    checks = checks_of(health) if health else []
    # Each by itself, so that what another one clashes with is there to choose as well.
    mendable = {one.code for one in checks if choose(actor, [one], [one.code]).findings}
    wanted = None if codes is None else [code for code in codes if code in mendable]
    chosen = choose(actor, checks, wanted)
    picked = {one.code for one in chosen.findings}
    choices = _choices([one for one in checks if one.code in mendable], picked)
    why_not = _why_not(health, choices)
    plans = plan_publishing(chosen.findings) if not why_not else []
    checked_at = health.checked_at if health else None
    return Offer(why_not, choices, plans, chosen.later, checked_at)


@dataclass(frozen=True)
class Unfinished:
    """An update of whose end nobody has made a note; `url` is where the server is asked."""

    sending: Sending
    lines: list[Line]
    url: str


def unfinished_of(actor: Actor, domain: str, dns_url: str) -> list[Unfinished]:
    """Those of a domain (A-label), for whoever may publish."""
    if not actor.touches_everything or not dns_url:
        return []
    return [
        Unfinished(one, difference_of(changes_of(one)), f"{dns_url}unfinished/{one.pk}/")
        for one in broken_off(domain=domain)
    ]


def is_set_up() -> bool:
    """Whether somebody has said where to publish, or with which key."""
    dns = settings.MAILADMIN.dns
    return dns.update_key is not None or dns.primary is not None


def state_of_plan(plan: ZonePlan) -> str:
    """Equal only for plans that change the same records from the same to the same."""
    return state_of(
        {
            "zone": plan.zone,
            **{
                f"{one.name} {one.type}": json.dumps([one.before, one.after, one.ttl])
                for one in plan.changes
            },
        }
    )


def problem_of(error: PublishError) -> Problem:
    """In words."""
    return Problem(error.trouble.value, TROUBLES[error.trouble], error.detail, error.found)


def difference_of(changes: Iterable[Change]) -> list[Line]:
    """What goes and what comes."""
    lines = Plan("", tuple(changes)).difference
    return [Line(text.startswith("+"), text[2:]) for text in lines]


def entries_of_action(actor: Actor, entry: Entry) -> list[Entry]:
    """What was published together with this."""
    seen = Entry.objects.visible_to(actor).filter(object_type=entry.object_type)
    return list(seen.filter(group=entry.group).order_by("pk"))


def _why_not(health: Health | None, choices: Sequence[Choice]) -> str:
    if not is_set_up():
        return "not_set_up"
    if health is None or health.checked_at is None:
        return "not_checked"
    if health.checked_at < timezone.now() - FRESH:
        return "old"
    return "" if choices else "nothing"


def _choices(checks: Iterable[Check], picked: set[str]) -> list[Choice]:
    found: dict[str, Choice] = {}
    for check in sorted(checks, key=lambda one: -of_check(one).rank):
        if check.code not in found:
            words = words_of(check)
            title = words.title if words else check.code
            found[check.code] = Choice(
                check.code, title, look(of_check(check)), check.code in picked
            )
    return list(found.values())


def card_of(plan: ZonePlan) -> ZoneCard:
    """A zone as the page shows it."""
    where = f"{plan.primary.address}@{plan.primary.port}" if plan.primary else ""
    return ZoneCard(
        plan.zone,
        where,
        difference_of(plan.changes),
        state_of_plan(plan) if plan.changes else "",
        problem_of(plan.problem) if plan.problem else None,
        lasting_of(plan.changes, plan.absent_for),
    )
