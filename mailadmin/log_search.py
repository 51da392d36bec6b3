"""What the change log was asked for: `?q=`, filters, and where the page begins."""

from __future__ import annotations

import datetime
import ipaddress
import uuid
from dataclasses import dataclass, field

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.querysets import Wanted
from mailkit.addresses import AddressError, lowered, parse_domain

# BigAutoField's largest.
LAST_ID = 2**63 - 1


@dataclass(frozen=True)
class Search:
    """`typed`: each field as it was typed, for the form; `problems`: {field: what is wrong}."""

    wanted: Wanted
    before: int | None
    after: int | None
    typed: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def filters(self) -> int:
        """How many filters beside the search are set."""
        return sum(bool(self.typed[name]) for name in FILTERS)


FILTERS = ("actor", "address", "action", "kind", "domain", "since", "until")


def read_search(query: QueryDict, actor: Actor) -> Search:
    """Read the address of the list. Http404 for a domain the actor may not see."""
    names = ("q", *FILTERS, "before", "after", "group")
    typed = {name: query.get(name, "").strip() for name in names}
    if any("\x00" in text for text in typed.values()):
        raise Http404
    problems: dict[str, str] = {}
    wanted = Wanted(
        q=typed["q"],
        actor=typed["actor"],
        address=network_address(typed["address"]),
        action=typed["action"],
        kind=typed["kind"],
        domain=_domain(typed["domain"], actor),
        since=_day("since", typed, problems),
        until=_day("until", typed, problems),
        group=_group(typed["group"]),
    )
    before, after = _id(typed["before"]), _id(typed["after"])
    return Search(wanted, before, after, typed, problems)


def network_address(text: str) -> str:
    """As the log has it: `2001:DB8:0::1` is found as `2001:db8::1`."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def domain_name(text: str) -> str:
    """As the log has it: `Bücher.example` is found as `xn--bcher-kva.example`."""
    try:
        return parse_domain(text)
    except AddressError:
        return lowered(text)


def _domain(text: str, actor: Actor) -> str:
    if not text:
        return ""
    name = domain_name(text)
    if not actor.may_touch(name):
        raise Http404
    return name


def _day(name: str, typed: dict[str, str], problems: dict[str, str]) -> datetime.date | None:
    text = typed[name]
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        problems[name] = _("“%(text)s” is no day: write it like 2026-11-24.") % {"text": text}
        return None


def _group(text: str) -> uuid.UUID | None:
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404 from error


def _id(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise Http404
    return min(int(text[:20]), LAST_ID)
