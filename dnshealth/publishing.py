"""Publish what a check suggests, by dynamic update: choose, plan, send, log, take back."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import PermissionDenied

from audit.actor import Actor
from audit.models import Entry
from dnshealth.host import new_lookups
from dnshealth.sending import KIND, broken_off, send_and_log, settle
from mailkit.dns.answers import Asks
from mailkit.dns.families.registry import BY_NAME
from mailkit.dns.primary import Primary, PublishError, Trouble, negative_ttl
from mailkit.dns.publish import Change, Plan, find_zone, make_plan
from mailkit.dns.records import TEXT_TYPES
from mailkit.dns.results import Check, Record, Severity, Status
from mailkit.dns.wire import Server

# What breaks mail. The rest is a choice, such as a stricter policy, and has to be named.
BY_ITSELF = (Severity.CRITICAL, Severity.ERROR)
_WORST_FIRST = list(reversed(Severity))


@dataclass(frozen=True)
class Chosen:
    """`findings` to mend together; `later` those that want another thing of the same record."""

    findings: tuple[Check, ...]
    later: tuple[Check, ...] = ()


@dataclass(frozen=True)
class ZonePlan:
    """What is to change in one zone and where it is sent to, or the `problem` in its way.

    `absent_for`: so many seconds resolvers remember that a record was not there, where one comes.
    """

    zone: str
    primary: Primary | None = None
    plan: Plan | None = None
    problem: PublishError | None = None
    absent_for: int | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.plan.changes if self.plan else ()


def choose(actor: Actor, checks: Iterable[Check], codes: Iterable[str] | None = None) -> Chosen:
    """Which findings to mend now: those with these codes, the errors for None; the worst first.

    The mail host's own records are for those who may touch everything. Two findings may each want
    the one SPF record otherwise: the worse one is mended, then it is time for another check.
    """
    wanted = None if codes is None else set(codes)
    taken: dict[tuple[str, str], set[str]] = {}
    now, later = [], []
    for check in sorted(
        checks, key=lambda one: _WORST_FIRST.index(one.severity or Severity.NOTICE)
    ):
        if check.status != Status.FAIL or not (check.publish or check.remove):
            continue
        if check.severity not in BY_ITSELF if wanted is None else check.code not in wanted:
            continue
        if BY_NAME[check.family].host_level and not actor.touches_everything:
            continue
        texts = _texts(check.publish)
        clash = any(taken.get(key, values) != values for key, values in texts.items())
        gone = any(
            record.value in taken.get((record.name, record.type), ()) for record in check.remove
        )
        if clash or gone:
            later.append(check)
            continue
        now.append(check)
        taken.update(texts)
    return Chosen(tuple(now), tuple(later))


def _texts(records: Iterable[Record]) -> dict[tuple[str, str], set[str]]:
    """TXT records by name: of these, unlike MX or A, only one of a kind may stand there."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in records:
        if one.type in TEXT_TYPES:
            found.setdefault((one.name, one.type), set()).add(one.value)
    return found


def plan_publishing(findings: Iterable[Check]) -> list[ZonePlan]:
    """What mending these findings comes to, zone by zone, as the primaries have it now."""
    findings = tuple(findings)
    publish = tuple(dict.fromkeys(one for check in findings for one in check.publish))
    remove = tuple(
        one
        for one in dict.fromkeys(one for check in findings for one in check.remove)
        if one not in publish
    )
    return plan_records(publish, remove)


def plan_records(publish: tuple[Record, ...], remove: tuple[Record, ...]) -> list[ZonePlan]:
    """What these records come to, zone by zone, as the primaries have it now."""
    return asyncio.run(_plan(publish, remove))


async def _plan(publish: tuple[Record, ...], remove: tuple[Record, ...]) -> list[ZonePlan]:
    lookups = new_lookups()
    zones: dict[str, tuple[Primary | None, list[Record], list[Record]]] = {}
    for part, records in enumerate((publish, remove), start=1):
        for one in records:
            zone, primary = await _primary_of(one, lookups)
            place = zones.setdefault(zone, (primary, [], []))
            (place[1] if part == 1 else place[2]).append(one)
    return [await _plan_zone(zone, *rest) for zone, rest in zones.items()]


async def _plan_zone(
    zone: str, primary: Primary | None, publish: list[Record], remove: list[Record]
) -> ZonePlan:
    if primary is None:
        return ZonePlan(zone, problem=PublishError(Trouble.NO_PRIMARY, zone))
    try:
        plan = await make_plan(primary, publish, remove)
        must_stay_alone(plan)
        new = any(not change.before for change in plan.changes)
        absent_for = await negative_ttl(primary) if new else None
        return ZonePlan(zone, primary, plan, absent_for=absent_for)
    except PublishError as problem:
        return ZonePlan(zone, primary, problem=problem)


def must_stay_alone(plan: Plan) -> None:
    """Raise PublishError where a second record of a kind would come beside one that is there.

    What is suggested was made from what a resolver said, which may be older than what the primary
    has now: two SPF records at a name are worse than a wrong one (RFC 7208, 4.5).
    """
    for change in plan.changes:
        if change.type not in TEXT_TYPES:
            continue
        kinds = Counter(_kind_of_text(value) for value in change.after)
        for value in change.added:
            kind = _kind_of_text(value)
            if kind and kinds[kind] > 1:
                words = f"{change.name} {change.type} has another {kind} meanwhile"
                raise PublishError(Trouble.CHANGED, words, change.before)


def _kind_of_text(value: str) -> str:
    """`v=spf1` and its like; "" for any other text."""
    found = re.match(r'"(v=[a-z0-9]+)(?=[";\s])', value, re.IGNORECASE)
    return found.group(1).lower() if found else ""


async def _primary_of(one: Record, lookups: Asks) -> tuple[str, Primary | None]:
    """The zone of a record, and the server that takes its changes, as far as they can be told."""
    # A DS stands in the zone above (RFC 4035, 2.4).
    name = one.name.split(".", 1)[1] if one.type == "DS" else one.name
    found = await find_zone(name, lookups)
    if found is None:
        return name.rstrip("."), None
    zone, primary = found
    where = settings.MAILADMIN.dns.primary or await _address(primary, lookups)
    if where is None:
        return zone, None
    return zone, Primary(zone, str(where.ip), where.port, settings.MAILADMIN.dns.update_key)


async def _address(name: str, lookups: Asks) -> Server | None:
    for kind in ("A", "AAAA"):
        answer = await lookups.ask(name, kind)
        for value in answer.values:
            return Server(ip_address(value))
    return None


def publish(
    *, actor: Actor, domain: str, planned: ZonePlan, undoes: Iterable[Entry] = ()
) -> list[Entry]:
    """Send one zone's changes; gives what was logged of them. Raises PublishError; nothing is
    logged then, unless nobody can tell whether it was done (`Trouble.UNSURE`). Raises
    PermissionDenied for who may not touch everything.

    What is sent is written down first: see `dnshealth.sending`, which holds no transaction while
    it sends. `undoes` are the entries that this takes back.
    """
    if not actor.touches_everything:
        # A zone holds more than mail, and other domains may live in it.
        raise PermissionDenied
    if planned.problem is not None:
        raise planned.problem
    if planned.primary is None or planned.plan is None:
        return []
    if not planned.changes:
        return []
    for sending in broken_off(zone=planned.primary.zone):
        # Before the log has something newer of these records.
        settle(actor=actor, sending=sending)
    return send_and_log(
        actor=actor, domain=domain, primary=planned.primary, plan=planned.plan, undoes=undoes
    )


def plan_back(*, actor: Actor, entry_id: int) -> tuple[list[ZonePlan], list[Entry]]:
    """The way back of what was published together with this entry of the change log.

    Raises Entry.DoesNotExist for one that the actor does not see or that published nothing. What
    was changed since stays: the update is refused then, as any other.
    """
    mine = Entry.objects.visible_to(actor).filter(object_type=KIND)
    entry = mine.get(pk=entry_id)
    entries = list(mine.filter(group=entry.group, undone=False).order_by("pk"))
    return asyncio.run(_plan_back([change_of(one) for one in entries])), entries


def take_back(*, actor: Actor, entry_id: int) -> list[Entry]:
    """Send the way back of what was published together with this entry; gives what was logged.

    Empty where it is taken back already. Raises PublishError; Entry.DoesNotExist.
    """
    plans, entries = plan_back(actor=actor, entry_id=entry_id)
    logged: list[Entry] = []
    for plan in plans:
        logged += publish(actor=actor, domain=entries[0].domain, planned=plan, undoes=entries)
    return logged


def change_of(entry: Entry) -> Change:
    """The change that an entry tells of."""
    name, _blank, kind = entry.object_key.rpartition(" ")
    before, after = entry.changes["records"]
    (old, ttl_before), (new, ttl) = _of_row(before), _of_row(after)
    return Change(name, kind, old, new, ttl or ttl_before or 0, ttl_before)


def _of_row(text: str | None) -> tuple[tuple[str, ...], int | None]:
    lines = [line.partition(" ") for line in text.split("\n")] if text else []
    return tuple(value for _ttl, _blank, value in lines), int(lines[0][0]) if lines else None


async def _plan_back(changes: list[Change]) -> list[ZonePlan]:
    lookups = new_lookups()
    zones: dict[str, tuple[Primary | None, list[Change]]] = {}
    for change in changes:
        record = Record(change.name, change.type, "")
        zone, primary = await _primary_of(record, lookups)
        zones.setdefault(zone, (primary, []))[1].append(change)
    return [
        ZonePlan(zone, primary, Plan(f"{zone}.", tuple(some)).undo)
        if primary
        else ZonePlan(zone, problem=PublishError(Trouble.NO_PRIMARY, zone))
        for zone, (primary, some) in zones.items()
    ]
