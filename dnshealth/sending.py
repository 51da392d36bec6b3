"""Send an update and log it, without holding the database meanwhile.

What is about to be sent is written down first, in a transaction of its own: should the database
refuse, nothing has been sent. Then it is sent, which may take as long as a name server lets us
wait. Then its end is logged. Where the program ends in between, what was written down stays, and
the name server is asked what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.actor import Actor, ActorKind
from audit.log import record
from audit.models import Entry
from audit.transaction import service
from audit.undone import mark_undone
from dnshealth.models import Sending
from dnshealth.processes import is_gone, this_process
from mailkit.dns.primary import Primary, PublishError, Trouble
from mailkit.dns.publish import Change, Plan, send, state_at

ACTION, UNDO = "publish_dns", "undo"
KIND = "dns"
# Sending takes seconds: each question of it waits for at most `mailkit.dns.primary.TIMEOUT`.
LONGEST = timedelta(minutes=2)


class Fate(StrEnum):
    """What became of an update whose program ended. Of OTHERS nobody can tell: it is logged."""

    DONE = "done"
    NOT_DONE = "not_done"
    OTHERS = "others"


def send_and_log(
    *, actor: Actor, domain: str, primary: Primary, plan: Plan, undoes: Iterable[Entry] = ()
) -> list[Entry]:
    """Send the plan; gives what was logged of it. Raises PublishError: nothing is logged then,
    unless nobody can tell whether it was done (`Trouble.UNSURE`).
    """
    sending = _write_down(actor, domain, primary, plan, list(undoes))
    try:
        asyncio.run(send(primary, plan))
    except PublishError as problem:
        if problem.trouble == Trouble.UNSURE:
            _log_end(sending)
        else:
            sending.delete()
        raise
    return _log_end(sending)


def broken_off(zone: str = "", domain: str = "") -> list[Sending]:
    """Updates in this zone or for this domain of whose end nobody has made a note, oldest first."""
    found = Sending.objects.order_by("pk")
    found = found.filter(zone=zone) if zone else found.filter(domain=domain)
    return [one for one in found if _is_broken_off(one)]


def settle(*, actor: Actor, sending: Sending) -> Fate:
    """Ask the name server what became of it, and log it where it was done. Raises PublishError
    where that cannot be asked; PermissionDenied for who may not touch everything.
    """
    if not actor.touches_everything:
        raise PermissionDenied
    key = settings.MAILADMIN.dns.update_key
    primary = Primary(sending.zone, sending.address, sending.port, key)
    fate = asyncio.run(_fate(primary, Plan(f"{sending.zone}.", changes_of(sending))))
    if fate == Fate.NOT_DONE:
        sending.delete()
    else:
        _log_end(sending)
    return fate


def changes_of(sending: Sending) -> tuple[Change, ...]:
    """What was to change."""
    return tuple(
        Change(**{**one, "before": tuple(one["before"]), "after": tuple(one["after"])})
        for one in sending.changes
    )


async def _fate(primary: Primary, plan: Plan) -> Fate:
    """All of an update is done or nothing; somebody may have changed some of it since."""
    state = await state_at(primary, plan)
    there = [(state[one.name, one.type], one) for one in plan.changes]
    if any(now == one.after for now, one in there):
        return Fate.DONE
    if any(now == one.before for now, one in there):
        return Fate.NOT_DONE
    return Fate.OTHERS


def _is_broken_off(sending: Sending) -> bool:
    return bool(is_gone(sending.process)) or sending.started_at < timezone.now() - LONGEST


@service
def _write_down(
    actor: Actor, domain: str, primary: Primary, plan: Plan, undoes: list[Entry]
) -> Sending:
    return Sending.objects.create(
        domain=domain,
        zone=primary.zone,
        address=primary.address,
        port=primary.port,
        changes=[asdict(one) for one in plan.changes],
        undoes=[entry.pk for entry in undoes],
        actor_kind=actor.kind.value,
        actor=actor.name,
        actor_address=actor.address,
        started_at=timezone.now(),
        process=this_process(),
    )


@service
def _log_end(sending: Sending) -> list[Entry]:
    """The change log has it from now on, in the name of whoever sent it."""
    if not Sending.objects.select_for_update().filter(pk=sending.pk).exists():
        # Somebody else has just settled it.
        return []
    actor = Actor(ActorKind(sending.actor_kind), sending.actor, sending.actor_address, domains=None)
    undone = {entry.object_key: entry for entry in Entry.objects.filter(pk__in=sending.undoes)}
    logged = [
        _log(actor, sending.domain, change, undone.get(_key(change)))
        for change in changes_of(sending)
    ]
    Sending.objects.filter(pk=sending.pk).delete()
    return logged


def _key(change: Change) -> str:
    return f"{change.name} {change.type}"


def _log(actor: Actor, domain: str, change: Change, undoes: Entry | None) -> Entry:
    entry = record(
        actor=actor,
        action=UNDO if undoes else ACTION,
        object_type=KIND,
        key=_key(change),
        domain=domain,
        before=_as_row(change.before, change.ttl_before or change.ttl),
        after=_as_row(change.after, change.ttl),
        undoes=undoes,
    )
    if undoes is not None:
        mark_undone([undoes])
    return entry


def _as_row(values: tuple[str, ...], ttl: int) -> dict[str, str | None] | None:
    """A line a record, as `ttl value`: what the log shows, and what the way back is made from."""
    return {"records": "\n".join(f"{ttl} {value}" for value in values)} if values else None
