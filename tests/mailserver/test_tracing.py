"""The trace in the panel's own database, and what of it a domain admin sees."""

from __future__ import annotations

import pytest

from audit.actor import Actor, ActorKind
from domains.models import Domain, Transport
from domains.postfix import route_settings
from mailboxes.models import Forwarding, Mailbox
from mailboxes.routing import DatabaseTables
from mailkit.postfix.route import Kind, Outcome, trace
from mailserver.tracing import OutsideDomainsError, seen_by, trace_address
from tests.mailserver.states import store
from tests.stack.route_states import Ports, random_state

BOB = Actor(ActorKind.DOMAIN_ADMIN, name="bob", domains=frozenset({"a.test"}))


@pytest.mark.parametrize("seed", range(4))
def test_the_database_gives_what_its_rows_say(db: None, seed: int) -> None:
    state = store(random_state(seed, Ports(2525, 2424)))
    for address in state.asked:
        mine = trace(address, DatabaseTables(), route_settings())
        assert mine == trace(address, state, route_settings())


@pytest.fixture
def rows(db: None) -> None:
    for name in ("a.test", "b.test"):
        Domain.objects.create(domain=name)
    for email in ("anna@a.test", "bert@b.test"):
        Mailbox.objects.create(email=email, password="")


@pytest.mark.parametrize(
    ("target", "outcome"),
    [
        ("bert@b.test", Outcome.DELIVERED),
        # It goes on to another server, which is b.test's own affair.
        ("out@b.test", Outcome.DELIVERED),
        ("gone@b.test", Outcome.DELIVERED),
        ("dead@b.test", Outcome.BOUNCED),
        ("nobody@b.test", Outcome.BOUNCED),
        ("both@b.test", Outcome.MIXED),
    ],
)
def test_of_other_domains_only_whether_mail_arrives(
    rows: None, target: str, outcome: Outcome
) -> None:
    for source, destination in (
        ("out@b.test", "private@far.test"),
        ("gone@b.test", "trash@b.test"),
        ("dead@b.test", "nobody@b.test"),
        ("both@b.test", "private@far.test, nobody@b.test"),
        ("f@a.test", target),
    ):
        Forwarding.objects.create(source=source, destination=destination)
    Transport.objects.create(domain="trash@b.test", transport="discard:")

    found = trace_address(actor=BOB, address="f@a.test")
    assert found.outcome is outcome
    assert [(one.address, one.transport, one.nexthop) for one in found.deliveries] == [
        (target, "", "")
    ]
    told = str(found)
    for secret in ("private@far.test", "trash@b.test", "discard", "smtp"):
        assert secret not in told
    assert [step.note for step in found.steps if step.address == target] == ["hidden"]


def test_what_is_his_own_he_sees_whole(rows: None, root: Actor) -> None:
    Forwarding.objects.create(source="f@a.test", destination="anna@a.test, x@far.test")
    whole = trace_address(actor=root, address="f@a.test")
    assert seen_by(BOB, whole) == whole


def test_no_address_of_others(rows: None) -> None:
    for address in ("bert@b.test", "x@far.test", "bert%b.test"):
        with pytest.raises(OutsideDomainsError):
            trace_address(actor=BOB, address=address)
    assert trace_address(actor=BOB, address="no address").outcome is Outcome.REJECTED


def test_a_transport_above_his_domain_is_not_shown(rows: None) -> None:
    Transport.objects.create(domain=".a.test", transport="relay:[secret.example]")
    Forwarding.objects.create(source="f@a.test", destination="x@sub.a.test, anna@a.test")
    found = trace_address(actor=BOB, address="f@a.test")
    assert "secret.example" not in str(found)
    hidden = [step for step in found.steps if step.kind is Kind.TRANSPORT and step.note == "hidden"]
    assert [step.question for step in hidden] == ["x@sub.a.test"]
