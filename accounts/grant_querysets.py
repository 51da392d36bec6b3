"""Which grants count: the one place that answers, for pages, commands, limits and undo alike.

A grant is of the domain that had its name when it was given. Once that domain is deleted, or the
name is created anew, the grant is a former one, until undo brings the domain back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from audit.models import Entry
from audit.querysets import CREATE_DOMAIN

M = TypeVar("M", bound=models.Model)
# One that was given before there was such a domain is of the next one that is created.
_AWAITED = Q(ahead=True, _newest=F("_oldest"), _action=CREATE_DOMAIN)


class GrantQuerySet(models.QuerySet[M]):
    """Rows of `mailadmin_grant`."""

    def in_force(self) -> Self:
        """Those that count; a few look-ups by index for each grant."""
        return self._with_turns().filter(Q(_newest=None) | _AWAITED)

    def former(self) -> Self:
        """Those of a domain that is not there any more, whoever has its name now."""
        return self._with_turns().exclude(Q(_newest=None) | _AWAITED)

    def former_for_good(self, oldest: datetime) -> Self:
        """Former ones whose domain went before `oldest`, too long ago for undo."""
        turns = Entry.objects.turns_since(OuterRef("domain"), OuterRef("since"))
        return self.former().filter(Exists(turns.filter(time__lt=oldest)))

    def _with_turns(self) -> Self:
        turns = Entry.objects.turns_since(OuterRef("domain"), OuterRef("since"))
        return self.alias(
            _oldest=Subquery(turns.order_by("pk").values("pk")[:1]),
            _newest=Subquery(turns.order_by("-pk").values("pk")[:1]),
            _action=Subquery(turns.order_by("-pk").values("action")[:1]),
        )
