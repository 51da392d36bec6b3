"""Giving many forwardings other destinations in a few statements, or looking what that would do.

Checks, log and rows are those of `change_forwarding`; the sources stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from audit.actor import Actor
from audit.kept import keep_many
from audit.log import diff, new_entry, record_many
from audit.many import Refusals, changed, not_yours, one_by_one
from audit.refusals import Findings
from audit.transaction import service
from domains.locks import one_at_a_time
from domains.state import state_of
from mailboxes.checks import SEPARATOR, check_shape, parse_forwarding
from mailboxes.models import Forwarding
from mailboxes.routing import check_routes
from mailboxes.services.forwardings import (
    change_forwarding,
    delete_forwarding,
    forwarding_row,
)
from mailboxes.services.many import locked_rows
from mailboxes.targets import add_targets, forget_targets
from mailkit.addresses import domain_of


@dataclass(frozen=True)
class Redirection:
    """Destinations of one forwarding: as they are stored now, and as they shall be."""

    before: str
    after: str


def judge_redirections(
    *, actor: Actor, after: Mapping[str, str]
) -> dict[str, tuple[str, Findings]]:
    """{source: (destinations as they would be stored, what speaks against it)}. Only looks."""
    found = {source: Findings() for source in after}
    targets = {
        source: parse_forwarding(found[source], None, text, source)[1]
        for source, text in after.items()
    }
    for source, findings in found.items():
        check_shape(findings, source, targets[source])
    sound = {source: targets[source] for source in found if not found[source].refusals}
    check_routes(found, sound, actor=actor)
    return {
        source: (SEPARATOR.join(targets[source]), findings) for source, findings in found.items()
    }


@service
def redirect_forwardings(
    *, actor: Actor, redirections: Mapping[str, Redirection], force: bool = False
) -> Refusals:
    """Change their destinations; returns who is refused, and why.

    One that is not as `before` says is refused: it was changed since that was looked at.
    """
    one_at_a_time(Forwarding)
    rows, others = locked_rows(Forwarding, list(redirections))
    refused: Refusals = {}
    left: dict[str, Forwarding] = {}
    for row in rows:
        if not actor.may_touch(domain_of(row.source)):
            refused[row.source] = not_yours()
        elif (row.destination or "") != redirections[row.source].before:
            refused[row.source] = changed()
        else:
            left[row.source] = row
    after = {source: redirections[source].after for source in left}
    judged = judge_redirections(actor=actor, after=after)
    while worse := _refused(judged, force=force):
        # The others were followed through what these would have been: look again without them.
        refused |= worse
        after = {source: text for source, text in after.items() if source not in worse}
        judged = judge_redirections(actor=actor, after=after)
    new = {one: text for one, (text, _found) in judged.items() if text != left[one].destination}
    _write(actor, [left[source] for source in new], new)

    def one(key: str) -> object:
        wanted = redirections[key]
        state = state_of({"source": key, "destination": wanted.before})
        return change_forwarding(
            actor=actor, key=key, destination=wanted.after, force=force, state=state
        )

    return refused | one_by_one(others, one)


def _refused(judged: Mapping[str, tuple[str, Findings]], *, force: bool) -> Refusals:
    refused: Refusals = {}
    for source, (_text, findings) in judged.items():
        try:
            findings.settle(force=force)
        except ValidationError as error:
            refused[source] = error
    return refused


def _write(actor: Actor, rows: list[Forwarding], new: Mapping[str, str]) -> None:
    after = {source: {"source": source, "destination": text} for source, text in new.items()}
    kept = keep_many("forwarding", after)
    record_many(
        new_entry(
            actor=actor,
            action="change_forwarding",
            object_type="forwarding",
            key=row.source,
            domain=domain_of(row.source),
            changes=diff(forwarding_row(row), after[row.source]),
            kept=kept.get(row.source),
        )
        for row in rows
    )
    for row in rows:
        row.destination = new[row.source]
    forget_targets(new)
    add_targets({source: [text] for source, text in new.items()})
    Forwarding.objects.bulk_update(rows, ["destination"], batch_size=100)


@service
def delete_forwardings(*, actor: Actor, sources: Sequence[str]) -> Refusals:
    """Delete them; returns who is refused, and why."""
    rows, others = locked_rows(Forwarding, sources)
    mine = [row for row in rows if actor.may_touch(domain_of(row.source))]
    refused = {
        row.source: not_yours() for row in rows if not actor.may_touch(domain_of(row.source))
    }
    kept = keep_many("forwarding", dict.fromkeys(row.source for row in mine))
    record_many(
        new_entry(
            actor=actor,
            action="delete_forwarding",
            object_type="forwarding",
            key=row.source,
            domain=domain_of(row.source),
            changes=diff(forwarding_row(row), None),
            kept=kept.get(row.source),
        )
        for row in mine
    )
    gone = [row.source for row in mine]
    forget_targets(gone)
    Forwarding.objects.filter(pk__in=gone).delete()
    return refused | one_by_one(others, lambda key: delete_forwarding(actor=actor, key=key))
