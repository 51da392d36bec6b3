"""Reading jobs: one's own, and everybody's for those who may see all."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models

from audit.actor import Actor

M = TypeVar("M", bound=models.Model)


class JobQuerySet(models.QuerySet[M]):
    """Rows of `mailadmin_job`."""

    def visible_to(self, actor: Actor) -> Self:
        """The actor's own; superadmins and commands see all."""
        if not actor.is_operator:
            return self.none()
        if actor.touches_everything:
            return self
        return self.begun_by(actor)

    def begun_by(self, actor: Actor) -> Self:
        """The actor's own: an operator's by his account, a command's by its name."""
        own = self.filter(actor_kind=actor.kind.value, account=actor.account)
        return own if actor.account else own.filter(actor=actor.name)
