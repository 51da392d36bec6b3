"""Virtual domains of a file, and transports: the tables that superadmins mostly import first."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from audit.actor import Actor
from bulk.importing.doing import not_yours, one_by_one
from bulk.importing.planning import (
    Planning,
    Row,
    item,
    refuse_other,
    refuse_repeated,
)
from bulk.items import Item, Verdict
from domains.many import Refusals, create_domains, create_transports
from domains.models import Domain, Transport
from domains.services import change_transport, check_new_domain, check_transport_row
from domains.state import state_of
from mailboxes.known_tables import KnownTables
from mailkit.sheets import Kind, Record


def plan_domains(planning: Planning, records: Sequence[Record]) -> list[Item]:
    """What would become of each row of `domains`."""
    rows = []
    for record in records:
        row = Row(record, record.values.get("domain", "").strip())
        row.key = check_new_domain(row.findings, row.key)
        rows.append(row)
    refuse_repeated(planning, Kind.DOMAINS, "domain", rows)
    sound = [row for row in rows if row.is_sound]
    there = Domain.objects.visible_to(planning.actor).by_keys([row.key for row in sound])
    new = [row for row in sound if row.key not in there]
    for row in new:
        if not planning.actor.touches_everything:
            row.findings.refuse(
                "domain", "outside_domains", _("Only superadmins add virtual domains.")
            )
    planning.draft.add("domains", ((row.key, "", row.record.line) for row in new if row.is_sound))
    return [
        item(Kind.DOMAINS, row, Verdict.SAME if row.key in there else Verdict.CREATE)
        for row in rows
    ]


def do_domains(actor: Actor, items: Sequence[Item], *, force: bool) -> Refusals:
    """Make these domains; gives the refusals of those that are not made."""
    try:
        return create_domains(actor=actor, names=[one.key for one in items], force=force)
    except PermissionDenied:
        return {place: not_yours() for place in range(len(items))}


def plan_transports(planning: Planning, records: Sequence[Record]) -> list[Item]:
    """What would become of each row of `transport`."""
    rows = []
    values: dict[int, str] = {}
    known = KnownTables(planning.tables)
    for record in records:
        row = Row(record, record.values.get("domain", "").strip())
        transport = record.values.get("transport", "").strip()
        row.key, values[id(row)] = check_transport_row(
            row.findings, planning.actor, row.key, transport, tables=known
        )
        rows.append(row)
    refuse_repeated(planning, Kind.TRANSPORTS, "domain", rows)
    sound = [row for row in rows if row.is_sound]
    there = Transport.objects.by_keys([row.key for row in sound])
    for row in sound:
        old = there.get(row.key)
        if old is not None and old.transport != values[id(row)] and not planning.update:
            refuse_other(row.findings, "domain", row.key)
    planning.draft.add(
        "transport", ((row.key, values[id(row)], row.record.line) for row in sound if row.is_sound)
    )
    return [_transport(row, values[id(row)], there.get(row.key)) for row in rows]


def _transport(row: Row, value: str, there: Transport | None) -> Item:
    if there is None:
        changes: dict[str, list[str | None]] = {"transport": [None, value]}
        return item(Kind.TRANSPORTS, row, Verdict.CREATE, changes, {"transport": value})
    if there.transport == value:
        return item(Kind.TRANSPORTS, row, Verdict.SAME)
    before = {"domain": there.domain, "transport": there.transport}
    does = {"transport": value, "key": there.pk, "state": state_of(before)}
    return item(Kind.TRANSPORTS, row, Verdict.CHANGE, {"transport": [there.transport, value]}, does)


def create_rows(actor: Actor, items: Sequence[Item], *, force: bool) -> Refusals:
    """Make these transports; gives the refusals of those that are not made."""
    rows = [(one.key, one.values["transport"]) for one in items]
    return create_transports(actor=actor, rows=rows, force=force)


def change_rows(actor: Actor, items: Sequence[Item], *, force: bool) -> Refusals:
    """Give these transports another value."""

    def one(place: int) -> None:
        values = items[place].values
        change_transport(
            actor=actor,
            key=values["key"],
            transport=values["transport"],
            force=force,
            state=values["state"],
        )

    return one_by_one(len(items), one)
