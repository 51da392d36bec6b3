"""How the change of a row would be taken back, and what stands in the way; changes nothing.

A `Board` holds the rows as they are; each step that is planned is played on it, so that a whole
action is planned in reverse order, each change upon what the later ones left.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from audit.kept import TABLES, Kept, Row, key_of, mail_columns
from audit.models import KEY_LENGTH, Entry
from audit.sign_ins import SIGN_INS
from mailkit.tables import content as rows
from mailkit.tables.content_columns import Content

Rows = tuple[Row, ...]


class How(StrEnum):
    """What taking a change back does to the row."""

    PUT_BACK = "put_back"
    TAKE_OUT = "take_out"
    SET_BACK = "set_back"


@dataclass(frozen=True, repr=False)
class RowStep:
    """One change taken back. `now` and `then`: the whole rows before and after the step.

    More than one where the table has no unique key. `key` is the row's afterwards (its last one
    where it is taken out), `key_now` the one before. `values`: what SET_BACK writes. `lost`:
    further columns that are not in the table any more.
    """

    entry: Entry
    how: How
    key: str
    key_now: str
    now: Rows
    then: Rows
    values: Row
    lost: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        return TABLES[self.entry.object_type]


@dataclass(frozen=True)
class Obstacle:
    """Why a change cannot be taken back. `newer`: the entry that came after it, if one is known."""

    entry: Entry
    code: str
    message: Any
    newer: Entry | None = None


class Board:
    """The rows of the mail tables, as they would be after the steps so far."""

    def __init__(self, *, lock: bool) -> None:
        self._lock = lock
        self._rows: dict[tuple[str, str], Rows] = {}
        self._alike: dict[tuple[str, str], list[str]] = {}
        self.contents: dict[str, Content] = {}

    def load(self, changes: Iterable[Kept]) -> None:
        """Read every row that these changes touched, in a few queries."""
        keys: dict[str, dict[str, None]] = {}
        for kept in changes:
            wanted = keys.setdefault(kept.table, {})
            for row in (*kept.before, *kept.after):
                wanted[key_of(kept, row)] = None
        connection.ensure_connection()
        for table, wanted in keys.items():
            self._load_table(table, list(wanted))

    def rows(self, table: str, key: str) -> Rows:
        """The rows of exactly this key."""
        return self._rows.get((table, key), ())

    def put(self, table: str, key: str, found: Rows) -> None:
        """Play a step."""
        self._rows[table, key] = found

    def taken(self, table: str, key: str, *, but: str | None = None) -> bool:
        """Whether a row has this key, or one that the database takes for the same."""
        names = {key, *self._alike.get((table, key), ())} - {but}
        return any(self.rows(table, name) for name in names)

    def _load_table(self, table: str, keys: list[str]) -> None:
        raw = connection.connection
        with connection.wrap_database_errors:
            columns = rows.content(raw, connection.vendor, table)
            self.contents[table] = columns
            found = rows.read_like(raw, columns, keys, lock=self._lock)
        for row in found:
            key = rows.text_of(row[columns.key.name]) or ""
            self._rows[table, key] = (*self.rows(table, key), row)
        likes = {likeness(rows.text_of(row[columns.key.name])) for row in found}
        strangers = any(rows.text_of(row[columns.key.name]) not in keys for row in found)
        for key in keys:
            if self.rows(table, key) or not (strangers or likeness(key) in likes):
                continue
            with connection.wrap_database_errors:
                alike = rows.read_like(raw, columns, [key], lock=self._lock)
            names = [rows.text_of(row[columns.key.name]) or "" for row in alike]
            self._alike[table, key] = names


def plan_step(entry: Entry, kept: Kept, board: Board) -> RowStep | Obstacle:
    """How to take this change back on the board, which is left as it is; or what is in the way."""
    if kept.before and kept.after:
        return _set_back(entry, kept, board)
    return _put_back(entry, kept, board) if kept.before else _take_out(entry, kept, board)


def play(step: RowStep, board: Board) -> None:
    """Make the step on the board."""
    column = board.contents[step.table].key.name
    for row in step.now:
        board.put(step.table, rows.text_of(row[column]) or "", ())
    for row in step.then:
        key = rows.text_of(row[column]) or ""
        board.put(step.table, key, (*board.rows(step.table, key), row))


def wrong_row(board: Board, steps: Iterable[RowStep]) -> str | None:
    """The key of a row that is not in the database as the board has it; None if all are.

    Of the mail columns; a trigger may have its own mind about further ones.
    """
    keys: dict[str, dict[str, None]] = {}
    for step in steps:
        column = board.contents[step.table].key.name
        for row in (*step.now, *step.then):
            keys.setdefault(step.table, {})[rows.text_of(row[column]) or ""] = None
    for table, wanted in keys.items():
        with connection.wrap_database_errors:
            found = rows.read(connection.connection, board.contents[table], wanted)
        by_key: dict[str, Rows] = {}
        for row in found:
            key = rows.text_of(row[board.contents[table].key.name]) or ""
            by_key[key] = (*by_key.get(key, ()), row)
        for key in wanted:
            if not _same(table, by_key.get(key, ()), board.rows(table, key)):
                return key
    return None


def _take_out(entry: Entry, kept: Kept, board: Board) -> RowStep | Obstacle:
    keys = dict.fromkeys(key_of(kept, row) for row in kept.after)
    now = tuple(row for key in keys for row in board.rows(kept.table, key))
    key = next(iter(keys))
    if not _same(kept.table, now, kept.after):
        return _not_as_left(entry, key, now)
    return RowStep(entry, How.TAKE_OUT, key, key, now, (), {})


def _put_back(entry: Entry, kept: Kept, board: Board) -> RowStep | Obstacle:
    keys = list(dict.fromkeys(key_of(kept, row) for row in kept.before))
    for key in keys:
        if board.taken(kept.table, key):
            return _taken(entry, key)
    content = board.contents[kept.table]
    then, lost = _without_lost_columns(content, kept.before)
    faults = [fault for row in then if (fault := _fault(entry, content, row))]
    if faults:
        return faults[0]
    return RowStep(entry, How.PUT_BACK, keys[0], keys[0], (), then, {}, lost)


def _set_back(entry: Entry, kept: Kept, board: Board) -> RowStep | Obstacle:
    if len(kept.before) > 1:
        return Obstacle(
            entry,
            "several_rows",
            _(
                "The table had several rows for “%(key)s”, all of which were changed; which was "
                "which cannot be told any more."
            )
            % {"key": entry.object_key},
        )
    (before,), (after,) = kept.before, kept.after
    old_key, key = key_of(kept, before), key_of(kept, after)
    now = board.rows(kept.table, key)
    if not _same(kept.table, now, kept.after):
        return _not_as_left(entry, key, now)
    if old_key != key and board.taken(kept.table, old_key, but=key):
        return _taken(entry, old_key)
    values = {name: before[name] for name in after if not _equal(before[name], after[name])}
    fault = _too_narrow(entry, board.contents[kept.table], values)
    if fault is not None:
        return fault
    then = ({**now[0], **values},)
    return RowStep(entry, How.SET_BACK, old_key, key, now, then, values)


def _same(table: str, now: Rows, left: Rows) -> bool:
    """Whether the rows have the mail columns that a change left them with."""

    def values(found: Rows) -> list[tuple[tuple[str, str | None], ...]]:
        return sorted((tuple(sorted(mail_columns(table, row).items())) for row in found), key=repr)

    return values(now) == values(left)


def _equal(one: rows.Value, other: rows.Value) -> bool:
    # What a service wrote is text, also in a column of bytes.
    return rows.text_of(one) == rows.text_of(other)


def _without_lost_columns(content: Content, kept: Rows) -> tuple[Rows, tuple[str, ...]]:
    there = {column.name for column in content.columns}
    lost = {name for row in kept for name in row if name not in there}
    cut = tuple({name: row[name] for name in row if name in there} for row in kept)
    return cut, tuple(sorted(lost))


def _fault(entry: Entry, content: Content, row: Row) -> Obstacle | None:
    missing = [column for column in content.columns if column.needs_value]
    for column in missing:
        if row.get(column.name) is None:
            return Obstacle(
                entry,
                "needs_value",
                _("The column %(column)s needs a value now, and the row had none when it was kept.")
                % {"column": f"{content.table}.{column.name}"},
            )
    return _too_narrow(entry, content, row)


def _too_narrow(entry: Entry, content: Content, row: Row) -> Obstacle | None:
    for name, value in row.items():
        width = content.column(name).width
        if width is None or not isinstance(value, str | bytes) or len(value) <= width:
            continue
        return Obstacle(
            entry,
            "too_narrow",
            _(
                "The column %(column)s holds %(width)s characters now, and the value of "
                "“%(key)s” has %(length)s. Widen it with: %(command)s"
            )
            % {
                "column": f"{content.table}.{name}",
                "width": width,
                "length": len(value),
                "key": entry.object_key,
                "command": "python manage.py mailtables upgrade",
            },
        )
    return None


def _not_as_left(entry: Entry, key: str, now: Rows) -> Obstacle:
    newer = newer_entry(entry, key)
    said = {"key": key, "newer": _who_came_after(newer)}
    if not now:
        message = _("“%(key)s” is not there any more. %(newer)s") % said
        return Obstacle(entry, "gone", message, newer)
    message = _("“%(key)s” is not as this change left it. %(newer)s") % said
    return Obstacle(entry, "changed", message, newer)


def _taken(entry: Entry, key: str) -> Obstacle:
    newer = newer_entry(entry, key)
    message = _("There is a row “%(key)s” again. %(newer)s") % {
        "key": key,
        "newer": _who_came_after(newer),
    }
    return Obstacle(entry, "taken", message, newer)


def newer_entry(entry: Entry, key: str) -> Entry | None:
    """The newest change of the same object after this entry's action; None if the log has none."""
    found: Entry | None = (
        Entry.objects.about(entry.object_type, key[:KEY_LENGTH])
        .filter(pk__gt=entry.pk, undone=False)
        .exclude(group=entry.group)
        .exclude(action__in=SIGN_INS)
        .order_by("-pk")
        .first()
    )
    return found


def _who_came_after(newer: Entry | None) -> Any:
    if newer is None:
        return _("It was changed past the panel since, by SQL say.")
    return _("Change %(id)s by %(who)s came after it.") % {
        "id": newer.pk,
        "who": newer.actor or newer.actor_kind,
    }


def likeness(text: str | None) -> str:
    """The same for what some collation may take for the same; only says where to ask."""
    plain = unicodedata.normalize("NFKD", (text or "").casefold().rstrip())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
