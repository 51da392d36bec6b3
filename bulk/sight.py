"""What somebody may see of a job that was begun when he had other domains than today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from audit.actor import Actor
from bulk.items import Item, Verdict
from domains.services import domain_of_key
from mailkit.addresses import AddressError, domain_of, parse_domain


def seen(actor: Actor, items: Iterable[Item]) -> Iterator[Item]:
    """Of these items those that the actor may see now."""
    return (item for item in items if may_see(actor, item))


def may_see(actor: Actor, item: Item) -> bool:
    """Whether it is of his domains, or tells nothing but what he wrote himself."""
    if actor.touches_everything or not item.object_type:
        return True
    domain = _domain_of(item)
    return (domain is not None and actor.may_touch(domain)) or _is_only_said(item, domain)


def _domain_of(item: Item) -> str | None:
    if item.object_type in ("mailbox", "forwarding"):
        return domain_of(item.key)
    if item.object_type in ("domain", "transport"):
        return domain_of_key(item.key)
    return None


def _is_only_said(item: Item, domain: str | None) -> bool:
    """A line of a file that was refused before anything was said of what is there."""
    if item.verdict != Verdict.REFUSED or item.changes or domain is None:
        return False
    if any(reason.code == "outside_domains" for reason in item.reasons):
        return True
    with suppress(AddressError):
        parse_domain(domain)
        return False
    return True
