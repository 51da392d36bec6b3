"""Making and changing forwardings: what is stored, refused, or warned of."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.refusals import ChangedMeanwhile
from domains.state import state_of
from mailboxes.models import Forwarding
from mailboxes.services.forwardings import (
    change_forwarding,
    create_forwarding,
    delete_forwarding,
)


@pytest.fixture
def world(rows):
    rows(
        domains="a.test b.test c.test",
        mailboxes="u1@a.test u2@a.test u3@b.test",
        forwardings={
            "f1@a.test": "u1@a.test",
            "ch2@a.test": "ch3@a.test",
            "ch3@a.test": "u2@a.test",
            "@b.test": "u3@b.test",
            "away@a.test": "x@far.test",
        },
        transports={"relayed@a.test": "smtp:[192.0.2.1]", "refused@a.test": "error:gone"},
    )


@pytest.mark.parametrize(
    ("source", "destination", "stored"),
    [
        ("new@a.test", "u1@a.test", ("new@a.test", "u1@a.test")),
        ("New@A.test", " U1@A.TEST ", ("new@a.test", "u1@a.test")),
        ("new@a.test", "u1@a.test\nx@far.test", ("new@a.test", "u1@a.test, x@far.test")),
        ("new@a.test", "u1@a.test, u2@a.test,u1@a.test", ("new@a.test", "u1@a.test, u2@a.test")),
        ("new@a.test", "u1@a.test x@far.test", ("new@a.test", "u1@a.test, x@far.test")),
        ("new@a.test", "f1@a.test", ("new@a.test", "f1@a.test")),
        ("new@a.test", "any@b.test", ("new@a.test", "any@b.test")),
        ("new@a.test", "relayed@a.test", ("new@a.test", "relayed@a.test")),
        ("new@a.test", "u1+tag@a.test", ("new@a.test", "u1+tag@a.test")),
        ("u1@a.test", "u1@a.test, x@far.test", ("u1@a.test", "u1@a.test, x@far.test")),
        ("@a.test", "u1@a.test", ("@a.test", "u1@a.test")),
        ("@c.test", "@a.test", ("@c.test", "@a.test")),
        ("new@a.test", "x@müller.example", ("new@a.test", "x@xn--mller-kva.example")),
        ("o'brien@a.test", "u1@a.test", ("o'brien@a.test", "u1@a.test")),
        ("new+tag@a.test", "u1@a.test", ("new+tag@a.test", "u1@a.test")),
    ],
)
def test_it_stores(world, root, source, destination, stored):
    create_forwarding(actor=root, source=source, destination=destination)
    row = Forwarding.objects.get(pk=stored[0])
    assert (row.source, row.destination) == stored


@pytest.mark.parametrize(
    ("source", "destination", "codes"),
    [
        ("", "u1@a.test", ["address.empty"]),
        ("new", "u1@a.test", ["address.no_at"]),
        ("new@a.test", "", ["destination.empty"]),
        ("new@a.test", " , \n ", ["destination.empty"]),
        ("new@a.test", "root", ["address.no_at"]),
        ("new@a.test", "|/bin/cat", ["destination.command"]),
        ("new@a.test", "/var/mail/x", ["destination.path"]),
        ("new@a.test", ":include:/etc/x", ["destination.include"]),
        ("new@a.test", "u1@a.test, @b.test", ["destination.domain_in_list"]),
        ("new@a.test", "@b.test", ["destination.domain_for_address"]),
        ("new@a.test", "é@far.test", ["local.non_ascii"]),
        ("f1@a.test", "u2@a.test", ["duplicate"]),
        ("a%b@a.test", "u1@a.test", ["local.routing"]),
        # loops of any length
        ("u9@a.test", "u9@a.test", ["dead_target"]),
        ("ch3b@a.test", "ch3b@a.test, u1@a.test", ["dead_target"]),
    ],
)
def test_it_refuses(world, root, refusal, source, destination, codes):
    before = Forwarding.objects.count()
    found = refusal(create_forwarding, actor=root, source=source, destination=destination)
    assert found == codes
    assert Forwarding.objects.count() == before


@pytest.mark.parametrize(
    ("forwardings", "source", "destination", "chain"),
    [
        ({"a@a.test": "b@a.test"}, "b@a.test", "a@a.test", ["a@a.test", "b@a.test"]),
        (
            {"a@a.test": "b@a.test", "b@a.test": "c@a.test"},
            "c@a.test",
            "a@a.test",
            ["a@a.test", "b@a.test", "c@a.test"],
        ),
        ({"@a.test": "x@b.test"}, "x@b.test", "y@a.test", ["x@b.test", "y@a.test"]),
        ({"@b.test": "@a.test"}, "@a.test", "@b.test", ["@a.test", "@b.test"]),
        ({"a@a.test": "b@a.test, u@a.test"}, "b@a.test", "a@a.test", ["a@a.test", "b@a.test"]),
        ({"p@b.test": "p@a.test"}, "@a.test", "@b.test", ["p@a.test", "p@b.test"]),
        (
            {"@b.test": "@c.test", "p@c.test": "p@a.test"},
            "@a.test",
            "@b.test",
            ["p@a.test", "p@b.test", "p@c.test"],
        ),
        ({}, "s@a.test", "s+x@a.test", ["s"]),
    ],
)
def test_it_refuses_a_loop_and_shows_it(rows, root, forwardings, source, destination, chain):
    rows(domains="a.test b.test c.test", mailboxes="u@a.test", forwardings=forwardings)
    with pytest.raises(ValidationError) as caught:
        create_forwarding(actor=root, source=source, destination=destination, force=True)
    errors = caught.value.error_dict["destination"]
    assert [error.code for error in errors] == ["loop"]
    text = " ".join(caught.value.messages)
    assert all(address in text for address in chain), text


def test_a_long_loop_is_found_and_shown(rows, root):
    links = {f"n{number}@a.test": f"n{number + 1}@a.test" for number in range(1, 40)}
    rows(domains="a.test", forwardings=links)
    with pytest.raises(ValidationError) as caught:
        create_forwarding(actor=root, source="n40@a.test", destination="n1@a.test", force=True)
    assert caught.value.error_dict["destination"][0].code == "loop"


@pytest.mark.parametrize(
    ("source", "destination", "codes"),
    [
        ("new@a.test", "nobody@a.test", ["dead_target"]),
        ("new@a.test", "u1@a.test, nobody@a.test", ["dead_target"]),
        ("new@a.test", "refused@a.test", ["dead_target"]),
        ("new@nowhere.test", "u1@a.test", ["no_domain"]),
        ("u1@a.test", "x@far.test", ["mail_taken_away"]),
        ("u1@a.test", "u2@a.test", ["mail_taken_away"]),
        ("new@nowhere.test", "nobody@a.test", ["no_domain", "dead_target"]),
    ],
)
def test_it_warns_until_forced(world, root, refusal, source, destination, codes):
    found = refusal(create_forwarding, actor=root, source=source, destination=destination)
    assert found == codes
    create_forwarding(actor=root, source=source, destination=destination, force=True)
    assert Forwarding.objects.filter(pk=source).exists()


def test_the_dead_address_is_named(world, root):
    with pytest.raises(ValidationError) as caught:
        create_forwarding(actor=root, source="new@a.test", destination="u1@a.test, nobody@a.test")
    assert "nobody@a.test" in " ".join(caught.value.messages)


def test_changing_checks_as_if_the_old_row_were_gone(world, root, refusal):
    change_forwarding(actor=root, key="ch2@a.test", source="ch2@a.test", destination="u1@a.test")
    assert Forwarding.objects.get(pk="ch2@a.test").destination == "u1@a.test"
    assert refusal(
        change_forwarding, actor=root, key="ch3@a.test", destination="ch3@a.test", force=False
    ) == ["dead_target"]
    change_forwarding(actor=root, key="ch3@a.test", source="ch4@a.test", destination="u2@a.test")
    assert not Forwarding.objects.filter(pk="ch3@a.test").exists()
    assert Forwarding.objects.get(pk="ch4@a.test").destination == "u2@a.test"
    assert refusal(
        change_forwarding,
        actor=root,
        key="ch4@a.test",
        source="f1@a.test",
        destination="u2@a.test",
    ) == ["duplicate"]


def test_a_form_open_in_two_tabs_saves_once(world, root):
    opened = state_of({"source": "f1@a.test", "destination": "u1@a.test"})
    change_forwarding(actor=root, key="f1@a.test", destination="u2@a.test", state=opened)
    with pytest.raises(ChangedMeanwhile) as caught:
        change_forwarding(actor=root, key="f1@a.test", destination="u1@a.test", state=opened)
    assert caught.value.current["destination"] == "u2@a.test"
    assert Forwarding.objects.get(pk="f1@a.test").destination == "u2@a.test"


def test_rows_that_sql_made_can_be_mended_and_deleted(rows, root):
    rows(domains="a.test", mailboxes="u1@a.test", forwardings={"Odd Süd@A.test": "nowhere"})
    change_forwarding(
        actor=root, key="Odd Süd@A.test", source="Odd Süd@A.test", destination="u1@a.test"
    )
    assert Forwarding.objects.get().destination == "u1@a.test"
    delete_forwarding(actor=root, key="Odd Süd@A.test")
    assert not Forwarding.objects.exists()


def test_a_domain_admin_stays_within_his_domains(world, refusal):
    bob = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
    for source in ("x@b.test", "@b.test", "x@far.test"):
        codes = refusal(
            create_forwarding, actor=bob, source=source, destination="u1@a.test", force=True
        )
        assert set(codes) & {"outside_domains", "duplicate"}, source
    create_forwarding(actor=bob, source="x@a.test", destination="x@far.test")
    assert {row.domain_name for row in Forwarding.objects.visible_to(bob)} == {"a.test"}


def test_each_change_is_logged_with_before_and_after(world, root):
    create_forwarding(actor=root, source="n@a.test", destination="u1@a.test")
    change_forwarding(actor=root, key="n@a.test", destination="u2@a.test")
    delete_forwarding(actor=root, key="n@a.test")
    assert [entry.changes for entry in Entry.objects.order_by("id")] == [
        {"source": [None, "n@a.test"], "destination": [None, "u1@a.test"]},
        {"destination": ["u1@a.test", "u2@a.test"]},
        {"source": ["n@a.test", None], "destination": ["u2@a.test", None]},
    ]
