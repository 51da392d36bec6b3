"""Rows taken exactly as they were exported: every column, byte for byte, also what the services
would refuse, of which the plan only warns.

Written as undo writes rows back, with the log and its undo; for superadmins and commands alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.kept import Kept, read_alike
from audit.log import diff, new_entry, record_many
from audit.models import Entry
from bulk.importing.doing import one_by_one
from bulk.importing.file_words import unreadable
from bulk.importing.planning import TABLES, TYPES, Planning
from bulk.items import Item, Reason, Verdict
from bulk.work import Unreadable
from domains.locks import guard
from domains.many import Refusals
from domains.schema import schema
from mailboxes.nouns import MODELS
from mailboxes.services.in_log import in_log
from mailboxes.services.restoring import put_back, set_back
from mailkit.sheets import Kind, Record, SheetError
from mailkit.tables import content as tables
from mailkit.tables.content import Row, Value, text_of
from mailkit.tables.content_columns import Content
from mailkit.tables.expected import EXPECTED
from undo.rows import domain_in_log

Ordinary = Callable[[Planning, Sequence[Record]], list[Item]]
_CHANGES = {"mailbox": "set_mailbox_password"}
# What an ordinary plan says of a key is not said of a row that is taken as it is.
_NOT_SAID = frozenset({"duplicate", "duplicate_in_file"})
_BY_TYPE = {object_type: TABLES[kind] for kind, object_type in TYPES.items()}


def as_ordinary(record: Record) -> Record:
    """The row as one of a file with columns: what stands in `password` there is a hash."""
    row = _unpacked(record)
    values = {name: text_of(value) or "" for name, value in row.items()}
    if record.kind is Kind.MAILBOXES:
        values["password_hash"] = values.pop("password", "")
    return Record(record.line, record.kind, values)


def plan(
    planning: Planning, kind: Kind, records: Sequence[Record], ordinary: Ordinary
) -> list[Item]:
    """What would become of each row; `ordinary` says what the services would think of it."""
    content = _content(TABLES[kind])
    rows = [_checked(content, record) for record in records]
    said = ordinary(planning, [as_ordinary(record) for record in records])
    there = _there(content, [_key(content, row) for row in rows])
    found = []
    for record, row, one in zip(records, rows, said, strict=True):
        reasons = tuple(reason for reason in one.reasons if reason.code not in _NOT_SAID)
        twice = any(reason.code == "duplicate_in_file" for reason in one.reasons)
        found.append(_item(planning, kind, content, record, row, there, reasons, twice=twice))
    return found


def _content(table: str) -> Content:
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return tables.content(connection.connection, connection.vendor, table)


def _unpacked(record: Record) -> Row:
    try:
        return tables.unpack(record.values)
    except ValueError as error:
        raise unreadable(SheetError("file.json_value", record.line)) from error


def _checked(content: Content, record: Record) -> Row:
    """The row. Raises Unreadable for a column that this table does not have."""
    row = _unpacked(record)
    names = {column.name for column in content.columns}
    lacking = [name for name in row if name not in names]
    key = content.key.name
    if lacking or key not in row:
        words = _(
            "Line %(line)s: the table %(table)s here has no column “%(column)s”, so the row cannot "
            "be taken as it is. Add the column, or export without --exact."
        )
        if key not in row:
            words = _("Line %(line)s: a row of %(table)s lacks “%(column)s”.")
        said = {"line": record.line, "table": content.table, "column": [*lacking, key][0]}
        raise Unreadable("exact.column", words % said)
    return row


def _key(content: Content, row: Row) -> str:
    return text_of(row[content.key.name]) or ""


def _there(content: Content, keys: Sequence[str]) -> dict[str, list[dict[str, Value]]]:
    """Rows that the database takes for one of the keys, by their key in lower case."""
    found: dict[str, list[dict[str, Value]]] = {}
    for row in read_alike(content.table, list(dict.fromkeys(keys))):
        found.setdefault(_key(content, row).lower(), []).append(row)
    return found


def _item(
    planning: Planning,
    kind: Kind,
    content: Content,
    record: Record,
    row: Row,
    there: dict[str, list[dict[str, Value]]],
    reasons: tuple[Reason, ...],
    *,
    twice: bool,
) -> Item:
    key, object_type = _key(content, row), TYPES[kind]
    alike = there.get(key.lower(), [])
    mine = [one for one in alike if _key(content, one) == key]
    if any(all(one[name] == value for name, value in row.items()) for one in mine):
        return Item(record.line, object_type, key, Verdict.SAME)
    refusal = _refusal(planning, content, key, mine, alike, twice=twice)
    if refusal is not None:
        return Item(record.line, object_type, key, Verdict.REFUSED, {}, (refusal,))
    verdict = Verdict.CHANGE if mine else Verdict.CREATE
    shown = in_log(object_type, row)
    before = in_log(object_type, mine[0]) if mine else None
    changes = diff(before, shown)
    secret = {"row": json.dumps(tables.pack(row), separators=(",", ":"))}
    return Item(
        record.line, object_type, key, verdict, changes, reasons, {"do": str(verdict)}, secret
    )


def _refusal(
    planning: Planning,
    content: Content,
    key: str,
    mine: Sequence[Row],
    alike: Sequence[Row],
    *,
    twice: bool,
) -> Reason | None:
    field = content.key.name
    guarded = content.table not in schema().unguarded
    if twice and guarded and (mine or content.table in schema().blind):
        return Reason(field, "duplicate_in_file", _("It stands twice in the file."))
    if mine and not planning.update:
        words = _(
            "“%(key)s” exists already, with other values. With “Change rows that are there” "
            "(--update) it would be changed."
        )
        return Reason(field, "duplicate", words % {"key": key})
    if alike and not mine and guarded and content.table in schema().blind:
        words = _("“%(key)s” exists already, written otherwise.")
        return Reason(field, "duplicate", words % {"key": key})
    return None


def carry_out(actor: Actor, object_type: str, do: str, items: Sequence[Item]) -> Refusals:
    """Write these rows; gives the refusals of those that are not written."""
    guard(MODELS[object_type])
    content = _content(_BY_TYPE[object_type])
    rows = [tables.unpack(json.loads(one.secret["row"])) for one in items]
    if do == Verdict.CHANGE:
        return one_by_one(
            len(items), lambda place: _change(actor, object_type, content, rows[place])
        )
    try:
        with transaction.atomic():
            _create(actor, object_type, content, rows)
    except (IntegrityError, DataError):
        return one_by_one(
            len(items), lambda place: _create_one(actor, object_type, content, rows[place])
        )
    return {}


def _create(actor: Actor, object_type: str, content: Content, rows: Sequence[Row]) -> None:
    record_many([_entry(actor, object_type, content, row, None) for row in rows])
    put_back(content, rows)


def _create_one(actor: Actor, object_type: str, content: Content, row: Row) -> None:
    try:
        with transaction.atomic():
            _create(actor, object_type, content, [row])
    except (IntegrityError, DataError) as error:
        # The database's own text may hold the row.
        words = _(
            "The database refuses the row: its key is taken, it does not fit its column, or a rule "
            "of the table forbids it."
        )
        raise ValidationError({"__all__": [ValidationError(words, "conflict")]}) from error


def _change(actor: Actor, object_type: str, content: Content, row: Row) -> None:
    key = _key(content, row)
    found = [one for one in read_alike(content.table, [key]) if _key(content, one) == key]
    if not found:
        raise MODELS[object_type].DoesNotExist(key)
    now = found[0]
    values = {name: value for name, value in row.items() if now[name] != value}
    if not values:
        return
    record_many([_entry(actor, object_type, content, {**now, **row}, now)])
    try:
        with transaction.atomic():
            set_back(content, [(key, now, values)])
    except (IntegrityError, DataError) as error:
        words = _("A value does not fit its column.")
        raise ValidationError({"__all__": [ValidationError(words, "does_not_fit")]}) from error


def _entry(actor: Actor, object_type: str, content: Content, row: Row, now: Row | None) -> Entry:
    key = _key(content, row)
    names = [column.name for column in EXPECTED[content.table].columns]
    after = {name: row[name] for name in names if name in row}
    change = _CHANGES.get(object_type, f"change_{object_type}")
    before = None if now is None else in_log(object_type, now)
    return new_entry(
        actor=actor,
        action=f"create_{object_type}" if now is None else change,
        object_type=object_type,
        key=key,
        domain=domain_in_log(object_type, key),
        changes=diff(before, in_log(object_type, row)),
        kept=Kept(content.table, () if now is None else (now,), (after,)),
    )
