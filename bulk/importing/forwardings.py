"""Forwardings of a file; a loop within the file is refused at the row that closes it."""

from __future__ import annotations

from collections.abc import Sequence

from audit.actor import Actor
from audit.refusals import NeedsConfirmation, codes_of
from bulk.importing.doing import one_by_one
from bulk.importing.planning import (
    Coming,
    Planning,
    Row,
    item,
    refuse_other,
    refuse_outside,
    refuse_repeated,
)
from bulk.items import Item, Verdict
from domains.many import Refusals
from domains.state import state_of
from mailboxes.checks import SEPARATOR, parse_forwarding
from mailboxes.models import Forwarding
from mailboxes.services.forwardings import change_forwarding, forwarding_row
from mailboxes.services.making_many import NewForwarding, check_new_forwardings, create_forwardings
from mailkit.addresses import domain_of, lowered
from mailkit.sheets import Kind, Record

KIND = Kind.FORWARDINGS


def plan(planning: Planning, records: Sequence[Record]) -> list[Item]:
    """What would become of each row."""
    rows = []
    targets: dict[int, list[str]] = {}
    for record in records:
        row = Row(record, record.values.get("source", "").strip())
        parsed = parse_forwarding(row.findings, row.key, record.values.get("destination", ""))
        row.key, targets[id(row)] = parsed
        rows.append(row)
    refuse_outside(planning.actor, "source", rows, domain_of)
    refuse_repeated(planning, KIND, "source", rows)
    sound = [row for row in rows if row.is_sound]
    there = Forwarding.objects.by_keys([row.key for row in sound])
    same = {id(row) for row in sound if _is_same(there.get(row.key), targets[id(row)])}
    wanted = [row for row in sound if id(row) not in same]
    for row in wanted:
        if row.key in there and not planning.update:
            refuse_other(row.findings, "source", row.key)
    wanted = [row for row in wanted if row.is_sound]
    coming = {id(row): Coming(planning) for row in wanted}
    _check(planning, wanted, targets, there, coming)
    return [
        _item(
            row,
            there.get(row.key),
            targets[id(row)],
            coming[id(row)].met if id(row) in coming else [],
            same=id(row) in same,
        )
        for row in rows
    ]


def _is_same(there: Forwarding | None, targets: Sequence[str]) -> bool:
    return there is not None and {lowered(one) for one in there.destinations} == set(targets)


def _check(
    planning: Planning,
    rows: Sequence[Row],
    targets: dict[int, list[str]],
    there: dict[str, Forwarding],
    coming: dict[int, Coming],
) -> None:
    new = [
        NewForwarding(
            row.key,
            tuple(targets[id(row)]),
            coming[id(row)],
            there[row.key].source if row.key in there else None,
        )
        for row in rows
    ]
    judged = check_new_forwardings(
        planning.actor, new, room=planning.forwarding_room, known=planning.tables
    )
    for row, findings in zip(rows, judged, strict=True):
        row.findings.refusals.update(findings.refusals)
        row.findings.warnings.update(findings.warnings)
    good = [row for row in rows if row.is_sound]
    planning.draft.add(
        "forwardings",
        ((row.key, SEPARATOR.join(targets[id(row)]), row.record.line) for row in good),
    )
    if planning.forwarding_room is not None:
        # One that is warned of may stay unmade; should it be made, its limit is asked once more.
        planning.forwarding_room -= sum(
            row.key not in there for row in good if not row.findings.warnings
        )


def _item(
    row: Row, there: Forwarding | None, targets: Sequence[str], met: Sequence[str], *, same: bool
) -> Item:
    text = SEPARATOR.join(targets)
    if same:
        return item(KIND, row, Verdict.SAME)
    values: dict[str, object] = {"targets": list(targets), "coming": list(dict.fromkeys(met))}
    if there is None:
        return item(KIND, row, Verdict.CREATE, {"destination": [None, text]}, values)
    values |= {"key": there.pk, "state": state_of(forwarding_row(there))}
    return item(KIND, row, Verdict.CHANGE, {"destination": [there.destination, text]}, values)


def create(actor: Actor, items: Sequence[Item], *, force: bool) -> Refusals:
    """Make these forwardings; gives the refusals of those that are not made."""
    rows = [
        NewForwarding(one.key, tuple(one.values["targets"]), frozenset(one.values["coming"]))
        for one in items
    ]
    return create_forwardings(actor=actor, rows=rows, force=force)


def change(actor: Actor, items: Sequence[Item], *, force: bool) -> Refusals:
    """Give these forwardings other destinations."""

    def one(place: int) -> None:
        found = items[place]
        _change(actor, found, force=force)

    return one_by_one(len(items), one)


def _change(actor: Actor, found: Item, *, force: bool) -> None:
    values = found.values
    try:
        change_forwarding(
            actor=actor,
            key=values["key"],
            destination="\n".join(values["targets"]),
            force=force,
            state=values["state"],
        )
    except NeedsConfirmation as error:
        # What it leads to is made by a row further down.
        if not values["coming"] or set(codes_of(error)) != {"dead_target"}:
            raise
        change_forwarding(
            actor=actor,
            key=values["key"],
            destination="\n".join(values["targets"]),
            force=True,
            state=values["state"],
        )
