"""Rows that are made many at a time, as an import makes them."""

from __future__ import annotations

from audit.refusals import Findings
from domains.many import Refusals, create_domains, create_transports
from mailboxes.checks import parse_forwarding
from mailboxes.passwords import hashed
from mailboxes.services.making_many import (
    NewForwarding,
    NewMailbox,
    create_forwardings,
    create_mailboxes,
)
from tests.undo.random_changes import DOMAINS, TRANSPORTS, ByService, Impossible, RandomChanges


def _some_made(refused: Refusals, wanted: int) -> None:
    if len(refused) == wanted:
        raise Impossible


def _create_domains(world: RandomChanges) -> None:
    names = world.random.sample(DOMAINS, 2)
    refused = create_domains(actor=world.actor, names=names, force=True)
    _some_made(refused, len(names))


def _create_mailboxes(world: RandomChanges) -> None:
    emails = dict.fromkeys(world.address() for _number in range(3))
    there = world.passwords.copy()
    rows = [NewMailbox(email, hashed(world.password(email))) for email in emails]
    refused = create_mailboxes(actor=world.actor, rows=rows, force=True)
    for place in refused:
        # It keeps the password that it has.
        email = rows[place].email
        del world.passwords[email]
        world.passwords.update({email: there[email]} if email in there else {})
    _some_made(refused, len(rows))


def _create_forwardings(world: RandomChanges) -> None:
    sources = dict.fromkeys(world.source() for _number in range(3))
    rows = []
    for source in sources:
        findings = Findings()
        key, targets = parse_forwarding(findings, source, world.targets())
        if findings.refusals:
            raise Impossible
        rows.append(NewForwarding(key, tuple(targets)))
    refused = create_forwardings(actor=world.actor, rows=rows, force=True)
    _some_made(refused, len(rows))


def _create_transports(world: RandomChanges) -> None:
    keys = dict.fromkeys(world.transport_key() for _number in range(3))
    rows = [(key, world.random.choice(TRANSPORTS)) for key in keys]
    refused = create_transports(actor=world.actor, rows=rows, force=True)
    _some_made(refused, len(rows))


KINDS: dict[str, ByService] = {
    "create_domains": _create_domains,
    "create_mailboxes": _create_mailboxes,
    "create_forwardings": _create_forwardings,
    "create_transports": _create_transports,
}
