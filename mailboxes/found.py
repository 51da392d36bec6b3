"""The forwardings that a list shows, one rule for the list, its bulk actions and Django admin."""

from __future__ import annotations

from dataclasses import dataclass

from audit.actor import Actor
from domains.querysets import Page
from mailboxes.leading import READING, Leading, asked_for, found_by, leading
from mailboxes.models import Forwarding
from mailboxes.querysets import ForwardingQuerySet


@dataclass(frozen=True)
class Found:
    """`rows`: before `to` narrows them. `find`: how. `by_beginnings`: a search that did not look
    inside destinations."""

    rows: ForwardingQuerySet[Forwarding]
    find: Leading
    to: str
    by_beginnings: bool

    def page(self, after: str = "") -> Page[Forwarding]:
        """What the list shows behind this key."""
        if self.to:
            return self.find.page(asked_for(self.to), self.rows, after)
        return self.rows.page(after=after)


def way_for(actor: Actor, domain: str) -> Leading:
    """Within some domains the index on the source's domain leaves few rows to be read."""
    return READING if domain or not actor.touches_everything else leading()


def find_forwardings(
    actor: Actor, *, domain: str = "", q: str = "", inside: bool = False, to: str = ""
) -> Found:
    """Those that the actor sees, in a domain, by source or destination, leading to an address."""
    rows = Forwarding.objects.visible_to(actor)
    if domain:
        rows = rows.in_domain(domain)
    # Where nothing is looked for by destination, nobody asks how.
    find = way_for(actor, domain) if q or to else READING
    by_beginnings = bool(q) and find.by_table and not inside
    if q:
        rows = found_by(rows, q, find) if by_beginnings else rows.matching_either(q)
    return Found(rows, find, to, by_beginnings)
