"""The one way to write the change log."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from audit.actions import group_of_action
from audit.actor import Actor
from audit.kept import Kept, sealed
from audit.models import KEY_LENGTH, Entry
from audit.sign_ins import (
    SIGN_INS,
    record_refused_sign_in,
    record_sign_in,
    record_sign_out,
)
from audit.told import tell

__all__ = [
    "diff",
    "new_entry",
    "record",
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
    """An entry that is not written yet, for `record_many`."""
    return Entry(
        group=group or group_of_action(),
        actor_kind=actor.kind.value,
        actor=actor.name[:254],
        address=actor.address[:45],
        action=action,
        object_type=object_type,
        object_key=key[:KEY_LENGTH],
        former_key=former_key[:KEY_LENGTH],
        domain=domain[:255],
        changes=dict(changes),
        kept=sealed(kept),
        undoes=undoes,
    )


def record_many(entries: Iterable[Entry]) -> None:
    """Write many entries in a few statements; see `record` for when."""
    written = Entry.objects.bulk_create(entries, batch_size=BATCH)
    tell(written)


def was_known(object_type: str, key: str) -> bool:
    """Whether the log has ever heard of this object: it may have existed before."""
    changes = Entry.objects.about(object_type, key[:KEY_LENGTH])
    return bool(changes.exclude(action__in=SIGN_INS).exists())
