"""Deleting virtual domains, alone or with all that hangs on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied

from audit.actor import Actor
from audit.many import Refusals, one_by_one
from bulk.items import Item, Verdict
from bulk.models import Job
from bulk.selection import AT_ONCE
from bulk.works.rows import RowWork
from domains.models import Domain
from mailboxes.dependents import Some, domain_dependents
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import Dependents


class DeleteDomains(RowWork):
    """Of superadmins only."""

    noun: ClassVar[str] = "domain"
    # Each may have a hundred thousand mailboxes, all of which go in one transaction.
    at_a_time: ClassVar[int] = 1
    at_once: ClassVar[int] = 1

    def items_of(
        self, rows: Sequence[Domain], line: int, options: Mapping[str, Any], actor: Actor
    ) -> Iterator[Item]:
        if not actor.touches_everything:
            raise PermissionDenied
        keeps = options.get("dependents") == "keep"
        for number, row in enumerate(rows, line + 1):
            effects = {"orphans": [1]} if keeps else _effects(row.domain)
            values = {"effects": effects}
            yield Item(number, "domain", row.domain, Verdict.DELETE, values=values)

    def is_quick(self, items: Sequence[Item]) -> bool:
        """Whether few rows go with these domains."""
        found = [counted[0] for item in items for counted in item.values["effects"].values()]
        return bool(sum(found) <= AT_ONCE)

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        dependents: Dependents = "keep" if job.options.get("dependents") == "keep" else "remove"
        return one_by_one(
            [item.key for item in items],
            lambda key: delete_domain(actor=actor, domain=key, dependents=dependents),
        )


def _effects(domain: str) -> dict[str, list[Any]]:
    found = domain_dependents(domain)
    counted: dict[str, Some] = {
        "mailboxes": found.mailboxes,
        "forwardings": found.forwardings_from,
        "lose": found.forwardings_to,
        "transports": found.transports,
    }
    return {name: [some.count, *some.keys[:3]] for name, some in counted.items() if some}
