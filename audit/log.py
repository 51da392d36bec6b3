"""The one way to write the change log."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from audit.actions import group_of_action
from audit.actor import Actor
from audit.kept import Kept, keep, sealed
from audit.models import KEY_LENGTH, Entry
from audit.reading import ACTIONS
from audit.sign_ins import (
    SIGN_INS,
    record_refused_sign_in,
    record_sign_in,
    record_sign_out,
)
from audit.told import tell
from audit.writing_many import write_entries
from mailkit.addresses import lowered

__all__ = [
    "diff",
    "new_entry",
    "record",
    "record_change",
    "record_many",
    "record_refused_sign_in",
    "record_sign_in",
    "record_sign_out",
    "was_known",
]

Row = Mapping[str, str | None]
BATCH = 500


def diff(before: Row | None, after: Row | None) -> dict[str, list[str | None]]:
    """{field: [before, after]} of the fields that differ; None for "was not there"."""
    old, new = before or {}, after or {}
    names = [*old, *(name for name in new if name not in old)]
    return {
        name: [old.get(name), new.get(name)] for name in names if old.get(name) != new.get(name)
    }


def record(
    *,
    actor: Actor,
    action: str,
    object_type: str,
    key: str,
    domain: str = "",
    former_key: str = "",
    before: Row | None = None,
    after: Row | None = None,
    kept: Kept | None = None,
    group: uuid.UUID | None = None,
    undoes: Entry | None = None,
) -> Entry:
    """Write one entry. Call it within the transaction of the change, before the row's write.

    Before it, because MyISAM knows no rollback: should the log refuse, nothing has changed yet,
    and should the row refuse, the entry is rolled back. `former_key`: before a rename. `kept`:
    see `audit.kept.keep`; without it the change cannot be undone. Everything within one service
    has one group, which `group` overrules.
    """
    entry = new_entry(
        actor=actor,
        action=action,
        object_type=object_type,
        key=key,
        domain=domain,
        former_key=former_key,
        changes=diff(before, after),
        kept=kept,
        group=group,
        undoes=undoes,
    )
    entry.save(force_insert=True)
    tell([entry])
    return entry


def record_change(
    *,
    actor: Actor,
    object_type: str,
    key: str,
    former_key: str,
    domain: str,
    former_domain: str,
    before: Row,
    after: Row,
) -> None:
    """Write what a changed row needs: see `record` for when. `former_key` may be the same one.

    A row that goes from one domain into another is two entries of one action: it left the one, it
    came into the other. So each domain's admins see their half, without an address of the other,
    and may take that back; undo of the action takes back both.
    """
    if lowered(domain) == lowered(former_domain):
        record(
            actor=actor,
            action=f"change_{object_type}",
            object_type=object_type,
            key=key,
            former_key=former_key if key != former_key else "",
            domain=domain,
            before=before,
            after=after,
            kept=keep(object_type, former_key, after),
        )
        return
    left = keep(object_type, former_key, None)
    # A table without a unique key may have several such rows: all of them move.
    arrived = left and Kept(left.table, (), (dict(after),) * len(left.before))
    halves: list[tuple[str, str, Row | None, Row | None, Kept | None]] = [
        (former_key, former_domain, before, None, left),
        (key, domain, None, after, arrived),
    ]
    for its_key, its_domain, was, is_now, kept in halves:
        record(
            actor=actor,
            action=f"move_{object_type}",
            object_type=object_type,
            key=its_key,
            domain=its_domain,
            before=was,
            after=is_now,
            kept=kept,
        )


def new_entry(
    *,
    actor: Actor,
    action: str,
    object_type: str,
    key: str,
    domain: str = "",
    former_key: str = "",
    changes: Mapping[str, list[str | None]],
    kept: Kept | None = None,
    group: uuid.UUID | None = None,
    undoes: Entry | None = None,
) -> Entry:
    """An entry that is not written yet, for `record_many`.

    `domain`: in any case; domain admins see the entries of theirs, letter by letter.
    Raises ValueError for an action that `audit.reading.ACTIONS` does not have: no page could say
    what it was, and nobody would have thought of its undo.
    """
    if action not in ACTIONS:
        raise ValueError(f"audit.reading.ACTIONS has no “{action}”")
    return Entry(
        group=group or group_of_action(),
        actor_kind=actor.kind.value,
        actor=actor.name[:254],
        address=actor.address[:45],
        action=action,
        object_type=object_type,
        object_key=key[:KEY_LENGTH],
        former_key=former_key[:KEY_LENGTH],
        domain=lowered(domain)[:255],
        turn=lowered(domain)[:255] if object_type == "domain" else None,
        changes=dict(changes),
        kept=sealed(kept),
        undoes=undoes,
    )


def record_many(entries: Iterable[Entry]) -> None:
    """Write many entries in a few statements; see `record` for when."""
    written = list(entries)
    for start in range(0, len(written), BATCH):
        write_entries(written[start : start + BATCH])
    if written:
        tell(written)


def was_known(object_type: str, key: str) -> bool:
    """Whether the log has ever heard of this object: it may have existed before."""
    changes = Entry.objects.about(object_type, key[:KEY_LENGTH])
    return bool(changes.exclude(action__in=SIGN_INS).exists())
