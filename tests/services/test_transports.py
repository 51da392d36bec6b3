"""Making, changing and deleting transports."""

from __future__ import annotations

import pytest

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.refusals import ChangedMeanwhile
from domains.models import Transport
from domains.services import change_transport, create_transport, delete_transport
from domains.state import state_of


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("far.test", "smtp:[192.0.2.1]:2525", ("far.test", "smtp:[192.0.2.1]:2525")),
        ("Far.TEST", "smtp:mx.far.test", ("far.test", "smtp:mx.far.test")),
        (".far.test", "relay:[mx.far.test]", (".far.test", "relay:[mx.far.test]")),
        ("Anna@far.test", "discard:gone", ("anna@far.test", "discard:gone")),
        ("far.test", "error:5.2.1 mailbox disabled", ("far.test", "error:5.2.1 mailbox disabled")),
        (
            "far.test",
            "lmtp:unix:private/dovecot-lmtp",
            ("far.test", "lmtp:unix:private/dovecot-lmtp"),
        ),
        ("far.test", "smtp:[2001:db8::1]:25", ("far.test", "smtp:[2001:db8::1]:25")),
        ("far.test", ":", ("far.test", ":")),
        ("far.test", "smtp:", ("far.test", "smtp:")),
        ("müller.example", "smtp:", ("xn--mller-kva.example", "smtp:")),
    ],
)
def test_it_stores_what_postfix_understands(root, rows, key, value, stored):
    create_transport(actor=root, domain=key, transport=value)
    assert list(Transport.objects.values_list("domain", "transport")) == [stored]


@pytest.mark.parametrize(
    ("key", "value", "fields"),
    [
        ("", "smtp:", {"domain"}),
        ("far test", "smtp:", {"domain"}),
        ("far.test", "", {"transport"}),
        ("far.test", "nosuchservice:", {"transport"}),
        ("far.test", "mx.far.test", {"transport"}),
        ("far.test", "smtp:[192.0.2.1]:70000", {"transport"}),
        ("far.test", "smtp:[192.0.2.1", {"transport"}),
        ("far.test", "smtp:\nx", {"transport"}),
        ("far test", "nosuchservice:", {"domain", "transport"}),
        ("taken.test", "smtp:", {"domain"}),
    ],
)
def test_it_refuses_what_postfix_would_not_understand(root, rows, key, value, fields):
    rows(transports={"taken.test": "smtp:"})
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the fields are compared below
        create_transport(actor=root, domain=key, transport=value, force=True)
    assert set(caught.value.error_dict) == fields
    assert Transport.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "value", "codes"),
    [
        ("*", "smtp:[192.0.2.1]", ["transport_star"]),
        ("a.test", "smtp:[192.0.2.1]", ["transport_own"]),
        ("anna@a.test", "error:gone", ["transport_own"]),
        (".test", "smtp:", ["transport_own"]),
        (".a.test", "smtp:", []),
        ("far.test", "smtp:", []),
        ("a.test", ":", []),
    ],
)
def test_it_warns_of_a_transport_over_our_own_mail(root, rows, refusal, key, value, codes):
    rows(domains="a.test")
    assert refusal(create_transport, actor=root, domain=key, transport=value) == codes
    create_transport(actor=root, domain=key, transport=value, force=True) if codes else None
    assert Transport.objects.filter(pk=key).exists()


def test_a_key_is_changed_without_making_a_second_row(root, rows):
    rows(transports={"far.test": "smtp:"})
    change_transport(actor=root, key="far.test", domain="x@far.test", transport="relay:")
    assert list(Transport.objects.values_list("domain", "transport")) == [("x@far.test", "relay:")]
    assert Entry.objects.get().changes == {
        "domain": ["far.test", "x@far.test"],
        "transport": ["smtp:", "relay:"],
    }


def test_a_row_that_sql_made_can_be_mended(root, rows):
    rows(transports={"Odd KEY": "whatever"})
    change_transport(actor=root, key="Odd KEY", domain="Odd KEY", transport="smtp:")
    assert list(Transport.objects.values_list("domain", "transport")) == [("Odd KEY", "smtp:")]


def test_a_form_open_in_two_tabs_saves_once(root, rows):
    rows(transports={"far.test": "smtp:"})
    opened = state_of({"domain": "far.test", "transport": "smtp:"})
    change_transport(actor=root, key="far.test", transport="relay:", state=opened)
    with pytest.raises(ChangedMeanwhile) as caught:
        change_transport(actor=root, key="far.test", transport="lmtp:", state=opened)
    assert caught.value.current == {"domain": "far.test", "transport": "relay:"}


def test_a_domain_admin_stays_within_his_domains(rows, refusal):
    rows(domains="a.test b.test", transports={"b.test": "smtp:"})
    bob = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
    for key in ("b.test", "x@b.test", "*", ".test", "far.test"):
        codes = refusal(create_transport, actor=bob, domain=key, transport="error:x", force=True)
        assert "outside_domains" in codes or "duplicate" in codes, key
    create_transport(actor=bob, domain="x@a.test", transport="error:x", force=True)
    assert {row.pk for row in Transport.objects.visible_to(bob)} == {"x@a.test"}


def test_deleting_is_logged(root, rows):
    rows(transports={"far.test": "smtp:"})
    delete_transport(actor=root, key="far.test")
    assert not Transport.objects.exists()
    assert Entry.objects.get().changes == {
        "domain": ["far.test", None],
        "transport": ["smtp:", None],
    }
