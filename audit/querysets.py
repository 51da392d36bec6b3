"""Reading the change log: who sees which entries, search and filters that an index answers."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.db import models

from audit.actor import Actor
from audit.text_search import starts_with

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; everything left empty counts for all.

    `q`: first characters of an object's key (the one before a rename too) or of who did it.
    `address`: a whole network address. `domain`: an A-label. `since` and `until`: whole days in
    UTC, both included.
    """

    q: str = ""
    actor: str = ""
    address: str = ""
    action: str = ""
    kind: str = ""
    domain: str = ""
    since: datetime.date | None = None
    until: datetime.date | None = None
    group: uuid.UUID | None = None

    def __bool__(self) -> bool:
        return any(vars(self).values())


class EntryQuerySet(models.QuerySet[M]):
    """Entries of the change log."""

    def visible_to(self, actor: Actor) -> Self:
        """All of them, those of a domain admin's domains, or none."""
        if not actor.is_operator:
            return self.none()
        if actor.domains is None:
            return self
        return self.filter(domain__in=sorted(actor.domains))

    def wanted(self, wanted: Wanted) -> Self:
        """Those that somebody looks for."""
        found = self
        if wanted.q:
            found = found.filter(
                starts_with("object_key", wanted.q)
                | starts_with("former_key", wanted.q)
                | starts_with("actor", wanted.q)
            )
        exact: dict[str, Any] = {
            "actor": wanted.actor,
            "address": wanted.address,
            "action": wanted.action,
            "object_type": wanted.kind,
            "domain": wanted.domain,
            "group": wanted.group,
        }
        found = found.filter(**{name: value for name, value in exact.items() if value})
        if wanted.since is not None:
            found = found.filter(time__gte=_midnight(wanted.since))
        if wanted.until is not None and wanted.until < datetime.date.max:
            found = found.filter(time__lt=_midnight(wanted.until + datetime.timedelta(days=1)))
        return found

    def with_kept(self) -> Self:
        """With the protected column, which is left in the database otherwise."""
        return self.defer(None)

    def about(self, object_type: str, key: str) -> Self:
        """Those of one object by its present or former key."""
        by_key = models.Q(object_key=key)
        if key:
            # One without a name has none before it: most entries have no former key.
            by_key |= models.Q(former_key=key)
        return self.filter(by_key, object_type=object_type)


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.min, datetime.UTC)
