"""What a preview says comes true: the traces of its lines, once the service has done it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.own_forwarding import set_own_forwarding
from audit.actor import Actor, ActorKind, command_actor
from domains.models import Domain, Transport
from domains.schema import is_found
from domains.services import create_domain, create_transport, delete_transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import change_forwarding, delete_forwarding
from mailboxes.services.mailboxes import create_mailbox, delete_mailbox
from mailserver.changes import (
    Change,
    deletion,
    domain_creation,
    forwarding_change,
    mailbox_creation,
    own_forwarding_change,
    transport_change,
)
from mailserver.preview import SHOWN, preview_change
from mailserver.tracing import trace_address

ROOT = command_actor("root")
ANNA = Actor(ActorKind.MAILBOX_OWNER, "anna@a.test")
FORWARDINGS = {
    "info@a.test": "anna@a.test",
    "both@a.test": "anna@a.test, x@far.test",
    "@a.test": "ben@a.test",
    "out@b.test": "anna@a.test, carl@b.test",
    "only@b.test": "ben@a.test",
    "@c.test": "@a.test",
    "ben@a.test": "ben@a.test, y@far.test",
}


@pytest.fixture
def rows(db: None) -> None:
    for name in ("a.test", "b.test", "c.test"):
        Domain.objects.create(domain=name)
    for email in ("anna@a.test", "ben@a.test", "carl@b.test", "dora@d.test"):
        Mailbox.objects.create(email=email, password="")
    for source, destination in FORWARDINGS.items():
        Forwarding.objects.create(source=source, destination=destination)
    for key, value in (("b.test", "error:5.2.1 closed"), ("anna@a.test", "smtp:[192.0.2.1]")):
        Transport.objects.create(domain=key, transport=value)


CASES: list[tuple[str, Callable[[], Change], Callable[[], object]]] = [
    (
        "domain",
        lambda: deletion("domain", ["a.test"]),
        lambda: delete_domain(actor=ROOT, domain="a.test"),
    ),
    (
        "domain alone",
        lambda: deletion("domain", ["a.test"], keep=True),
        lambda: delete_domain(actor=ROOT, domain="a.test", dependents="keep"),
    ),
    (
        "domain with a transport",
        lambda: deletion("domain", ["b.test"]),
        lambda: delete_domain(actor=ROOT, domain="b.test"),
    ),
    (
        "mailbox",
        lambda: deletion("mailbox", ["ben@a.test"]),
        lambda: delete_mailbox(actor=ROOT, email="ben@a.test"),
    ),
    (
        "mailbox alone",
        lambda: deletion("mailbox", ["carl@b.test"], keep=True),
        lambda: delete_mailbox(actor=ROOT, email="carl@b.test", dependents="keep"),
    ),
    (
        "mailboxes",
        lambda: deletion("mailbox", ["ben@a.test", "carl@b.test"]),
        lambda: [delete_mailbox(actor=ROOT, email=one) for one in ("ben@a.test", "carl@b.test")],
    ),
    (
        "domains",
        lambda: deletion("domain", ["b.test", "a.test"]),
        lambda: [delete_domain(actor=ROOT, domain=one) for one in ("b.test", "a.test")],
    ),
    (
        "forwarding",
        lambda: deletion("forwarding", ["@a.test"]),
        lambda: delete_forwarding(actor=ROOT, key="@a.test"),
    ),
    (
        "transport",
        lambda: deletion("transport", ["anna@a.test"]),
        lambda: delete_transport(actor=ROOT, key="anna@a.test"),
    ),
    (
        "new domain",
        lambda: domain_creation("d.test"),
        lambda: create_domain(actor=ROOT, domain="d.test"),
    ),
    (
        "new mailbox",
        lambda: mailbox_creation("new@a.test"),
        lambda: create_mailbox(
            actor=ROOT, email="new@a.test", password="correct horse 42 b", force=True
        ),
    ),
    (
        "changed forwarding",
        lambda: forwarding_change("news@a.test", "x@far.test", old="info@a.test"),
        lambda: change_forwarding(
            actor=ROOT, key="info@a.test", source="news@a.test", destination="x@far.test"
        ),
    ),
    (
        "new transport",
        lambda: transport_change("a.test", "discard:"),
        lambda: create_transport(actor=ROOT, domain="a.test", transport="discard:", force=True),
    ),
    (
        "own forwarding",
        lambda: own_forwarding_change("anna@a.test", "x@far.test", keep_copy=False),
        lambda: set_own_forwarding(actor=ANNA, destination="x@far.test", keep_copy=False),
    ),
]


@pytest.mark.parametrize(("name", "change", "do"), CASES, ids=[case[0] for case in CASES])
def test_what_is_previewed_comes_true(
    rows: None, name: str, change: Callable[[], Change], do: Callable[[], object]
) -> None:
    found = preview_change(ROOT, change())
    assert any(line.differs for line in found.lines)
    for line in found.lines:
        assert trace_address(actor=ROOT, address=line.address) == line.before
    do()
    for line in found.lines:
        assert trace_address(actor=ROOT, address=line.address) == line.after


def test_a_row_that_postfix_never_finds_changes_nothing(rows: None) -> None:
    Mailbox.objects.filter(pk="anna@a.test").delete()
    Mailbox.objects.create(email="Anna@a.test", password="")
    found = preview_change(ROOT, deletion("mailbox", ["Anna@a.test"]))
    assert found.lines[0].address == "anna@a.test"
    # A database that is blind to case has it found.
    assert any(line.differs for line in found.lines) is is_found("users", "Anna@a.test")


def test_of_many_rows_a_few_are_shown_and_more_are_said_to_be(rows: None) -> None:
    keys = [f"u{number}@b.test" for number in range(9)]
    found = preview_change(ROOT, deletion("mailbox", keys))
    assert [line.address for line in found.lines] == keys[:SHOWN]
    assert (found.others, found.more, found.many) == (9 - SHOWN, True, False)
