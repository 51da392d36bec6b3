"""What the plan of an import knows: who imports, how, and the rows of the file before this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.refusals import Findings
from bulk.items import Item, Reason, Verdict, reasons_of
from domains.many import refusal_of
from domains.postfix import delimiter
from domains.services import must_be_in
from mailboxes.known_tables import WithDraft
from mailboxes.limits import room_for_forwardings, room_for_mailboxes
from mailboxes.routing import DatabaseTables
from mailkit.postfix.aliases import split_extension
from mailkit.postfix.draft import Draft
from mailkit.sheets import Kind, Record

TABLES = {
    Kind.DOMAINS: "domains",
    Kind.MAILBOXES: "users",
    Kind.FORWARDINGS: "forwardings",
    Kind.TRANSPORTS: "transport",
}
TYPES = {
    Kind.DOMAINS: "domain",
    Kind.MAILBOXES: "mailbox",
    Kind.FORWARDINGS: "forwarding",
    Kind.TRANSPORTS: "transport",
}


@dataclass
class Planning:
    """`update`: rows that are there with other values are changed. `draft`: the rows so far.
    `read_all`: reads the file once more, for what stands further down."""

    actor: Actor
    update: bool
    draft: Draft
    read_all: Callable[[Draft], None]
    mailbox_room: int | None = None
    forwarding_room: int | None = None
    _whole: Draft | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.mailbox_room = room_for_mailboxes(self.actor)
        self.forwarding_room = room_for_forwardings(self.actor)

    @property
    def tables(self) -> WithDraft:
        """The tables as they would be with the rows so far."""
        return WithDraft(self.draft, DatabaseTables())

    def repeated(self, kind: Kind, keys: Sequence[tuple[str, int]]) -> list[int]:
        """For each (key, line): the line in which the key stood first, 0 if that is this one."""
        place = f"seen {TABLES[kind]}"
        lowered = [key.lower() for key, _line in keys]
        before = self.draft.lines(place, lowered)
        found = []
        new: dict[str, int] = {}
        for key, (_key, line) in zip(lowered, keys, strict=True):
            first = before.get(key) or new.get(key, 0)
            found.append(first)
            if not first:
                new[key] = line or 1
        self.draft.add(place, ((key, "", line) for key, line in new.items()))
        return found

    def will_be_there(self, address: str) -> bool:
        """Whether a row of the file, also one further down, makes this an address."""
        if self._whole is None:
            self._whole = Draft()
            self.read_all(self._whole)
        bare = split_extension(address, delimiter())[0]
        keys = [address, bare, "@" + address.rpartition("@")[2]]
        return bool(self._whole.mailboxes(keys) or self._whole.lines("forwardings", keys))

    def close(self) -> None:
        """Throw away what was read for `will_be_there`."""
        if self._whole is not None:
            self._whole.__exit__(None, None, None)
            self._whole = None


class Coming:
    """Addresses that a row further down will make; `met`: those that were asked for."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning
        self.met: list[str] = []

    def __contains__(self, address: object) -> bool:
        found = isinstance(address, str) and self._planning.will_be_there(address)
        if found and isinstance(address, str):
            self.met.append(address)
        return found


@dataclass
class Row:
    """A row of the file on its way into the plan. `shown`: its password, as the log says it."""

    record: Record
    key: str
    shown: str = ""
    findings: Findings = field(default_factory=Findings)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is known that forbids it."""
        return not self.findings.refusals


def refuse_repeated(planning: Planning, kind: Kind, field_name: str, rows: Sequence[Row]) -> None:
    """Refuse rows whose key stood in the file before."""
    sound = [row for row in rows if row.is_sound]
    first = planning.repeated(kind, [(row.key, row.record.line) for row in sound])
    for row, line in zip(sound, first, strict=True):
        if line:
            row.findings.refuse(
                field_name,
                "duplicate_in_file",
                _("“%(key)s” stands in line %(line)s already."),
                key=row.key,
                line=line,
            )


def refuse_outside(actor: Actor, field_name: str, rows: Iterable[Row], domain_of: Any) -> None:
    """Refuse keys outside the actor's domains, before anything is said of what is there."""
    for row in rows:
        if row.is_sound:
            must_be_in(actor, domain_of(row.key), field_name, row.findings)


def refuse_other(findings: Findings, field_name: str, key: str) -> None:
    """A row that is there with other values, while none shall be changed."""
    findings.refuse(
        field_name,
        "duplicate",
        _(
            "“%(key)s” exists already, with other values. With “Change rows that are there” "
            "(--update) it would be changed."
        ),
        key=key,
    )


def item(
    kind: Kind,
    row: Row,
    verdict: Verdict,
    changes: Mapping[str, list[str | None]] | None = None,
    values: Mapping[str, Any] | None = None,
    secret: Mapping[str, str] | None = None,
) -> Item:
    """The item of a row that can be done (CREATE, CHANGE) or needs not be (SAME); of one that is
    warned of or refused, if its findings say so."""
    error = refusal_of(row.findings, force=False)
    reasons: tuple[Reason, ...] = () if error is None else reasons_of(error)
    if row.findings.refusals:
        # What it would have done is nobody's business any more, its password least of all.
        return Item(row.record.line, TYPES[kind], row.key, Verdict.REFUSED, {}, reasons)
    does = {**(values or {}), "do": str(verdict)}
    shown = Verdict.WARNED if reasons and verdict != Verdict.SAME else verdict
    return Item(
        row.record.line, TYPES[kind], row.key, shown, changes or {}, reasons, does, secret or {}
    )


def in_runs(items: Sequence[Item]) -> Iterator[tuple[str, str, list[int]]]:
    """(object_type, what to do, places) of items that come one after the other and are alike."""
    start = 0
    for place in range(1, len(items) + 1):
        if place < len(items) and _alike(items[place], items[start]):
            continue
        first = items[start]
        yield first.object_type, str(first.values["do"]), list(range(start, place))
        start = place


def _alike(one: Item, other: Item) -> bool:
    return (one.object_type, one.values["do"], "row" in one.secret) == (
        other.object_type,
        other.values["do"],
        "row" in other.secret,
    )
