"""Taking back what was set for a domain's DNS checks; the service of `dnshealth` does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.models import Entry
from audit.reversal import Obstacle, newer_entry
from dnshealth.change_settings import KIND, as_logged, put_settings_back
from dnshealth.domain_settings import settings_of
from domains.models import Domain

__all__ = ["KIND", "SettingsStep", "plan_settings"]


@dataclass(frozen=True)
class SettingsStep:
    """A domain's settings as they were before this entry."""

    entry: Entry
    carry_out: Callable[[Actor], object]


def plan_settings(entry: Entry) -> SettingsStep | Obstacle:
    """How to take this change back, or what is in the way."""
    key = entry.object_key
    if Domain.objects.by_key(key) is None:
        return Obstacle(entry, "gone", _("There is no domain “%(name)s” any more.") % {"name": key})
    now = as_logged(settings_of(key))
    if any(now.get(name) != after for name, (_before, after) in entry.changes.items()):
        return Obstacle(
            entry,
            "changed",
            _("The DNS settings of “%(name)s” are not as this change left them.") % {"name": key},
            newer_entry(entry, key),
        )
    before = {name: was for name, (was, _after) in entry.changes.items()}
    return SettingsStep(
        entry, lambda actor: put_settings_back(actor=actor, domain=key, fields=before)
    )
