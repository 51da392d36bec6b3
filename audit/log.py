"""The one way to write the change log."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from audit.actor import Actor
from audit.models import Entry

Row = Mapping[str, str | None]


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
    before: Row | None = None,
    after: Row | None = None,
    group: uuid.UUID | None = None,
) -> Entry:
    """Write one entry. Call it within the transaction of the change, before the row's write.

    Before it, because MyISAM knows no rollback: should the log refuse, nothing has changed yet,
    and should the row refuse, the entry is rolled back.
    """
    return Entry.objects.create(
        group=group or uuid.uuid4(),
        actor_kind=actor.kind.value,
        actor=actor.name,
        address=actor.address,
        action=action,
        object_type=object_type,
        object_key=key,
        domain=domain,
        changes=diff(before, after),
    )


def was_known(object_type: str, key: str) -> bool:
    """Whether the log has ever heard of this object: it may have existed before."""
    return Entry.objects.filter(object_type=object_type, object_key=key).exists()


def record_many(
    *,
    actor: Actor,
    action: str,
    object_type: str,
    domain: str,
    rows: Iterable[tuple[str, Row]],
    group: uuid.UUID,
) -> None:
    """Write an entry for each (key, values) that one action deletes; a few statements in all."""
    Entry.objects.bulk_create(
        [
            Entry(
                group=group,
                actor_kind=actor.kind.value,
                actor=actor.name,
                address=actor.address,
                action=action,
                object_type=object_type,
                object_key=key,
                domain=domain,
                changes=diff(before, None),
            )
            for key, before in rows
        ],
        batch_size=500,
    )
