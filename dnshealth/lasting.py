"""How long resolvers may go on with the old answer: its TTL (RFC 1034, 3.6), and for a record that
was not there what the zone's SOA record says (RFC 2308, 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import ngettext

from audit.models import Entry
from dnshealth.publishing import change_of
from dnshealth.sending import KIND
from mailkit.dns.publish import Change

MINUTE, HOUR, DAY = 60, 3600, 86400
# Nobody keeps an answer for longer.
LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class Lasting:
    """In words, "" where it does not matter. `absent_for`: that a record was not there."""

    old_for: str
    absent_for: str


def lasting_of(changes: Iterable[Change], absent_for: int | None) -> Lasting:
    """Of these changes; `absent_for` in seconds, as the zone has it."""
    changes = tuple(changes)
    old = [one.ttl_before for one in changes if one.before and one.ttl_before is not None]
    new = any(not one.before for one in changes)
    return Lasting(
        in_words(max(old)) if old else "",
        in_words(absent_for) if new and absent_for is not None else "",
    )


def old_until(entries: Iterable[Entry]) -> datetime | None:
    """Until when resolvers may have what was there before these lines of the log; None for new."""
    found = [
        entry.time + timedelta(seconds=change.ttl_before)
        for entry in entries
        if (change := change_of(entry)).before and change.ttl_before is not None
    ]
    return max(found, default=None)


def old_until_of_domain(domain: str) -> datetime | None:
    """The same of all that was published lately for a domain (A-label); None once it is over."""
    now = timezone.now()
    lately = Entry.objects.filter(domain=domain, object_type=KIND, time__gte=now - LONGEST)
    until = old_until(lately)
    return until if until is not None and until > now else None


def in_words(seconds: int) -> str:
    """`5 minutes`, rounded up."""
    if seconds == DAY or seconds >= 2 * DAY:
        days = -(-seconds // DAY)
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if seconds == HOUR or seconds >= 2 * HOUR:
        hours = -(-seconds // HOUR)
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    if seconds == MINUTE or seconds >= 2 * MINUTE:
        minutes = -(-seconds // MINUTE)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
