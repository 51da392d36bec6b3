"""No refusal and no warning tells where rows of other people's domains lead."""

from __future__ import annotations

import time

import pytest
from django.core.exceptions import ValidationError

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.recent import SESSION_KEY
from domains.models import Domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.forwardings import create_forwarding
from mailboxes.services.mailboxes import create_mailbox
from mailboxes.services.own import set_own_forwarding
from tests.conftest import PASSWORD
from undo.services import undo

BOB = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
SECRET = "merger@c.test"


@pytest.fixture
def world(db: None, root: Actor) -> None:
    for name in ("a.test", "b.test", "c.test"):
        Domain.objects.create(domain=name)
    create_mailbox(actor=root, email="anna@a.test", password=PASSWORD)


def said(call, **fields: object) -> str:
    with pytest.raises(ValidationError) as caught:
        call(**fields)
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("rows", "typed"),
    [
        ({"x@b.test": SECRET, SECRET: "info@a.test"}, "x@b.test"),
        ({"x@b.test": SECRET}, "x@b.test"),
        ({"x@b.test": f"y@b.test, {SECRET}", "y@b.test": "z@c.test"}, "anna@a.test, x@b.test"),
        ({"@b.test": SECRET}, "anything@b.test"),
    ],
)
def test_a_forwarding_to_another_domain(world, root, rows, typed) -> None:
    for source, destination in rows.items():
        Forwarding.objects.create(source=source, destination=destination)
    fields = {"source": "info@a.test", "destination": typed}
    mine = said(create_forwarding, actor=BOB, **fields)
    assert "c.test" not in mine
    assert "another domain" in mine
    assert SECRET in said(create_forwarding, actor=root, **fields), "who may see it is told"


def test_an_owner_s_own_forwarding(world) -> None:
    Forwarding.objects.create(source="x@b.test", destination=SECRET)
    anna = Actor(ActorKind.MAILBOX_OWNER, "anna@a.test")
    text = said(set_own_forwarding, actor=anna, destination="x@b.test", keep_copy=True)
    assert "c.test" not in text


def test_what_somebody_has_typed_is_named(world) -> None:
    fields = {"source": "info@a.test", "destination": "nobody@b.test"}
    assert "nobody@b.test" in said(create_forwarding, actor=BOB, **fields)


def test_a_new_mailbox_whose_mail_goes_elsewhere(world) -> None:
    Forwarding.objects.create(source="new@a.test", destination=SECRET)
    text = said(create_mailbox, actor=BOB, email="new@a.test", password=PASSWORD)
    assert "merger" not in text


def test_undo_of_a_mailbox_that_others_lead_to(world, root) -> None:
    create_mailbox(actor=root, email="new@a.test", password=PASSWORD)
    Forwarding.objects.create(source=SECRET, destination="new@a.test")
    entry = Entry.objects.filter(object_key="new@a.test").get()
    assert "merger" not in said(undo, actor=BOB, entry_id=entry.pk)
    assert SECRET in said(undo, actor=root, entry_id=entry.pk)
    assert Mailbox.objects.filter(pk="new@a.test").exists()


def test_django_admin_s_page_before_deleting(world, domain_admin, client_of) -> None:
    Forwarding.objects.create(source=SECRET, destination="anna@a.test")
    client = client_of(domain_admin)
    session = client.session
    session[SESSION_KEY] = time.time()
    session.save()
    page = client.get("/admin/mailboxes/mailbox/anna_40a.test/delete/").content.decode()
    assert "an address in another domain" in page
    assert "merger" not in page
