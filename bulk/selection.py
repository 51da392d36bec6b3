"""Which rows a job is about: keys that were ticked, or all that a list's filter shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from audit.actor import Actor

BATCH = 500


def batches(rows: Any, selection: dict[str, Any], actor: Actor) -> Iterator[Sequence[Any]]:
    """The rows in key order, some at a time; those the actor does not see are not among them.

    `rows`: the model's queryset. `selection`: {"keys": [..]} or {"domain", "q", "inside"} of the
    list; the latter goes by key, so rows that come or go meanwhile do no harm.
    """
    rows = rows.visible_to(actor)
    if "keys" in selection:
        keys = sorted(selection["keys"])
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            found = {row.pk: row for row in rows.filter(pk__in=batch)}
            yield [found[key] for key in batch if key in found]
        return
    if selection.get("domain"):
        rows = rows.in_domain(selection["domain"])
    if selection.get("q"):
        narrow = rows.containing if selection.get("inside") else rows.matching
        rows = narrow(selection["q"])
    after = ""
    while True:
        page = rows.page(after=after, size=BATCH)
        if page.rows:
            yield page.rows
        if page.next_after is None:
            return
        after = page.next_after
