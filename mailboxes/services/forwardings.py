"""Making, changing and deleting forwardings."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.kept import keep
from audit.log import record, record_change
from audit.refusals import Findings
from audit.transaction import service
from domains.locks import guard
from domains.schema import schema
from domains.services import changed_meanwhile, insert_row, locked_row, taken
from domains.state import state_of
from mailboxes.checks import SEPARATOR, check_forwarding, check_new_source, parse_forwarding
from mailboxes.limits import check_forwarding_limit
from mailboxes.models import Forwarding
from mailboxes.targets import forget_targets, note_targets
from mailkit.addresses import domain_of, lowered


def forwarding_row(forwarding: Forwarding) -> dict[str, str | None]:
    """The row's values, for the change log and `state_of`."""
    return {"source": forwarding.source, "destination": forwarding.destination}


@service
def create_forwarding(
    *, actor: Actor, source: str, destination: str, force: bool = False
) -> Forwarding:
    """Make a forwarding; `destination` has one address a line, or commas between them.

    Raises Refused (syntax, duplicate, width, loop) or NeedsConfirmation.
    """
    findings = Findings()
    key, targets = parse_forwarding(findings, source, destination)
    if "source" not in findings.refusals:
        guard(Forwarding)
        if Forwarding.objects.by_key(key) is not None:
            raise taken("source", key)
        check_new_source(findings, actor, key)
        check_forwarding_limit(findings, actor)
    row = _settled(actor, findings, key, targets, force)
    record(
        actor=actor,
        action="create_forwarding",
        object_type="forwarding",
        key=key,
        domain=domain_of(key),
        after=row,
        kept=keep("forwarding", None, row),
    )
    insert_row(Forwarding, "source", row)
    note_targets(key, row["destination"])
    return Forwarding(**row)


@service
def change_forwarding(
    *,
    actor: Actor,
    key: str,
    destination: str,
    source: str | None = None,
    force: bool = False,
    state: str | None = None,
) -> Forwarding:
    """Give the forwarding stored under `key` other destinations and, with `source`, another source.

    A source that is kept is not checked again, so that rows made by SQL can be mended.
    Raises Refused, NeedsConfirmation, ChangedMeanwhile, PermissionDenied, DoesNotExist.
    """
    old: Forwarding = locked_row(Forwarding, key)
    _may_change(actor, old)
    must_be_told_apart(old.source)
    before = forwarding_row(old)
    if state is not None and state != state_of(before):
        raise changed_meanwhile({"source": old.source, "destination": old.destination or ""})
    findings = Findings()
    renamed = source is not None and source != old.source
    new_key, targets = parse_forwarding(
        findings, source if renamed else None, destination, old.source
    )
    if renamed and "source" not in findings.refusals:
        other = Forwarding.objects.by_key(new_key)
        if other is not None and other.pk != old.pk:
            raise taken("source", new_key)
        check_new_source(findings, actor, new_key)
    row = _settled(actor, findings, new_key, targets, force, without=old.source)
    if row == before:
        return old
    record_change(
        actor=actor,
        object_type="forwarding",
        key=new_key,
        former_key=old.source,
        domain=domain_of(new_key),
        former_domain=domain_of(old.source),
        before=before,
        after=row,
    )
    Forwarding.objects.filter(pk=old.pk).update(**row)
    forget_targets([old.source])
    note_targets(new_key, row["destination"])
    return Forwarding(**row)


@service
def delete_forwarding(*, actor: Actor, key: str) -> None:
    """Delete the forwarding stored under `key`. Raises DoesNotExist, PermissionDenied."""
    row: Forwarding = locked_row(Forwarding, key)
    _may_change(actor, row)
    record(
        actor=actor,
        action="delete_forwarding",
        object_type="forwarding",
        key=row.source,
        domain=domain_of(row.source),
        before=forwarding_row(row),
        kept=keep("forwarding", row.source, None),
    )
    Forwarding.objects.filter(pk=row.source).delete()
    forget_targets([row.source])


def remove_target(*, actor: Actor, source: str, targets: Iterable[str]) -> None:
    """Take targets out of a forwarding, and delete it when none is left.

    Part of deleting a mailbox or a domain: the caller has asked and checked, also for a source
    outside the actor's domains, whose mail would bounce otherwise.
    """
    row: Forwarding = locked_row(Forwarding, source)
    must_be_told_apart(source)
    gone = {lowered(one) for one in targets}
    kept = [one for one in row.destinations if lowered(one) not in gone]
    before = forwarding_row(row)
    after = {**before, "destination": SEPARATOR.join(kept)} if kept else None
    record(
        actor=actor,
        action="change_forwarding" if after else "delete_forwarding",
        object_type="forwarding",
        key=row.source,
        domain=domain_of(row.source),
        before=before,
        after=after,
        kept=keep("forwarding", row.source, after),
    )
    rows = Forwarding.objects.filter(pk=row.source)
    if after is None:
        rows.delete()
    else:
        rows.update(destination=after["destination"])
    note_targets(row.source, after["destination"] if after else None)


def is_told_apart(source: str) -> bool:
    """Whether an UPDATE of this source writes over no other row: without a unique key there may be
    several, which may lead elsewhere."""
    if Forwarding._meta.db_table not in schema().unguarded:
        return True
    rows = Forwarding.objects.filter(pk=source).found()
    return len({row.destination or "" for row in rows}) < 2


def must_be_told_apart(source: str) -> None:
    """Raises Refused."""
    if is_told_apart(source):
        return
    findings = Findings()
    findings.refuse(
        "__all__",
        "source_twice",
        _(
            "“%(source)s” stands in several rows of “forwardings”, which lead elsewhere, and "
            "nothing tells one from the other. Make one row of them first."
        ),
        source=source,
    )
    findings.settle(force=False)


def _may_change(actor: Actor, row: Forwarding) -> None:
    if not actor.may_touch(domain_of(row.source)):
        raise PermissionDenied


def _settled(
    actor: Actor,
    findings: Findings,
    key: str,
    targets: list[str],
    force: bool,
    without: str | None = None,
) -> dict[str, str]:
    text = check_forwarding(findings, actor, key, targets, without=without)
    findings.settle(force=force)
    return {"source": key, "destination": text}
