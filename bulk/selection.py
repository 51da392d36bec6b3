"""Which rows a job is about: keys that were ticked, or all that a list's filter shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from audit.actor import Actor
from domains.querysets import Page
from domains.schema import schema
from mailboxes.admin_filters import by_kind, by_state
from mailboxes.found import Found, find_forwardings
from mailboxes.leading import READING, asked_for
from mailboxes.nouns import MODELS

BATCH = 500
# A selection of no more rows than these is planned and carried out at once, in the request.
AT_ONCE = 100
# A filter's rows are counted no further.
COUNTED = 1_000

# What a filter may have: of the panel's lists (`to`: this very destination), and of Django admin's.
FILTERS = ("domain", "q", "inside", "to", "state", "kind")


def batches(noun: str, selection: Mapping[str, Any], actor: Actor) -> Iterator[Sequence[Any]]:
    """The rows in key order, some at a time; those the actor does not see are not among them.

    `selection`: {"keys": [..]}, or some of FILTERS. The latter goes by key, so rows that come or
    go meanwhile do no harm.
    """
    if "keys" in selection:
        rows = MODELS[noun].objects.visible_to(actor)
        keys = sorted(set(selection["keys"]))
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            found = {row.pk: row for row in rows.filter(pk__in=batch).found()}
            yield [found[key] for key in batch if key in found]
        return
    after = ""
    while True:
        page = _page(noun, selection, actor, after, BATCH)
        if page.rows:
            yield page.rows
        if page.next_after is None:
            return
        after = page.next_after


def _page(
    noun: str, selection: Mapping[str, Any], actor: Actor, after: str = "", size: int = BATCH
) -> Page[Any]:
    rows = filtered(noun, selection, actor)
    if selection.get("to") and noun == "forwarding":
        # By reading all of them: a row that SQL made a moment ago belongs to "all that match".
        return READING.page(asked_for(selection["to"]), rows, after)
    page: Page[Any] = rows.page(after=after, size=size)
    return page


def filtered(noun: str, selection: Mapping[str, Any], actor: Actor) -> Any:
    """The rows that a list with this filter shows, before `to`."""
    if noun == "forwarding":
        return by_kind(_forwardings(selection, actor).rows, selection.get("kind", ""))
    rows = MODELS[noun].objects.visible_to(actor)
    if selection.get("domain") and noun != "domain":
        rows = rows.in_domain(selection["domain"])
    q = selection.get("q", "")
    if q:
        rows = rows.containing(q) if selection.get("inside") else rows.matching(q)
    return by_state(rows, selection.get("state", ""), q) if noun == "mailbox" else rows


def _forwardings(selection: Mapping[str, Any], actor: Actor) -> Found:
    asked = {name: selection.get(name, "") for name in ("domain", "q", "to")}
    return find_forwardings(actor, **asked, inside=bool(selection.get("inside")))


def keys_of_page(
    noun: str, selection: Mapping[str, Any], actor: Actor, after: str = ""
) -> list[str]:
    """The keys of the rows on a list's page, those behind `after`."""
    rows = filtered(noun, selection, actor)
    if noun == "forwarding":
        page: Page[Any] = replace(_forwardings(selection, actor), rows=rows).page(after)
    else:
        page = rows.page(after=after)
    return [str(row.pk) for row in page.rows]


def is_small(noun: str, selection: Mapping[str, Any], actor: Actor) -> bool:
    """Whether so few rows are chosen that nobody has to wait for a worker."""
    if "keys" in selection:
        return len(selection["keys"]) <= AT_ONCE
    return _page(noun, selection, actor, size=AT_ONCE).next_after is None


def count_if_cheap(noun: str, selection: Mapping[str, Any], actor: Actor) -> int | None:
    """How many rows the filter shows, COUNTED + 1 for more; None where it takes a scan to know."""
    if any(selection.get(name) for name in FILTERS if name != "domain"):
        return None
    if selection.get("domain") and noun == "transport":
        return None
    table = MODELS[noun]._meta.db_table
    by_domain = bool(selection.get("domain")) or not actor.touches_everything
    if by_domain and noun in ("mailbox", "forwarding") and table not in schema().indexed:
        return None
    rows = filtered(noun, selection, actor)
    return int(rows.order_by("pk")[: COUNTED + 1].count())
