"""Whoever's own forwarding was changed hears of it, whoever changed it and from where."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.owners import owner_of
from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.refusals import Refused
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.forwardings import (
    change_forwarding,
    create_forwarding,
    delete_forwarding,
)
from mailboxes.services.mailboxes import create_mailbox
from mailboxes.services.own import set_own_forwarding
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD
from tests.pages.reading import read
from undo.services import undo

from .conftest import ANNA, FAR

OPERATOR = Actor(ActorKind.SUPERADMIN, "alice", "198.51.100.9", domains=None)
COMMAND = Actor(ActorKind.COMMAND, "root", domains=None)
ELSEWHERE = "x@elsewhere.example"


def by_owner(actor: Actor) -> None:
    own = Actor(ActorKind.MAILBOX_OWNER, ANNA, "192.0.2.7")
    set_own_forwarding(actor=own, destination=ELSEWHERE, keep_copy=True)


def by_creating(actor: Actor) -> None:
    create_forwarding(actor=actor, source=ANNA, destination=ELSEWHERE, force=True)


def by_changing(actor: Actor) -> None:
    Forwarding.objects.create(source=ANNA, destination="old@elsewhere.example")
    change_forwarding(actor=actor, key=ANNA, destination=ELSEWHERE, force=True)


def by_moving_another_here(actor: Actor) -> None:
    Forwarding.objects.create(source="info@a.test", destination=ELSEWHERE)
    change_forwarding(
        actor=actor, key="info@a.test", source=ANNA, destination=ELSEWHERE, force=True
    )


def by_moving_it_away(actor: Actor) -> None:
    Forwarding.objects.create(source=ANNA, destination=ELSEWHERE)
    change_forwarding(
        actor=actor, key=ANNA, source="info@a.test", destination=ELSEWHERE, force=True
    )


def by_deleting(actor: Actor) -> None:
    Forwarding.objects.create(source=ANNA, destination=ELSEWHERE)
    delete_forwarding(actor=actor, key=ANNA)


def by_deleting_capitals(actor: Actor) -> None:
    Forwarding.objects.create(source="ANNA@a.test", destination=ELSEWHERE)
    delete_forwarding(actor=actor, key="ANNA@a.test")


OPERATORS_WAYS = [
    by_creating,
    by_changing,
    by_moving_another_here,
    by_moving_it_away,
    by_deleting,
    by_deleting_capitals,
]


@pytest.mark.parametrize("change", [by_owner, *OPERATORS_WAYS])
def test_the_mailbox_and_the_recovery_address_hear_of_it(
    recoverable: User, django_capture_on_commit_callbacks, change
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        change(OPERATOR)
    assert sorted(one.to[0] for one in mail.outbox) == [ANNA, FAR]
    (text,) = {one.body for one in mail.outbox}
    said = "by its owner, from the network address 192.0.2.7"
    assert (said in text) is (change is by_owner)
    assert ("by an operator" in text) is (change is not by_owner)
    # Neither where the mail goes nor who the operator is.
    for secret in ("elsewhere.example", "alice", "198.51.100.9"):
        assert secret not in text
    assert {one.subject for one in mail.outbox} == {f"The forwarding of {ANNA} was changed"}


def test_so_they_do_of_an_undo(recoverable: User, django_capture_on_commit_callbacks) -> None:
    by_creating(COMMAND)
    entry = Entry.objects.get(action="create_forwarding")
    with django_capture_on_commit_callbacks(execute=True):
        undo(actor=OPERATOR, entry_id=entry.pk)
    assert not Forwarding.objects.exists()
    assert sorted(one.to[0] for one in mail.outbox) == [ANNA, FAR]


@pytest.mark.parametrize("change", [by_creating, by_changing, by_deleting])
def test_commands_send_nothing(
    recoverable: User, django_capture_on_commit_callbacks, change
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        change(COMMAND)
    assert mail.outbox == []


def test_nobody_hears_of_what_is_no_mailboxs_own(
    recoverable: User, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        create_forwarding(actor=OPERATOR, source="info@a.test", destination=ANNA)
        create_forwarding(actor=OPERATOR, source="@b.test", destination=ANNA)
        create_mailbox(actor=OPERATOR, email="bert@a.test", password=PASSWORD)
    assert mail.outbox == []


def test_nor_of_what_was_refused(recoverable: User, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Refused):
        create_forwarding(actor=OPERATOR, source=ANNA, destination="no address", force=True)
    assert mail.outbox == []


def test_a_former_owners_address_hears_nothing(
    recoverable: User, django_capture_on_commit_callbacks
) -> None:
    Mailbox.objects.update(password=hash_password("by sql 12345", Scheme.SHA512_CRYPT, 5000))
    with django_capture_on_commit_callbacks(execute=True):
        by_creating(OPERATOR)
    assert [one.to[0] for one in mail.outbox] == [ANNA]


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (OPERATOR, "by an operator."),
        (COMMAND, "by an operator."),
        (None, "by you, from 127.0.0.1. If that was not you"),
    ],
)
def test_the_own_page_says_who_changed_it_last(owner: Client, actor, said) -> None:
    assert "Changed on" not in read(owner.get("/account/")).text
    if actor is None:
        owner.post("/account/forwarding/", {"destination": ELSEWHERE, "keep_copy": "on"})
    else:
        by_creating(actor)
    text = read(owner.get("/account/")).text
    assert said in text
    assert "alice" not in text


def test_the_own_page_says_nothing_of_a_former_owners_time(anna: Mailbox, signed_in) -> None:
    by_creating(OPERATOR)
    assert "Changed on" not in read(signed_in(owner_of(anna)).get("/account/")).text
