"""Making many mailboxes or forwardings in one go, with the checks of a single one.

See `domains.many`. Passwords come as hashes: hashing them takes a while, and is done before.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass, field

from audit.actor import Actor
from audit.refusals import Findings
from audit.transaction import service
from domains.checks import check_width
from domains.locks import guard
from domains.many import New, Refusals, Row, logged, refusal_of, write_new
from domains.services import refuse_taken
from mailboxes.checks import SEPARATOR, check_forwarding, check_new_mailbox, check_new_source
from mailboxes.known_tables import KnownTables, MailTables
from mailboxes.limits import (
    check_forwarding_room,
    check_mailbox_room,
    room_for_forwardings,
    room_for_mailboxes,
)
from mailboxes.models import Forwarding, Mailbox
from mailboxes.passwords import label
from mailboxes.records import begin_records
from mailboxes.routing import DatabaseTables, lock_routes, look_up_mailboxes, look_up_routes
from mailboxes.targets import add_targets
from mailkit.addresses import domain_of


@dataclass(frozen=True)
class NewMailbox:
    """`email` as it is stored, `stored`: the password's hash."""

    email: str
    stored: str = field(repr=False)


@dataclass(frozen=True)
class NewForwarding:
    """As they are stored. `coming`: addresses it leads to that are made in a moment. `instead_of`:
    the source of the row that it changes."""

    source: str
    targets: tuple[str, ...]
    coming: Container[str] = ()
    instead_of: str | None = None


def is_made(findings: Findings, *, force: bool) -> bool:
    """Whether a row of which this is found is made."""
    return not findings.refusals and (force or not findings.warnings)


def check_new_mailboxes(
    actor: Actor,
    emails: Sequence[str],
    *,
    taken: Collection[str] = (),
    room: int | None = None,
    known: MailTables | None = None,
    warned: Collection[str] = (),
    force: bool = False,
) -> list[Findings]:
    """What speaks against making each of these mailboxes, as if those before it were there.

    Unless by `force`, what is warned of (here, or as `warned` says) takes no room: it is not made.
    """
    known = KnownTables(known or DatabaseTables())
    look_up_mailboxes(known, [one for one in emails if actor.may_touch(domain_of(one))])
    found = []
    for email in emails:
        findings = Findings()
        check_mailbox_room(findings, actor, room)
        check_new_mailbox(findings, actor, email, is_taken=email in taken, known=known)
        found.append(findings)
        if room is not None and is_made(findings, force=force) and (force or email not in warned):
            room -= 1
    return found


@service
def create_mailboxes(*, actor: Actor, rows: Sequence[NewMailbox], force: bool = False) -> Refusals:
    """Make mailboxes; gives the refusals of those that are not made, by their place."""
    guard(Mailbox)
    emails = [one.email for one in rows]
    taken = Mailbox.objects.by_keys(emails)
    judged = check_new_mailboxes(
        actor, emails, taken=taken, room=room_for_mailboxes(actor), force=force
    )
    refused: Refusals = {}
    new = []
    for place, (one, findings) in enumerate(zip(rows, judged, strict=True)):
        check_width(findings, "password", "users", "password", one.stored)
        error = refusal_of(findings, force=force)
        if error is not None:
            refused[place] = error
            continue
        row = {"email": one.email, "password": one.stored}
        shown = {"email": one.email, "password": label(one.stored)}
        entry = logged(actor, "mailbox", one.email, domain_of(one.email), shown, row)
        new.append(New(place, row, entry))
    return refused | write_new(Mailbox, "email", new, _begin_records)


def _begin_records(rows: Sequence[Row]) -> None:
    begin_records((row["email"], row["password"]) for row in rows)


def check_new_forwardings(
    actor: Actor,
    rows: Sequence[NewForwarding],
    *,
    taken: Collection[str] = (),
    room: int | None = None,
    known: MailTables | None = None,
    force: bool = False,
) -> list[Findings]:
    """What speaks against making each of these forwardings, as if those before it were there:
    the row that closes a loop is the one that is refused. Unless by `force`, one that is warned of
    takes no room."""
    known = KnownTables(known or DatabaseTables())
    own = {one.source: one.targets for one in rows if actor.may_touch(domain_of(one.source))}
    look_up_routes(known, own)
    found = []
    for one in rows:
        findings = Findings()
        if one.instead_of is None:
            check_forwarding_room(findings, actor, room)
            check_new_source(findings, actor, one.source, known)
        if one.source in taken:
            refuse_taken(findings, "source", one.source)
        text = check_forwarding(
            findings,
            actor,
            one.source,
            one.targets,
            without=one.instead_of,
            known=known,
            coming=one.coming,
        )
        found.append(findings)
        if not findings.refusals:
            known.add_forwarding(one.source, text)
            if room is not None and one.instead_of is None and is_made(findings, force=force):
                room -= 1
    return found


@service
def create_forwardings(
    *, actor: Actor, rows: Sequence[NewForwarding], force: bool = False
) -> Refusals:
    """Make forwardings; gives the refusals of those that are not made, by their place."""
    guard(Forwarding)
    lock_routes()
    taken = Forwarding.objects.by_keys([one.source for one in rows])
    judged = check_new_forwardings(
        actor, rows, taken=taken, room=room_for_forwardings(actor), force=force
    )
    refused: Refusals = {}
    new = []
    for place, (one, findings) in enumerate(zip(rows, judged, strict=True)):
        error = refusal_of(findings, force=force)
        if error is not None:
            refused[place] = error
            continue
        row = {"source": one.source, "destination": SEPARATOR.join(one.targets)}
        entry = logged(actor, "forwarding", one.source, domain_of(one.source), row, row)
        new.append(New(place, row, entry))
    return refused | write_new(Forwarding, "source", new, _add_targets)


def _add_targets(rows: Sequence[Row]) -> None:
    add_targets({row["source"]: [row["destination"]] for row in rows})
