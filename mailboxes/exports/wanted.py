"""What somebody wants to have exported, and the rows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from audit.actor import Actor
from domains.models import Domain, Transport
from domains.querysets import Page
from mailboxes.leading import READING, Leading, asked_for, found_by, leading
from mailboxes.models import Forwarding, Mailbox


class Kind(StrEnum):
    """What a table's rows are called."""

    DOMAINS = "domains"
    MAILBOXES = "mailboxes"
    FORWARDINGS = "forwardings"
    TRANSPORTS = "transports"


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    JSON = "json"


MODELS: Mapping[Kind, Any] = MappingProxyType(
    {
        Kind.DOMAINS: Domain,
        Kind.MAILBOXES: Mailbox,
        Kind.FORWARDINGS: Forwarding,
        Kind.TRANSPORTS: Transport,
    }
)


@dataclass(frozen=True)
class Wanted:
    """`domain` (an A-label), `q` and `inside` as on the lists; `hashes`: those of passwords too.

    `state` of mailboxes and `source` of forwardings as Django admin filters them; `to`: where
    forwardings lead.
    """

    kind: Kind
    domain: str = ""
    q: str = ""
    inside: bool = False
    hashes: bool = False
    state: str = ""
    source: str = ""
    to: str = ""

    @property
    def table(self) -> str:
        """The table's name."""
        name: str = MODELS[self.kind]._meta.db_table
        return name

    def is_everything(self, actor: Actor) -> bool:
        """Whether these are all rows, those too that belong to no domain."""
        narrowed = self.domain or self.q or self.state or self.source or self.to
        return actor.touches_everything and not narrowed

    def rows(self, actor: Actor, find: Leading | None = None) -> Any:
        """What the list shows of it, as a queryset that only has the keys."""
        rows = MODELS[self.kind].objects.visible_to(actor)
        if self.domain:
            if self.kind is Kind.DOMAINS:
                rows = rows.named([self.domain])
            else:
                rows = rows.in_domain(self.domain)
        if self.q:
            rows = self._found(rows, find or self.find(actor))
        if self.kind is Kind.MAILBOXES:
            rows = rows.in_state(self.state)
        if self.kind is Kind.FORWARDINGS:
            rows = rows.whose_source_is(self.source)
        return rows.only("pk")

    def page(self, rows: Any, find: Leading, after: str, size: int) -> Page[Any]:
        """Some of `rows`, by key; of forwardings those that lead where they shall."""
        if self.kind is Kind.FORWARDINGS and self.to:
            return find.page(asked_for(self.to), rows.only("pk", "destination"), after)
        page: Page[Any] = rows.page(after=after, size=size)
        return page

    def find(self, actor: Actor) -> Leading:
        """How the list finds where forwardings lead."""
        if self.kind is not Kind.FORWARDINGS or self.domain or not actor.touches_everything:
            return READING
        return leading()

    def _found(self, rows: Any, find: Leading) -> Any:
        if self.kind is Kind.MAILBOXES and self.inside:
            return rows.containing(self.q)
        if self.kind is Kind.FORWARDINGS:
            if find.by_table and not self.inside:
                return found_by(rows, self.q, find)
            return rows.matching_either(self.q)
        return rows.matching(self.q)
