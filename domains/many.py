"""Making many virtual domains or transports in one go, with the checks of a single one.

Each function is part of somebody's transaction, looks up all rows at once, writes those that
nothing speaks against, and gives the refusals of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from audit.actor import Actor
from audit.kept import keep
from audit.log import diff, new_entry, record_many
from audit.models import Entry
from audit.refusals import Findings
from audit.transaction import service
from domains.checks import DomainRows
from domains.locks import guard
from domains.models import Domain, Transport
from domains.services import (
    check_new_domain,
    check_transport_row,
    domain_of_key,
    insert_row,
    insert_rows,
    refuse_taken,
)

Row = dict[str, str]
# By the row's place among those given.
Refusals = dict[int, ValidationError]


@dataclass(frozen=True)
class New:
    """A row to be written, and what the log says of it."""

    place: int
    row: Row
    entry: Entry


def write_new(
    model: Any,
    field: str,
    new: Sequence[New],
    before: Callable[[Sequence[Row]], None] | None = None,
) -> Refusals:
    """Log and INSERT rows, in few statements; `before` is called between the two.

    Should the database refuse, since somebody took a key in this moment, each on its own.
    """
    if not new:
        return {}
    try:
        with transaction.atomic():
            record_many([one.entry for one in new])
            if before is not None:
                before([one.row for one in new])
            insert_rows(model, [one.row for one in new])
    except IntegrityError:
        return _one_by_one(model, field, new, before)
    return {}


def _one_by_one(
    model: Any, field: str, new: Sequence[New], before: Callable[[Sequence[Row]], None] | None
) -> Refusals:
    refused: Refusals = {}
    for one in new:
        one.entry.pk = None
        try:
            with transaction.atomic():
                record_many([one.entry])
                if before is not None:
                    before([one.row])
                insert_row(model, field, one.row)
        except ValidationError as error:
            refused[one.place] = error
    return refused


def refusal_of(findings: Findings, *, force: bool) -> ValidationError | None:
    """What `settle` would raise."""
    try:
        findings.settle(force=force)
    except ValidationError as error:
        return error
    return None


def logged(
    actor: Actor, object_type: str, key: str, domain: str, shown: Mapping[str, str], row: Row
) -> Entry:
    """The entry of a new row; `shown`: the row without its secrets."""
    return new_entry(
        actor=actor,
        action=f"create_{object_type}",
        object_type=object_type,
        key=key,
        domain=domain,
        changes=diff(None, shown),
        kept=keep(object_type, None, row),
    )


@service
def create_domains(*, actor: Actor, names: Sequence[str], force: bool = False) -> Refusals:
    """Make virtual domains. Raises PermissionDenied for a domain admin."""
    if not actor.touches_everything:
        raise PermissionDenied
    guard(Domain)
    judged = [Findings() for _name in names]
    parsed = [check_new_domain(*one) for one in zip(judged, names, strict=True)]
    there = Domain.objects.by_keys(parsed)
    refused: Refusals = {}
    new = []
    for place, (findings, name) in enumerate(zip(judged, parsed, strict=True)):
        if name in there:
            refuse_taken(findings, "domain", name)
        error = refusal_of(findings, force=force)
        if error is not None:
            refused[place] = error
            continue
        row = {"domain": name}
        new.append(New(place, row, logged(actor, "domain", name, name, row, row)))
    return refused | write_new(Domain, "domain", new)


@service
def create_transports(
    *,
    actor: Actor,
    rows: Sequence[tuple[str, str]],
    known: DomainRows | None = None,
    force: bool = False,
) -> Refusals:
    """Make transports of (key, transport)."""
    guard(Transport)
    judged = [Findings() for _row in rows]
    parsed = [
        check_transport_row(findings, actor, *row, tables=known)
        for findings, row in zip(judged, rows, strict=True)
    ]
    there = Transport.objects.by_keys([key for key, _value in parsed])
    refused: Refusals = {}
    new = []
    for place, (findings, (key, value)) in enumerate(zip(judged, parsed, strict=True)):
        if key in there:
            refuse_taken(findings, "domain", key)
        error = refusal_of(findings, force=force)
        if error is not None:
            refused[place] = error
            continue
        row = {"domain": key, "transport": value}
        entry = logged(actor, "transport", key, domain_of_key(key), row, row)
        new.append(New(place, row, entry))
    return refused | write_new(Transport, "domain", new)
