"""Reading stored results; obeys what the actor may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self, TypeVar

from django.db import models

from audit.actor import Actor

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


def in_pieces(names: Iterable[str]) -> Iterator[list[str]]:
    """The names in pieces of which a database takes each in one query."""
    every = list(names)
    for start in range(0, len(every), FEW):
        yield every[start : start + FEW]
