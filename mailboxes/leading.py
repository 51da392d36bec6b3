"""Forwardings by where they lead: asked of the table of targets, or by reading all forwardings.

Reading all is always right and takes as long as there are rows: some milliseconds at 5,000, up to
half a second at 300,000. The table answers at once and lacks what SQL alone has written since it
was compared. So it is asked where there are many forwardings and it was compared lately; each row
that it names is looked at as it is now. See docs/decisions/0006-forwarding-targets.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from audit.text_search import contains, equals, starts_with
from domains.postfix import delimiter
from domains.querysets import PAGE_SIZE, Page
from mailboxes.models import Forwarding, ForwardingTarget, TargetsState
from mailboxes.querysets import ForwardingQuerySet
from mailboxes.targets import BATCH, key_of, source_of
from mailkit.addresses import AddressError, domain_of, lowered, parse_domain

# Fewer than these are read: that is quick, and misses nothing.
FEW = 5000
# What is older may lack too much; the worker compares every ten minutes.
LATELY = timedelta(hours=1)
# So many rows are looked at in one go for a page.
LOOKED_AT = 2 * PAGE_SIZE


@dataclass(frozen=True)
class Leading:
    """How forwardings are found. `as_of`: those that SQL made since may be missing; None: none."""

    as_of: datetime | None

    @property
    def by_table(self) -> bool:
        """Whether the table of targets is asked."""
        return self.as_of is not None

    def page(
        self, asked: Asked, rows: ForwardingQuerySet[Forwarding], after: str = ""
    ) -> Page[Forwarding]:
        """Those of `rows` that lead there, page by page."""
        found: list[Forwarding] = []
        while len(found) <= PAGE_SIZE:
            if self.by_table:
                looked_at = _sources(asked.by_table() & Q(source__gt=key_of(after)), LOOKED_AT)
                some = rows_of(looked_at, rows)
            else:
                page = rows.filter(asked.by_reading()).page(after=after, size=LOOKED_AT)
                some, looked_at = page.rows, [row.source for row in page.rows]
            found += [row for row in some if asked.is_named_in(row)]
            if len(looked_at) < LOOKED_AT:
                break
            after = looked_at[-1]
        if len(found) <= PAGE_SIZE:
            return Page(found, None)
        return Page(found[:PAGE_SIZE], found[PAGE_SIZE - 1].source)

    def rows(self, asked: Asked, most: int | None = None) -> list[Forwarding]:
        """Forwardings that may lead there, the first `most` by source; look at each of them."""
        if not self.by_table:
            return list(Forwarding.objects.filter(asked.by_reading()).order_by("pk")[:most])
        keys = ForwardingTarget.objects.filter(asked.by_table()).order_by("source")
        sources = [
            source_of(key) for key in keys.values_list("source", flat=True).distinct()[:most]
        ]
        return rows_of(sources)


READING = Leading(None)


def leading() -> Leading:
    """The way that is right for now."""
    state = TargetsState.objects.first()
    if state is None or state.rows < FEW or timezone.now() - state.compared_at > LATELY:
        return READING
    return Leading(state.compared_at)


def _sources(wanted: Q, most: int | None) -> list[str]:
    keys = ForwardingTarget.objects.filter(wanted).order_by("source").values_list("source")
    return [source_of(key) for (key,) in keys.distinct()[:most]]


def rows_of(
    sources: list[str], rows: ForwardingQuerySet[Forwarding] | None = None
) -> list[Forwarding]:
    """The rows of exactly these sources that are there (among `rows`), in their order."""
    rows = Forwarding.objects.all() if rows is None else rows
    found: dict[str, Forwarding] = {}
    for start in range(0, len(sources), BATCH):
        batch = sources[start : start + BATCH]
        found.update((row.source, row) for row in rows.filter(pk__in=batch).found())
    return [found[source] for source in sources if source in found]


def found_by(
    rows: ForwardingQuerySet[Forwarding], text: str, find: Leading
) -> ForwardingQuerySet[Forwarding]:
    """By source, as `matching`, or by a whole destination or its domain, the first few of those."""
    named = find.rows(asked_for(text), LOOKED_AT)
    matching = rows.matching(text)
    return matching | rows.filter(pk__in=[row.source for row in named]) if named else matching


@dataclass(frozen=True)
class Asked:
    """`addresses`: named just so. `domains`: any address there. `hops`: what Postfix takes for
    these addresses too: with an extension, or by a domain alias.
    """

    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    hops: tuple[str, ...] = ()

    def is_named_in(self, row: Forwarding) -> bool:
        """Whether it names one of `addresses`, or an address in one of `domains`."""
        addresses = {lowered(one) for one in self.addresses}
        domains = {lowered(one) for one in self.domains}
        targets = [lowered(one) for one in row.destinations]
        return any(one in addresses or domain_of(one) in domains for one in targets)

    def by_reading(self) -> Q:
        """For `destination`; reads every row."""
        wanted = Q()
        for text in (*self.addresses, *(f"@{name}" for name in self.domains)):
            wanted |= contains("destination", text)
        for address in self.hops:
            local, _at, domain = address.rpartition("@")
            wanted |= contains("destination", address)
            if local:
                # A domain alias names no address.
                wanted |= equals("destination", f"@{domain}")
                for character in delimiter():
                    wanted |= contains("destination", local + character) & contains(
                        "destination", f"@{domain}"
                    )
        return wanted

    def by_table(self) -> Q:
        """For the table of targets; an index answers each part."""
        exact = [*self.addresses, *self.hops]
        exact += ["@" + domain_of(address) for address in self.hops]
        wanted = Q(target__in=sorted(set(_keys(exact))))
        if self.domains:
            wanted |= Q(domain__in=sorted(set(_keys(self.domains))))
        for address in self.hops:
            local, _at, domain = address.rpartition("@")
            if not local:
                # A catch-all: whatever leads to any address there.
                wanted |= Q(domain=key_of(lowered(domain)))
            else:
                for character in delimiter():
                    begins = starts_with("target", key_of(lowered(local + character)))
                    wanted |= begins & Q(domain=key_of(lowered(domain)))
        return wanted


def asked_for(text: str) -> Asked:
    """What somebody types: a whole address, `@domain`, or a domain."""
    local, _at, domain = text.strip().rpartition("@")
    try:
        domain = parse_domain(domain)
    except AddressError:
        domain = lowered(domain)
    return Asked(addresses=(f"{local}@{domain}",)) if local else Asked(domains=(domain,))


def _keys(texts: Iterable[str]) -> list[str]:
    return [key_of(lowered(text)) for text in texts]
