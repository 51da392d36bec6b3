"""What an undo would do to mail: the rows of its first steps, as they would be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from audit.actor import Actor
from audit.reversal import RowStep
from domains.schema import is_found
from mailboxes.services.in_log import in_log
from mailserver.changes import TABLES, Change, merged
from mailserver.preview import SHOWN
from mailserver.preview_words import preview_context
from mailserver.tracing import is_own

# So many steps count as done in the traces; the first of them are shown.
COUNTED_IN = 100
_KEYS = {"domain": "domain", "mailbox": "email", "forwarding": "source", "transport": "domain"}


def undo_preview(actor: Actor, steps: Iterable[Any]) -> dict[str, Any] | None:
    """The context of `mailserver/_preview.html`; None where no mail takes another way."""
    found = (one for one in _changes(steps) if all(is_own(actor, key) for key in one.keys))
    changes = list(islice(found, COUNTED_IN))
    return preview_context(actor, lambda: merged(changes, SHOWN)) if changes else None


def _changes(steps: Iterable[Any]) -> Iterator[Change]:
    for step in steps:
        if isinstance(step, RowStep) and step.entry.object_type in TABLES:
            change = change_of(step)
            if change is not None:
                yield change


def change_of(step: RowStep) -> Change | None:
    """What one step does to the tables; None for one that leaves all mail on its way."""
    kind = step.entry.object_type
    now, then = ([in_log(kind, row) for row in rows] for rows in (step.now, step.then))
    before, after = ({one[_KEYS[kind]] or "": one for one in rows} for rows in (now, then))
    keys = tuple(dict.fromkeys([*after, *before]))
    asked = [key for key in keys if is_found(TABLES[kind], key)]
    if kind in ("domain", "mailbox"):
        there = {key.lower(): key in after for key in asked}
        if after.keys() == before.keys():
            return None
        return Change(keys, domains=there) if kind == "domain" else Change(keys, users=there)
    if after == before:
        return None
    field = "destination" if kind == "forwarding" else "transport"
    rows = {key.lower(): after[key][field] if key in after else None for key in asked}
    if kind == "forwarding":
        return Change(keys, forwardings=rows)
    return Change(keys, transports=rows)
