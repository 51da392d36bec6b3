"""Reading stored results; obeys what the actor may see.

A domain that is deleted may come back as somebody else's. So what is stored has its `place`, the
newest line of the change log when it was written: it is a former domain's once the name has changed
hands since, as `audit.querysets` judges the log's own lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Self, TypeVar

from django.db import models

from audit.actor import Actor
from audit.models import Entry

M = TypeVar("M", bound=models.Model)
FEW = 500


class HealthQuerySet(models.QuerySet[M]):
    """Rows by domain."""

    def visible_to(self, actor: Actor) -> Self:
        """All of them, those of a domain admin's domains, or none."""
        if not actor.is_operator:
            return self.none()
        if actor.domains is None:
            return self
        return self.filter(domain__in=sorted(actor.domains))


class PlacedQuerySet(HealthQuerySet[M]):
    """Rows by domain that also have a `place`; `NAMES` are the columns the log may know it by."""

    NAMES: ClassVar[tuple[str, ...]] = ("domain",)

    def visible_to(self, actor: Actor) -> Self:
        """As the others; a domain admin sees those of his domains as they are now."""
        mine = super().visible_to(actor)
        return mine if actor.domains is None else mine.exclude(self._turned())

    def former(self) -> Self:
        """Those of a domain that is not there any more, whoever has its name now."""
        return self.filter(self._turned())

    def _turned(self) -> models.Q:
        turned = models.Q()
        for name in self.NAMES:
            since = Entry.objects.turns_since(models.OuterRef(name), models.OuterRef("place"))
            turned |= models.Q(models.Exists(since))
        return turned


class HealthRowsQuerySet(PlacedQuerySet[M]):
    """How domains stand; SQL may have written a name as DNS does not have it."""

    NAMES = ("domain", "row_key")


def in_pieces(names: Iterable[str]) -> Iterator[list[str]]:
    """The names in pieces of which a database takes each in one query."""
    every = list(names)
    for start in range(0, len(every), FEW):
        yield every[start : start + FEW]
