"""Random changes of every kind: one at a time, each with the way to take it back.

A change by a service gives the id of one of its entries; one by SQL the way back. The kinds stand
in `kinds_*.py`; `kinds.py` has them all.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Kind, User
from audit.actor import Actor
from audit.models import Entry
from mailboxes.models import Mailbox

DOMAINS = ("a.test", "b.test", "c.test", "sub.a.test")
NAMES = ("anna", "bert", "carl", "dora", "emil", "info")
FAR = ("x@far.example", "Y@far.example", "z@elsewhere.example")
TRANSPORTS = ("smtp:[192.0.2.1]:25", "relay:", "discard:quietly", "error:5.1.1 gone", ":")
OPERATORS = ("carol", "dave")
# Written anew when its owner signs in.
WEAK_PASSWORD = "as weak as plain text"
WEAK = f"{{PLAIN}}{WEAK_PASSWORD}"
# A rare kind comes first so often: a sequence has room for few of them.
RARE_FIRST = 0.6


@dataclass(frozen=True)
class Change:
    """What was done. `entry_id`: of a service; `take_back`: of SQL."""

    kind: str
    entry_id: int | None = None
    entries: int = 0
    take_back: Callable[[], None] | None = None


class Impossible(Exception):
    """There is nothing to do this with right now."""


ByService = Callable[["RandomChanges"], None]
BySql = Callable[["RandomChanges"], Callable[[], None]]


@dataclass
class Counts:
    """How often each kind of change was made, and each action logged."""

    kinds: Counter[str] = field(default_factory=Counter)
    logged: Counter[str] = field(default_factory=Counter)


class RandomChanges:
    """Makes changes, one at a time."""

    def __init__(
        self,
        random_: random.Random,
        actor: Actor,
        counts: Counts,
        services: Mapping[str, ByService],
        sql: Mapping[str, BySql],
    ) -> None:
        self.random = random_
        self.actor = actor
        self.counts = counts
        self.services = services
        self.sql = sql
        self.passwords: dict[str, str] = {}

    def make_people(self) -> None:
        """At first there are mailboxes with weak hashes, and operators, one of them disabled."""
        for name in NAMES[:3]:
            Mailbox.objects.create(email=f"{name}@weak.test", password=WEAK)
        for name in OPERATORS:
            User.objects.create(username=name, kind=Kind.OPERATOR, is_active=name != OPERATORS[1])

    def change(self) -> Change:
        """One change of some kind; the rarest kinds come first more often than not."""
        kinds = [*self.services, *self.sql]
        for _attempt in range(200):
            rare = sorted(kinds, key=self.counts.kinds.__getitem__)[:6]
            kind = self.random.choice(rare if self.random.random() < RARE_FIRST else kinds)
            try:
                with transaction.atomic():
                    done = self._by_service(kind) if kind in self.services else self._by_sql(kind)
            except Impossible:
                kinds.remove(kind)
                continue
            except (ValidationError, IntegrityError):
                continue
            self.counts.kinds[kind] += 1
            return done
        raise AssertionError("nothing can be changed")

    def _by_service(self, kind: str) -> Change:
        last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.services[kind](self)
        # Beside it, what was done for a mailbox's owner, such as sending a link: in no mail table.
        made = [
            entry
            for entry in Entry.objects.filter(pk__gt=last).order_by("pk")
            if entry.object_type != "owner"
        ]
        if not made:
            raise Impossible
        assert len({entry.group for entry in made}) == 1, "one action, one group"
        self.counts.logged.update({entry.action for entry in made})
        return Change(kind, self.random.choice(made).pk, len(made))

    def _by_sql(self, kind: str) -> Change:
        return Change(kind, take_back=self.sql[kind](self))

    # ---- what there is ----
    def some(self, model) -> str:
        keys = sorted(model.objects.values_list("pk", flat=True))
        if not keys:
            raise Impossible
        return self.random.choice(keys)

    def some_of(self, model, most: int = 4) -> list[str]:
        """One or several keys."""
        keys = sorted(model.objects.values_list("pk", flat=True))
        if not keys:
            raise Impossible
        return self.random.sample(keys, self.random.randint(1, min(len(keys), most)))

    def address(self) -> str:
        return f"{self.random.choice(NAMES)}@{self.random.choice(DOMAINS)}"

    def targets(self) -> str:
        there = sorted(Mailbox.objects.values_list("pk", flat=True))
        pool = [*FAR, *(one for one in there if one.isascii() and " " not in one)]
        chosen = self.random.sample(pool, min(len(pool), self.random.randint(1, 3)))
        return "\n".join(chosen)

    def password(self, email: str) -> str:
        self.passwords[email] = f"long enough {self.random.random()}"
        return self.passwords[email]

    def source(self) -> str:
        domain = self.random.choice(DOMAINS)
        return self.random.choice([f"@{domain}", self.address(), self.address()])

    def transport_key(self) -> str:
        domain = self.random.choice(DOMAINS)
        return self.random.choice(["*", f".{domain}", domain, self.address(), "far.example"])
