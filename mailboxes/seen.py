"""Addresses of several domains, as far as somebody may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.actor import Actor
from mailboxes.dependents import COUNTED, SHOWN, Some
from mailboxes.models import Mailbox
from mailboxes.reaching import Reaching, Way
from mailkit.addresses import domain_of, lowered


@dataclass(frozen=True)
class Shown:
    """`keys`: the first ones he may see; `others`: how many there are beside them.

    `more`: there are at least that many.
    """

    keys: list[str]
    others: int
    more: bool

    def __bool__(self) -> bool:
        return bool(self.keys or self.others)


def shown(sources: Sequence[str], actor: Actor, some: Some | None = None) -> Shown:
    """What to show of these sources; `some` where they are only the first of a counted list."""
    total = some.count if some is not None else min(len(sources), COUNTED)
    more = some.more if some is not None else len(sources) > COUNTED
    keys = [one for one in sources[:SHOWN] if actor.may_touch(domain_of(one))]
    return Shown(keys, total - len(keys), more)


@dataclass(frozen=True)
class ShownWays:
    """`ways`: those through domains he may see; `others`: how many lead through other domains.

    `more`: there are at least that many. `as_of`: see Reaching.
    """

    ways: list[Way]
    others: int
    more: bool
    as_of: datetime | None

    def __bool__(self) -> bool:
        return bool(self.ways or self.others)


def shown_ways(found: Reaching, actor: Actor) -> ShownWays:
    """What to show of the ways to a mailbox."""
    ways = [
        way
        for way in found.ways
        if all(actor.may_touch(domain_of(one)) for one in (way.address, *way.through))
    ]
    return ShownWays(ways, len(found.ways) - len(ways), found.more, found.as_of)


def has_mailbox(addresses: Iterable[str], actor: Actor) -> bool:
    """Whether one of these is the address of a mailbox that he may see, however it is written."""
    rows = Mailbox.objects.visible_to(actor)
    keys = {key for one in addresses if one for key in (one, lowered(one))}
    return any(rows.by_key(key) is not None for key in sorted(keys))
