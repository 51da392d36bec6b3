"""Which entries of the log are undone: those taken back, until that is taken back itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audit.models import Entry

BATCH = 500


def mark_undone(taken_back: Iterable[Entry]) -> None:
    """Mark these entries as undone, within the transaction that takes them back.

    One that was itself an undo had taken something back: that counts again, what it had taken back
    in its turn does not, and so on.
    """
    entries = list(taken_back)
    ids = [entry.pk for entry in entries]
    further = [entry.undoes_id for entry in entries if entry.undoes_id is not None]
    undone = True
    while ids:
        _set(ids, undone)
        undone = not undone
        ids, further = further, _undone_by(further)


def _set(ids: Sequence[int], undone: bool) -> None:
    for start in range(0, len(ids), BATCH):
        Entry.objects.filter(pk__in=ids[start : start + BATCH]).update(undone=undone)


def _undone_by(ids: Sequence[int]) -> list[int]:
    """What these entries took back, where they are undos."""
    found: list[int] = []
    for start in range(0, len(ids), BATCH):
        rows = Entry.objects.filter(pk__in=ids[start : start + BATCH], undoes__isnull=False)
        found += [pk for pk in rows.values_list("undoes", flat=True) if pk is not None]
    return found
