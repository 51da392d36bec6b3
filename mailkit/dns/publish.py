"""Change a zone at its primary by RFC 2136: plan, send, read back, undo.

A plan is made from what the primary has now, and is sent with that as its prerequisite: if anybody
else changes one of these records in between, the server refuses the whole of it. Nothing is ever
deleted by name, only by value, for other records live there too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

import dns.exception
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.update

from mailkit.dns.answers import Asks
from mailkit.dns.primary import Primary, PublishError, Trouble, exchange, raise_for, read, sign
from mailkit.dns.records import TEXT_TYPES, rdata
from mailkit.dns.results import Record


@dataclass(frozen=True)
class Change:
    """What a name has of a type now and what it is to have, as zone-file data. `ttl` of the new."""

    name: str
    type: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    ttl: int
    ttl_before: int | None = None

    @property
    def added(self) -> tuple[str, ...]:
        return tuple(value for value in self.after if value not in self.before)

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(value for value in self.before if value not in self.after)

    @property
    def back(self) -> Change:
        ttl = self.ttl if self.ttl_before is None else self.ttl_before
        return Change(self.name, self.type, self.after, self.before, ttl, self.ttl)


@dataclass(frozen=True)
class Plan:
    """The changes of one zone that belong together: all of them happen or none."""

    zone: str
    changes: tuple[Change, ...]

    @property
    def difference(self) -> tuple[str, ...]:
        """Lines for a person, `- ` before what goes and `+ ` before what comes."""
        lines = []
        for change in self.changes:
            head = f"{change.name} IN {change.type}"
            lines += [f"- {head} {value}" for value in change.removed]
            lines += [f"+ {head} {value}" for value in change.added]
        return tuple(lines)

    @property
    def undo(self) -> Plan:
        """The way back; refused like any other if somebody has changed the records since."""
        return Plan(self.zone, tuple(change.back for change in reversed(self.changes)))


async def find_zone(name: str, lookups: Asks) -> tuple[str, str] | None:
    """The zone that `name` is in and the primary its SOA names, both without a last dot.

    None if nobody could tell. The SOA's primary is a default: it may be hidden, or out of date.
    """
    labels = name.rstrip(".").split(".")
    for at in range(len(labels)):
        zone = ".".join(labels[at:])
        answer = await lookups.ask(zone + ".", "SOA")
        if not answer.known:
            return None
        if answer.values and not answer.cnames:
            return zone, answer.values[0].split(" ")[0].rstrip(".")
    return None


async def make_plan(
    primary: Primary, publish: Iterable[Record], remove: Iterable[Record] = ()
) -> Plan:
    """What `publish` and `remove` come to at the primary as it is now. Raises PublishError.

    A record that is there already makes no change, a TXT one whatever strings it is cut into.
    """
    publish, remove = tuple(publish), tuple(remove)
    zone = _name(primary.zone)
    wanted: dict[tuple[dns.name.Name, str], tuple[list[Record], list[Record]]] = {}
    for records, place in ((publish, 0), (remove, 1)):
        for record in records:
            name = _name(record.name)
            if not name.is_subdomain(zone):
                raise PublishError(Trouble.OUTSIDE_ZONE, record.name)
            _parsed(record)
            wanted.setdefault((name, record.type), ([], []))[place].append(record)
    changes = []
    for (name, kind), (new, old) in wanted.items():
        # An alias that goes in the same update makes room for its name's own records.
        alias_stays = kind != "CNAME" and not wanted.get((name, "CNAME"), ([], []))[1]
        change = await _change(primary, name, kind, new, old, alias_stays=alias_stays)
        if change.before != change.after:
            changes.append(change)
    return Plan(zone.to_text().lower(), tuple(changes))


async def _change(
    primary: Primary,
    name: dns.name.Name,
    kind: str,
    new: list[Record],
    old: list[Record],
    *,
    alias_stays: bool,
) -> Change:
    there = await read(primary, name, kind)
    if kind != "CNAME" and there.rdtype == dns.rdatatype.CNAME:
        if alias_stays:
            raise PublishError(Trouble.CNAME, f"{name} is an alias for {there[0].to_text()}")
        there = dns.rrset.RRset(name, dns.rdataclass.IN, dns.rdatatype.from_text(kind))
    gone = [_parsed(record) for record in old]
    come = [_parsed(record) for record in new]
    kept = [one for one in there if not any(_same(one, other) for other in gone)]
    # What is both there and wanted stays as it is, with its own strings and its place.
    kept += [one for one in there if one not in kept and any(_same(one, c) for c in come)]
    added = [one for one in come if not any(_same(one, other) for other in kept)]
    before = tuple(sorted(one.to_text() for one in there))
    after = tuple(sorted({one.to_text() for one in (*kept, *added)}))
    ttl_before = there.ttl if before else None
    ttl = ttl_before if kept and ttl_before is not None else (new[0].ttl if new else 0)
    return Change(name.to_text().lower(), kind, before, after, ttl, ttl_before)


async def send(primary: Primary, plan: Plan) -> None:
    """Send the plan in one update, and read every name back. Raises PublishError.

    A TXT record for a name with a CNAME is answered with NOERROR and thrown away (RFC 2136,
    3.4.2.2), so that only reading back shows that something is published.
    """
    if not plan.changes:
        return
    update = _update(primary, plan)
    try:
        reply = await exchange(primary, update)
    except PublishError as problem:
        if problem.trouble not in (Trouble.TIMEOUT, Trouble.UNREACHABLE):
            raise
        await _after_silence(primary, plan, problem)
        return
    code = reply.rcode()
    if code in (dns.rcode.NXRRSET, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN):
        await _refused_as_changed(primary, plan, dns.rcode.to_text(code))
    if code != dns.rcode.NOERROR:
        raise_for(code, primary)
    state = await state_at(primary, plan)
    for change in plan.changes:
        if state[change.name, change.type] != change.after:
            found = state[change.name, change.type]
            words = f"{change.name} {change.type}: the server took it and changed nothing"
            raise PublishError(Trouble.NOT_TAKEN, words, found)


def _update(primary: Primary, plan: Plan) -> dns.update.UpdateMessage:
    update = dns.update.UpdateMessage(plan.zone)
    sign(update, primary)
    aliases = {change.name for change in plan.changes if change.type == "CNAME" and change.before}
    added = []
    for change in plan.changes:
        name = dns.name.from_text(change.name)
        old, new = _rdatas(change.type, change.before), _rdatas(change.type, change.after)
        if old:
            update.present(name, *old)
        else:
            update.absent(name, change.type)
        if change.type != "CNAME" and change.name not in aliases:
            update.absent(name, "CNAME")
        for one in old:
            if one not in new:
                update.delete(name, one)
        added += [(name, change.ttl, one) for one in new if one not in old]
    # Last: a server takes no alias as long as its name has other records, nor the other way round.
    for addition in added:
        update.add(*addition)
    return update


async def _refused_as_changed(primary: Primary, plan: Plan, rcode: str) -> NoReturn:
    """Say which of the records is not what it was."""
    state = await state_at(primary, plan)
    for change in plan.changes:
        found = state[change.name, change.type]
        if found != change.before:
            words = f"{change.name} {change.type} has been changed meanwhile"
            raise PublishError(Trouble.CHANGED, words, found)
        there = await read(primary, dns.name.from_text(change.name), "CNAME")
        if there and change.type != "CNAME":
            raise PublishError(Trouble.CNAME, f"{change.name} is an alias for {there[0]}")
    raise PublishError(Trouble.CHANGED, rcode)


async def _after_silence(primary: Primary, plan: Plan, problem: PublishError) -> None:
    """An update without an answer may have been done: look."""
    try:
        state = await state_at(primary, plan)
    except PublishError as second:
        if problem.trouble == Trouble.UNREACHABLE and second.trouble == Trouble.UNREACHABLE:
            raise problem from second
        raise PublishError(Trouble.UNSURE, f"{problem.detail}; {second.detail}") from second
    if all(state[change.name, change.type] == change.after for change in plan.changes):
        return
    raise problem


async def state_at(primary: Primary, plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
    """What the primary has now of each name and type of the plan. Raises PublishError."""
    state = {}
    for change in plan.changes:
        there = await read(primary, dns.name.from_text(change.name), change.type)
        same = there.rdtype == dns.rdatatype.from_text(change.type)
        values = tuple(sorted(one.to_text() for one in there)) if same else ()
        state[change.name, change.type] = values
    return state


def _name(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text).canonicalize()
    except (dns.exception.DNSException, UnicodeError) as problem:
        raise PublishError(Trouble.BAD_RECORD, f"{text} is no name") from problem


def _parsed(record: Record) -> dns.rdata.Rdata:
    try:
        return dns.rdata.from_text("IN", record.type, rdata(record), relativize=False)
    except (dns.exception.DNSException, ValueError) as problem:
        words = f"{record.name} {record.type} {record.value[:80]}: {problem}"
        raise PublishError(Trouble.BAD_RECORD, words) from problem


def _rdatas(kind: str, values: tuple[str, ...]) -> list[dns.rdata.Rdata]:
    return [dns.rdata.from_text("IN", kind, value, relativize=False) for value in values]


def _same(one: dns.rdata.Rdata, other: dns.rdata.Rdata) -> bool:
    """Equal, whatever strings a TXT record is cut into."""
    if one.rdtype != other.rdtype:
        return False
    if dns.rdatatype.to_text(one.rdtype) in TEXT_TYPES:
        return _joined(one) == _joined(other)
    return bool(one == other)


def _joined(one: dns.rdata.Rdata) -> bytes:
    return b"".join(getattr(one, "strings", ()))
