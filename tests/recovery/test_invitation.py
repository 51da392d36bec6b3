"""An operator hands out a link instead of a password; the owner chooses."""

from __future__ import annotations

import re
import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone

from accounts.models import Grant, OneTimeLink, User
from accounts.recovery import invite_owner
from audit.actor import Actor, ActorKind
from audit.models import Entry
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import suspend_mailbox
from mailkit.passwords import verify
from tests.conftest import PASSWORD
from tests.pages.reading import read

from .conftest import ANNA, NEW, last_link, links_in, passwords

PATH = "/mailboxes/anna@a.test/invite/"
DEAD = "This link does not work any more"


@pytest.fixture
def admin(superadmin, signed_in) -> Client:
    return signed_in(superadmin)


def handed_out(client: Client, path: str = PATH) -> str:
    """The link that the page shows, as path and query."""
    found = re.search(r'value="http://testserver(/invitation/[^"]+)"', read(client.post(path)).html)
    assert found
    return found.group(1)


def test_the_mailbox_page_leads_there(anna, admin):
    assert f'href="{PATH}"' in read(admin.get("/mailboxes/anna@a.test/")).html


def test_the_link_is_shown_once_and_the_owner_chooses(anna, admin, client, superadmin):
    assert "token=" not in read(admin.get(PATH)).html
    answer = admin.post(PATH)
    assert "no-store" in answer["Cache-Control"]
    link = handed_out(admin)
    assert "token=" not in read(admin.get(PATH)).html

    assert ANNA in read(client.get(link)).text
    assert client.post(link, passwords())["Location"] == "/login/"
    assert verify(NEW, Mailbox.objects.get().password)
    assert DEAD in read(client.get(link)).text
    entries = Entry.objects.filter(object_key=ANNA).order_by("pk").values_list("action", "actor")
    assert list(entries)[-3:] == [
        ("invite_owner", "alice"),
        ("invite_owner", "alice"),
        ("accept_invitation", ANNA),
    ]
    assert [one.to for one in mail.outbox] == [[ANNA]], "the mailbox itself hears of it"


def test_it_is_sent_to_an_address(anna, admin, client, config):
    config(mail_hostname="mail.example.org")
    answer = admin.post(PATH, {"address": "anna@far.example"})
    assert answer["Location"] == "/mailboxes/anna@a.test/"
    (message,) = mail.outbox
    assert message.to == ["anna@far.example"]
    for text in ("mail.example.org", "993", "587", ANNA, "7 days"):
        assert text in message.body
    assert client.post(last_link(), passwords()).status_code == 302
    entry = Entry.objects.get(action="invite_owner")
    assert entry.changes == {"link": [None, "sent"]}


@pytest.mark.parametrize("address", ["no address", ANNA, "x@far.example, y@far.example", "x@"])
def test_a_wrong_address_is_said_and_no_link_is_made(anna, admin, address):
    found = read(admin.post(PATH, {"address": address}))
    assert found.is_invalid("address")
    assert "token=" not in found.html
    assert mail.outbox == []
    assert not OneTimeLink.objects.exists()


def test_a_mail_that_cannot_be_sent_leaves_the_link_to_hand_out(anna, admin, monkeypatch):
    def refuse(*_: object) -> int:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    found = read(admin.post(PATH, {"address": "anna@far.example"}))
    assert "could not be sent" in found.text
    assert links_in(found.html)


def test_it_is_valid_for_seven_days(anna, admin, client):
    link = handed_out(admin)
    left = OneTimeLink.objects.get().expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    OneTimeLink.objects.update(expires_at=timezone.now())
    assert DEAD in read(client.get(link)).text


def test_another_link_kills_the_first(anna, admin, client):
    first, second = handed_out(admin), handed_out(admin)
    assert DEAD in read(client.get(first)).text
    assert client.post(second, passwords()).status_code == 302


@pytest.mark.parametrize("how", ["suspended", "by sql", "changed by its owner", "deleted"])
def test_it_dies_with_any_change(anna, admin, client, root, owner, how):
    link = handed_out(admin)
    if how == "suspended":
        suspend_mailbox(actor=root, email=ANNA)
    elif how == "by sql":
        Mailbox.objects.update(password="{PLAIN}x")
    elif how == "deleted":
        Mailbox.objects.all().delete()
    else:
        data = {"old_password": PASSWORD, **passwords("a third horse 44")}
        assert owner.post("/account/password/", data).status_code == 302
    assert DEAD in read(client.get(link)).text
    assert DEAD in read(client.post(link, passwords())).text


def test_a_suspended_mailbox_gets_none(anna, admin, root):
    suspend_mailbox(actor=root, email=ANNA)
    assert PATH not in read(admin.get("/mailboxes/anna@a.test/")).html
    found = read(admin.post(PATH))
    assert "resume it first" in found.text
    assert not OneTimeLink.objects.exists()


def test_a_mailbox_without_password_may_be_invited(anna, admin, client):
    Mailbox.objects.update(password="")
    assert client.post(handed_out(admin), passwords()).status_code == 302
    assert verify(NEW, Mailbox.objects.get().password)


def test_who_may(anna, domain_admin, signed_in, client, owner):
    eve = User.objects.create(username="eve")
    Grant.objects.create(user=eve, domain="b.test")
    for method in ("get", "post"):
        assert getattr(client, method)(PATH)["Location"].startswith("/login/")
        assert getattr(owner, method)(PATH).status_code == 403
        assert getattr(signed_in(eve), method)(PATH).status_code == 404
    assert not OneTimeLink.objects.exists()
    bob = signed_in(domain_admin)
    assert handed_out(bob)
    assert bob.put(PATH).status_code == 405
    assert bob.post("/mailboxes/nobody@a.test/invite/").status_code == 404


@pytest.mark.parametrize(
    "actor",
    [
        Actor(ActorKind.NOBODY),
        Actor(ActorKind.MAILBOX_OWNER, ANNA),
        Actor(ActorKind.DOMAIN_ADMIN, "eve", domains=frozenset({"b.test"})),
    ],
)
def test_the_service_refuses_others(anna, actor):
    from django.core.exceptions import PermissionDenied  # noqa: PLC0415

    with pytest.raises(PermissionDenied):
        invite_owner(actor=actor, email=ANNA)


# --- a new mailbox whose owner chooses the password ---


def test_a_mailbox_is_added_without_a_password(anna, admin, client):
    assert 'name="invite"' in read(admin.get("/mailboxes/add/")).html
    answer = admin.post("/mailboxes/add/", {"email": "bert@a.test", "invite": "on"})
    assert (answer.status_code, answer["Location"]) == (302, "/mailboxes/bert@a.test/invite/")
    stored = Mailbox.objects.get(pk="bert@a.test").password
    assert stored.startswith("{SHA512-CRYPT}$6$")
    assert not verify("", stored)
    link = handed_out(admin, "/mailboxes/bert@a.test/invite/")
    assert client.post(link, passwords()).status_code == 302
    assert verify(NEW, Mailbox.objects.get(pk="bert@a.test").password)


def test_what_is_typed_as_a_password_does_not_count_then(anna, admin):
    data = {"email": "bert@a.test", "invite": "on", "password1": "123456", "password2": "other"}
    assert admin.post("/mailboxes/add/", data).status_code == 302
    assert not verify("123456", Mailbox.objects.get(pk="bert@a.test").password)


def test_the_first_password_is_another_one_each_time_and_stands_nowhere(anna, admin, caplog):
    for name in ("bert", "carl"):
        answer = admin.post("/mailboxes/add/", {"email": f"{name}@a.test", "invite": "on"})
        assert b"password" not in answer.content
    hashes = set(Mailbox.objects.values_list("password", flat=True))
    assert len(hashes) == 3


@pytest.mark.parametrize("email", ["bad", ANNA, ""])
def test_a_refused_address_is_said_and_the_tick_stays(anna, admin, email):
    found = read(admin.post("/mailboxes/add/", {"email": email, "invite": "on"}))
    assert found.is_invalid("email")
    box = found.html[found.html.rindex("<input", 0, found.html.index('name="invite"')) :]
    assert "checked" in box[: box.index(">")]
