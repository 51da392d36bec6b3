"""Mailboxes of a file: a plain password, which is hashed, or a ready hash."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from audit.actor import Actor
from bulk.importing.doing import one_by_one
from bulk.importing.planning import (
    Planning,
    Row,
    item,
    refuse_other,
    refuse_outside,
    refuse_repeated,
)
from bulk.items import Item, Verdict
from domains.checks import check_width
from domains.many import Refusals
from domains.postfix import delimiter
from domains.state import state_of
from domains.words import as_validation_error
from mailboxes.models import Mailbox
from mailboxes.passwords import judge_hash, judge_password, label, scheme
from mailboxes.services.mailboxes import mailbox_row, store_hash
from mailboxes.services.making_many import NewMailbox, check_new_mailboxes, create_mailboxes
from mailkit.addresses import AddressError, domain_of, parse_mailbox_address
from mailkit.passwords import hash_width
from mailkit.sheets import Kind, Record

KIND = Kind.MAILBOXES


def plan(planning: Planning, records: Sequence[Record]) -> list[Item]:
    """What would become of each row."""
    rows = [_row(record) for record in records]
    refuse_outside(planning.actor, "email", rows, domain_of)
    refuse_repeated(planning, KIND, "email", rows)
    sound = [row for row in rows if row.is_sound]
    there = Mailbox.objects.by_keys([row.key for row in sound])
    new = [row for row in sound if row.key not in there]
    judged = check_new_mailboxes(
        planning.actor,
        [row.key for row in new],
        room=planning.mailbox_room,
        known=planning.tables,
        warned={row.key for row in new if row.findings.warnings},
    )
    for row, findings in zip(new, judged, strict=True):
        row.findings.refusals.update(findings.refusals)
        row.findings.warnings.update(findings.warnings)
    planning.draft.add("users", ((row.key, "", row.record.line) for row in new if row.is_sound))
    if planning.mailbox_room is not None:
        # One that is warned of may stay unmade; should it be made, its limit is asked once more.
        planning.mailbox_room -= sum(row.is_sound and not row.findings.warnings for row in new)
    return [_item(planning, row, there.get(row.key)) for row in rows]


def _row(record: Record) -> Row:
    row = Row(record, record.values.get("email", "").strip())
    try:
        row.key = parse_mailbox_address(row.key, delimiter())
    except AddressError as error:
        row.findings.refusals["email"] = [as_validation_error(error)]
    _judge(row)
    return row


def _judge(row: Row) -> None:
    values = row.record.values
    password, stored = values.get("password", ""), values.get("password_hash", "").strip()
    if password and stored:
        row.findings.refuse(
            "password",
            "password.twice",
            _("There is a password and a hash: leave one of the two empty."),
        )
    elif stored:
        row.shown = judge_hash(row.findings, stored)
        check_width(row.findings, "password_hash", "users", "password", stored)
    else:
        row.shown = f"{{{scheme().value}}}"
        judge_password(row.findings, password)
        width = hash_width(scheme(), settings.MAILADMIN.password_cost)
        check_width(row.findings, "password", "users", "password", "x" * width)


def _item(planning: Planning, row: Row, there: Mailbox | None) -> Item:
    password = row.record.values.get("password", "")
    stored = row.record.values.get("password_hash", "").strip()
    secret = {"hash": stored} if stored else {"password": password}
    if not row.is_sound:
        return item(KIND, row, Verdict.CREATE)
    if there is None:
        changes: dict[str, list[str | None]] = {"password": [None, row.shown]}
        return item(KIND, row, Verdict.CREATE, changes, secret=secret)
    if stored and stored == there.password:
        row.findings.warnings.clear()
        return item(KIND, row, Verdict.SAME)
    if not planning.update:
        _refuse_there(row, hashed=bool(stored))
    changes = {"password": [label(there.password), f"{row.shown}, new"]}
    values = {"key": there.pk, "state": state_of(mailbox_row(there))}
    return item(KIND, row, Verdict.CHANGE, changes, values, secret)


def _refuse_there(row: Row, *, hashed: bool) -> None:
    if hashed:
        refuse_other(row.findings, "email", row.key)
        return
    row.findings.refuse(
        "email",
        "duplicate",
        _(
            "“%(key)s” exists already. With “Change rows that are there” (--update) it would get "
            "this password."
        ),
        key=row.key,
    )


def create(actor: Actor, items: Sequence[Item], hashes: Sequence[str], *, force: bool) -> Refusals:
    """Make these mailboxes; gives the refusals of those that are not made."""
    rows = [NewMailbox(one.key, stored) for one, stored in zip(items, hashes, strict=True)]
    return create_mailboxes(actor=actor, rows=rows, force=force)


def change(actor: Actor, items: Sequence[Item], hashes: Sequence[str], *, force: bool) -> Refusals:
    """Give these mailboxes another password."""

    def one(place: int) -> None:
        store_hash(
            actor=actor,
            email=items[place].values["key"],
            stored=hashes[place],
            action="set_mailbox_password",
            state=items[place].values["state"],
        )

    return one_by_one(len(items), one)
