"""A mailbox owner sends the mail to the own address elsewhere, with or without a copy kept."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.refusals import ChangedMeanwhile, NeedsConfirmation, Refused, codes_of
from domains.models import Domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.own import MOST_DESTINATIONS, own_forwarding, set_own_forwarding

from .conftest import ANNA

FAR = "anna@far.example"


def stored(source: str = ANNA) -> str | None:
    row = Forwarding.objects.filter(pk=source).first()
    return row.destination if row else None


@pytest.mark.parametrize(
    ("before", "typed", "keep_copy", "after", "action"),
    [
        (None, FAR, True, f"{ANNA}, {FAR}", "create_forwarding"),
        (None, FAR, False, FAR, "create_forwarding"),
        (None, f"{FAR}\nx@far.example", True, f"{ANNA}, {FAR}, x@far.example", "create_forwarding"),
        (FAR, FAR, True, f"{ANNA}, {FAR}", "change_forwarding"),
        (f"{ANNA}, {FAR}", FAR, False, FAR, "change_forwarding"),
        (f"{ANNA}, {FAR}", "", True, None, "delete_forwarding"),
        (FAR, "", False, None, "delete_forwarding"),
        (FAR, " \n ", False, None, "delete_forwarding"),
        # Typed itself, so it keeps a copy whatever the box says.
        (None, f"{ANNA}, {FAR}", False, f"{ANNA}, {FAR}", "create_forwarding"),
        (f"{FAR}, {ANNA}", ANNA, False, None, "delete_forwarding"),
        (None, "Anna@Far.Example", False, FAR, "create_forwarding"),
        (None, "", True, None, None),
        (f"{ANNA}, {FAR}", FAR, True, f"{ANNA}, {FAR}", None),
    ],
)
def test_what_is_written(me, forwardings, before, typed, keep_copy, after, action):
    forwardings({ANNA: before} if before else {})
    set_own_forwarding(actor=me, destination=typed, keep_copy=keep_copy)
    assert stored() == after
    entries = list(Entry.objects.filter(object_type="forwarding"))
    if action is None:
        assert entries == []
        return
    (entry,) = entries
    assert (entry.action, entry.actor, entry.object_key) == (action, ANNA, ANNA)
    assert (entry.domain, entry.address) == ("a.test", "192.0.2.7")
    assert entry.changes["destination"] == [before, after]


@pytest.mark.parametrize(
    ("destination", "keep_copy", "code"),
    [
        ("no address", True, "address.no_at"),
        ("x@", True, "domain.empty"),
        ("@b.test", False, "destination.domain_for_address"),
        ("|/bin/sh", True, "destination.command"),
        ("/var/mail/x", True, "destination.path"),
        ("round@a.test", False, "loop"),
        ("round@a.test\nx@far.example", True, "loop"),
        (
            "\n".join(f"x{n}@far.example" for n in range(MOST_DESTINATIONS)),
            True,
            "too_many_destinations",
        ),
        ("x@far.example\r\nBcc: y@far.example", True, "address.no_at"),
    ],
)
def test_what_is_refused(me, forwardings, destination, keep_copy, code):
    forwardings(
        {"round@a.test": ANNA if not keep_copy else "turn@a.test", "turn@a.test": "round@a.test"}
    )
    with pytest.raises(Refused) as caught:
        set_own_forwarding(actor=me, destination=destination, keep_copy=keep_copy, force=True)
    assert code in codes_of(caught.value)
    assert set(caught.value.error_dict) == {"destination"}
    assert stored() is None


def test_a_dead_end_is_warned_of_and_may_be_forced(me):
    with pytest.raises(NeedsConfirmation) as caught:
        set_own_forwarding(actor=me, destination="nobody@b.test", keep_copy=True)
    assert codes_of(caught.value) == ["dead_target"]
    set_own_forwarding(actor=me, destination="nobody@b.test", keep_copy=True, force=True)
    assert stored() == f"{ANNA}, nobody@b.test"


def test_taking_the_mail_away_from_the_mailbox_needs_no_force(me):
    set_own_forwarding(actor=me, destination=FAR, keep_copy=False)
    assert stored() == FAR


def test_a_row_with_more_destinations_than_allowed_may_keep_them(me, forwardings):
    many = [f"x{n}@far.example" for n in range(MOST_DESTINATIONS + 5)]
    forwardings({ANNA: ", ".join(many)})
    set_own_forwarding(actor=me, destination="\n".join(many[:-1]), keep_copy=True)
    assert stored() == ", ".join([ANNA, *many[:-1]])
    with pytest.raises(Refused):
        set_own_forwarding(
            actor=me, destination="\n".join([*many, "y@far.example"]), keep_copy=True
        )


def test_a_row_written_in_capitals_by_sql_stays_one_row(me, forwardings):
    forwardings({ANNA: f"{ANNA.upper()} {FAR}"})
    assert own_forwarding(ANNA).others == [FAR]
    assert own_forwarding(ANNA).keeps_copy
    set_own_forwarding(actor=me, destination=FAR, keep_copy=False)
    assert stored() == FAR
    assert Forwarding.objects.count() == 1


def test_a_row_changed_meanwhile_is_not_overwritten(me, forwardings):
    opened = own_forwarding(ANNA)
    forwardings({ANNA: "x@far.example"})
    with pytest.raises(ChangedMeanwhile) as caught:
        set_own_forwarding(actor=me, destination=FAR, keep_copy=True, state=opened.state)
    assert caught.value.current == {"destination": "x@far.example"}
    now = own_forwarding(ANNA).state
    set_own_forwarding(actor=me, destination=FAR, keep_copy=True, state=now)
    assert stored() == f"{ANNA}, {FAR}"


@pytest.mark.parametrize("kind", [k for k in ActorKind if k is not ActorKind.MAILBOX_OWNER])
def test_nobody_else_may(anna, kind):
    with pytest.raises(PermissionDenied):
        set_own_forwarding(actor=Actor(kind, ANNA, domains=None), destination=FAR, keep_copy=True)


def test_an_owner_may_not_where_it_is_switched_off(me, config):
    config(owners_may_forward=False)
    with pytest.raises(PermissionDenied):
        set_own_forwarding(actor=me, destination=FAR, keep_copy=True)
    assert stored() is None


def test_an_owner_whose_mailbox_is_gone_writes_nothing(me):
    Mailbox.objects.all().delete()
    with pytest.raises(Mailbox.DoesNotExist):
        set_own_forwarding(actor=me, destination=FAR, keep_copy=True)
    assert stored() is None


def test_an_address_that_cannot_be_a_source_is_refused_in_words(db, root):
    Domain.objects.create(domain="a.test")
    Mailbox.objects.create(email="an%na@a.test", password="x")
    actor = Actor(ActorKind.MAILBOX_OWNER, "an%na@a.test")
    with pytest.raises(ValidationError) as caught:
        set_own_forwarding(actor=actor, destination=FAR, keep_copy=True)
    assert codes_of(caught.value) == ["local.routing"]


@pytest.mark.parametrize(
    ("destination", "others", "keeps_copy"),
    [
        (None, [], True),
        ("", [], True),
        (ANNA, [], True),
        (FAR, [FAR], False),
        (f"{FAR}, {ANNA}", [FAR], True),
        ("x@far.example y@far.example", ["x@far.example", "y@far.example"], False),
    ],
)
def test_how_a_row_is_read(anna, forwardings, destination, others, keeps_copy):
    forwardings({} if destination is None else {ANNA: destination})
    found = own_forwarding(ANNA)
    assert (found.others, found.keeps_copy) == (others, keeps_copy)
