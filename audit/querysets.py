"""Reading the change log: who sees which entries, search and filters that an index answers.

The name of a domain may come back after the domain was deleted, for somebody else. Domains have no
number, so an id of the log says which of them is meant: whatever was done, or given, at that id is
of the present domain unless the name has changed hands since.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.db import models

from audit.actor import Actor
from audit.text_search import Bytes, starts_with

M = TypeVar("M", bound=models.Model)
CREATE_DOMAIN = "create_domain"
DELETE_DOMAIN = "delete_domain"
UNDO = "undo"
# Of so many domains that were made anew at most: the statement must not grow without end.
PASSED_OVER = 20
# A domain appears or goes by one of these, or by undo.
TURNS = (CREATE_DOMAIN, DELETE_DOMAIN)


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
        """All of them, those of a domain admin's domains as they are now, or none."""
        if not actor.is_operator:
            return self.none()
        if actor.domains is None:
            return self
        names = sorted(actor.domains)
        mine = self.filter(self._perhaps_of(names)).alias(_domain=Bytes("domain"))
        return mine.filter(~models.Exists(self._of_a_former_domain()), _domain__in=names)

    def _perhaps_of(self, names: list[str]) -> models.Q:
        """Entries of these domains; of some that were made anew only those since then.

        So that an index passes over a former domain's hundred thousand mailboxes. One query.
        """
        log: Self = self.model._default_manager.order_by()  # type: ignore[assignment]
        turns = log.filter(undone=False, turn__in=names)
        turns = turns.alias(_name=Bytes("domain")).filter(_name__in=names)
        deletions = models.Count("pk", filter=models.Q(action=DELETE_DOMAIN))
        counted = turns.values("domain").annotate(
            last=models.Max("pk"), turns=models.Count("pk"), gone=deletions
        )
        # Undo may have brought a former one back.
        counted = counted.alias(back=models.Count("undoes")).filter(back=0)
        found = counted.filter(models.Q(turns__gt=1) | models.Q(gone__gt=0))
        anew = dict(found.values_list("domain", "last")[:PASSED_OVER])
        wanted = models.Q(domain__in=[name for name in names if name not in anew])
        for name, last in anew.items():
            wanted |= models.Q(domain=name, pk__gte=last)
        return wanted

    def turns(self, domain: Any) -> Self:
        """What made or removed this domain (in lower case) and is in effect; an index finds it.

        `domain` may be an expression. Undo is in it, whichever way it went.
        """
        log: Self = self.model._default_manager.order_by()  # type: ignore[assignment]
        found = log.filter(undone=False, turn=domain)
        name = models.Value(domain) if isinstance(domain, str) else domain
        return found.alias(_name=Bytes("domain")).filter(_name=Bytes(name))

    def turns_since(self, domain: Any, place: Any) -> Self:
        """What gave this name to another domain than the one it was at `place`, an entry's id.

        A deletion or creation; or undo of one that is older than `place`: the domain is then what
        it was before that one. What undo has taken back does not count, nor what happened until
        then: a domain whose deletion is undone is the same as before. Both may be expressions.
        """
        turned = models.Q(action__in=TURNS) | models.Q(undoes__lt=place)
        turns = self.turns(domain).filter(turned, pk__gt=place)
        return turns.filter(~models.Exists(self._way_back(place)))

    def _way_back(self, place: Any) -> Self:
        """Undo, later than this turn (`OuterRef`), of the same one or one before it."""
        turn = models.OuterRef("pk")
        after = models.OuterRef(place) if isinstance(place, models.OuterRef) else place
        back = self.turns(models.OuterRef("domain"))
        return back.filter(pk__gt=turn, undoes__lte=turn, undoes__gt=after)

    def _of_a_former_domain(self) -> Self:
        """The turns since this entry (`OuterRef`); an action stands where its turn does.

        For an action that deletes a domain goes on with its mailboxes, and undo begins with them.
        """
        entry, group = models.OuterRef("pk"), models.OuterRef("group")
        same, undone = models.Q(group=group), models.Q(undoes__group=group)
        turned = models.Q(action__in=TURNS, pk__gt=entry) | (same & models.Q(action=DELETE_DOMAIN))
        between = models.Q(undoes__lt=entry, pk__gt=entry)
        # A domain that came back has its deletion, and what brought it back, in its history.
        turned |= models.Q(undoes__action=DELETE_DOMAIN) & between & ~same & ~undone
        turned |= models.Q(undoes__action__in=(CREATE_DOMAIN, UNDO)) & (between | same | undone)
        turns = self.turns(models.OuterRef("domain")).filter(turned)
        return turns.filter(~models.Exists(self._way_back(entry)))

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
