"""Reading stored results; obeys what the actor may see."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models

from audit.actor import Actor

M = TypeVar("M", bound=models.Model)


class HealthQuerySet(models.QuerySet[M]):
    """Rows by domain."""

    def visible_to(self, actor: Actor) -> Self:
        """All of them, those of a domain admin's domains, or none."""
        if not actor.is_operator:
            return self.none()
        if actor.domains is None:
            return self
        return self.filter(domain__in=sorted(actor.domains))
