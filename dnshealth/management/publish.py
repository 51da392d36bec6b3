"""What `dns publish` shows: the difference, what stands in the way, and all of it as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from dnshealth.publishing import ZonePlan
from dnshealth.sending import broken_off, settle
from dnshealth.words.publishing import FATES, TROUBLES
from mailkit.dns.primary import PublishError
from mailkit.dns.results import Check


@dataclass
class Outcome:
    """The plans of a domain, which of them were sent, and what failed on the way."""

    domain: str
    plans: list[ZonePlan]
    later: tuple[Check, ...] = ()
    sent: set[str] = field(default_factory=set)
    failed: dict[str, PublishError] = field(default_factory=dict)

    @property
    def to_send(self) -> list[ZonePlan]:
        return [one for one in self.plans if one.changes]

    def problem(self, one: ZonePlan) -> PublishError | None:
        return self.failed.get(one.zone) or one.problem

    @property
    def has_problems(self) -> bool:
        return any(self.problem(one) for one in self.plans)

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "domain": self.domain,
            "zones": [self._zone_as_data(one) for one in self.plans],
            "later": sorted({check.code for check in self.later}),
        }

    def _zone_as_data(self, one: ZonePlan) -> dict[str, Any]:
        problem = self.problem(one)
        return {
            "zone": one.zone,
            "primary": f"{one.primary.address}@{one.primary.port}" if one.primary else None,
            "changes": [
                {
                    "name": change.name,
                    "type": change.type,
                    "ttl": change.ttl,
                    "before": list(change.before),
                    "after": list(change.after),
                }
                for change in one.changes
            ],
            "published": one.zone in self.sent,
            "trouble": problem.trouble.value if problem else None,
            "detail": problem.detail if problem else "",
        }


def settled(actor: Actor, domain: str) -> Iterator[str]:
    """Ask what became of updates whose program was stopped, and say it. Raises PublishError."""
    for one in broken_off(domain=domain):
        yield f"{one.zone}: {FATES[settle(actor=actor, sending=one)]}"


def difference(plans: Iterable[ZonePlan]) -> Iterator[str]:
    """What would go and come, zone by zone, and what stands in the way."""
    for one in plans:
        if one.problem is not None:
            yield f"{one.zone}:"
            yield from trouble(one.problem)
        elif one.plan is not None and one.primary is not None and one.changes:
            yield _("%(zone)s, at %(address)s port %(port)s:") % {
                "zone": one.zone,
                "address": one.primary.address,
                "port": one.primary.port,
            }
            yield from (f"  {line}" for line in one.plan.difference)


def trouble(problem: PublishError) -> Iterator[str]:
    """Why it was not published, and what to do."""
    words = TROUBLES[problem.trouble]
    yield f"  {problem.trouble.value}: {words.what} {words.todo}"
    if problem.detail:
        yield f"    ({problem.detail})"
    yield from (f"    {_('There now:')} {line}" for line in problem.found)
