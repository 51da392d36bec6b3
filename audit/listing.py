"""The change log page by page, newest first, what one action changed folded into one line.

Pages go by id, never by offset, and nothing is counted but the entries of the actions shown. An
action stands where its first entry does (the domain's, where a domain was deleted with all that
hung on it), so that it is on one page only, however many entries it has.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, Min, QuerySet

from audit.models import Entry

PAGE_SIZE = 50
# So many rows are looked at in one query.
FETCH = 100
# So many ids are looked through first where what is looked for may be anywhere.
NEAR = 10_000


@dataclass(frozen=True)
class Line:
    """An entry and how many others its action has, among those that are looked for."""

    entry: Entry
    more: int = 0


@dataclass(frozen=True)
class LogPage:
    """`older`: to go on before this id; `newer`: to go on after this id; None at the ends."""

    lines: list[Line]
    older: int | None
    newer: int | None


@dataclass(frozen=True)
class _Action:
    group: uuid.UUID
    first: int
    entries: int


def read_page(
    entries: QuerySet[Entry],
    *,
    before: int | None = None,
    after: int | None = None,
    folded: bool = True,
    near_first: bool = False,
    size: int = PAGE_SIZE,
) -> LogPage:
    """The page of lines older than the id `before`, the one just newer than `after`, or the first.

    `folded`: one line an action; else one an entry. `near_first`: for a search that may find half
    of the log (`a`), where MariaDB would sort all of that before it gives the first. A few queries,
    however long the log is.
    """
    walk = _Folded(entries, near_first=near_first) if folded else _Flat(entries)
    if after is not None:
        actions = walk.newer_than(after, size + 1)
        if len(actions) > size:
            shown = actions[:size][::-1]
            return LogPage(walk.lines(shown), shown[-1].first, shown[0].first)
        before = None
    actions = walk.older_than(before, size + 1)
    shown = actions[:size]
    older = shown[-1].first if len(actions) > size else None
    newer = shown[0].first if shown and before is not None else None
    return LogPage(walk.lines(shown), older, newer)


class _Flat:
    """One line an entry."""

    def __init__(self, entries: QuerySet[Entry]) -> None:
        self._entries = entries

    def older_than(self, before: int | None, wanted: int) -> list[_Action]:
        found = self._entries if before is None else self._entries.filter(pk__lt=before)
        return self._actions(found.order_by("-pk"), wanted)

    def newer_than(self, after: int, wanted: int) -> list[_Action]:
        return self._actions(self._entries.filter(pk__gt=after).order_by("pk"), wanted)

    def lines(self, actions: list[_Action]) -> list[Line]:
        by_id = self._entries.in_bulk([action.first for action in actions])
        return [Line(by_id[action.first], action.entries - 1) for action in actions]

    @staticmethod
    def _actions(found: QuerySet[Entry], wanted: int) -> list[_Action]:
        return [_Action(group, pk, 1) for pk, group in found.values_list("pk", "group")[:wanted]]


class _Folded(_Flat):
    """One line an action, at the place of its first entry.

    Walks the ids, and leaves out of each query the actions that were met already: one with a
    hundred thousand entries costs no more rows than one with two.
    """

    def __init__(self, entries: QuerySet[Entry], *, near_first: bool) -> None:
        super().__init__(entries)
        self._near_first = near_first

    def older_than(self, before: int | None, wanted: int) -> list[_Action]:
        met: dict[uuid.UUID, _Action] = {}
        found = self._entries.order_by("-pk")
        reached = before
        while True:
            rest = found if reached is None else found.filter(pk__lt=reached)
            rest = rest.exclude(group__in=met)
            top = Entry.objects.newest_id() if reached is None and self._near_first else reached
            rows = self._rows(rest, rest.filter(pk__gte=(top or 0) - NEAR))
            met.update(self._measured(rows))
            by_place = sorted(met.values(), key=lambda action: -action.first)
            if len(rows) < FETCH:
                return by_place[:wanted]
            reached = rows[-1][0]
            # Further on there may be actions that come before those below.
            settled = [action for action in by_place if action.first >= reached]
            if len(settled) >= wanted:
                return settled[:wanted]

    def newer_than(self, after: int, wanted: int) -> list[_Action]:
        met: dict[uuid.UUID, _Action] = {}
        found = self._entries.order_by("pk")
        reached = after
        while True:
            rest = found.filter(pk__gt=reached).exclude(group__in=met)
            rows = self._rows(rest, rest.filter(pk__lte=reached + NEAR))
            met.update(self._measured(rows))
            # One that began before is on an older page.
            placed = sorted(
                (action for action in met.values() if action.first > after),
                key=lambda action: action.first,
            )
            if len(rows) < FETCH or len(placed) >= wanted:
                return placed[:wanted]
            reached = rows[-1][0]

    def _rows(self, rest: QuerySet[Entry], near: QuerySet[Entry]) -> list[tuple[int, uuid.UUID]]:
        if self._near_first:
            rows = list(near.values_list("pk", "group")[:FETCH])
            if len(rows) == FETCH:
                return rows
        return list(rest.values_list("pk", "group")[:FETCH])

    def _measured(self, rows: list[tuple[int, uuid.UUID]]) -> dict[uuid.UUID, _Action]:
        groups = {group for _pk, group in rows}
        if not groups:
            return {}
        measured = (
            self._entries.filter(group__in=groups)
            .order_by()
            .values("group")
            .annotate(first=Min("pk"), entries=Count("pk"))
        )
        return {
            one["group"]: _Action(one["group"], one["first"], one["entries"]) for one in measured
        }
