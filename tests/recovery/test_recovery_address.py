"""An owner names a recovery address; it counts once the link sent there is opened and clicked."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone

from accounts.link_requests import MOST_FOR_A_NAME
from accounts.models import OneTimeLink, Recovery, User
from audit.models import Entry
from mailboxes.models import Mailbox
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD
from tests.pages.reading import read

from .conftest import ANNA, FAR, last_link

PATH = "/account/recovery/"
DEAD = "This link does not work any more"


def name_it(owner: Client, address: str = FAR, password: str = PASSWORD):
    return owner.post(PATH, {"address": address, "password": password})


def now() -> tuple[str, str]:
    row = Recovery.objects.get(user__username=ANNA)
    return row.address, row.pending


def test_named_mailed_and_confirmed(owner):
    assert "Set a recovery address" in read(owner.get("/account/")).text
    answer = name_it(owner, " Anna@Far.Example ")
    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert now() == ("", FAR)
    assert "not confirmed" in read(owner.get("/account/")).text
    (message,) = mail.outbox
    assert message.to == [FAR]
    assert ANNA in message.subject

    # On another device, where nobody is signed in.
    stranger, link = Client(), last_link()
    page = read(stranger.get(link))
    assert FAR in page.text
    assert now() == ("", FAR), "opening the link alone confirms nothing"
    assert stranger.post(link)["Location"] == "/login/"
    assert now() == (FAR, "")
    assert FAR in read(owner.get("/account/")).text
    assert {one.to[0] for one in mail.outbox[1:]} == {FAR, ANNA}
    actions = list(Entry.objects.filter(object_type="owner").values_list("action", "actor"))
    assert sorted(actions) == [("confirm_recovery_address", ANNA), ("set_recovery_address", ANNA)]
    assert not Entry.objects.filter(changes__icontains="far.example").exists(), "private"
    assert DEAD in read(stranger.post(link)).text


@pytest.mark.parametrize(
    ("address", "password", "field"),
    [
        (FAR, "wrong", "password"),
        (FAR, "", "password"),
        ("", PASSWORD, "address"),
        ("no address", PASSWORD, "address"),
        (ANNA, PASSWORD, "address"),
        ("ANNA@A.TEST", PASSWORD, "address"),
        ("anna+x@a.test", PASSWORD, "address"),
        ("info@a.test", PASSWORD, "address"),
        ("chain@a.test", PASSWORD, "address"),
        ("anybody@b.test", PASSWORD, "address"),
        ("round@a.test", PASSWORD, "address"),
        ("Anna <anna@far.example>", PASSWORD, "address"),
        ("anna@far.example, x@far.example", PASSWORD, "address"),
    ],
)
def test_what_is_refused(owner, forwardings, address, password, field):
    forwardings(
        {
            "info@a.test": f"x@far.example, {ANNA}",
            "chain@a.test": "info@a.test",
            "@b.test": ANNA,
            "round@a.test": "turn@a.test",
            "turn@a.test": "round@a.test",
        }
    )
    found = read(name_it(owner, address, password))
    assert found.is_invalid(field)
    assert mail.outbox == []
    assert not Recovery.objects.exists()


def test_another_mailbox_of_this_server_may_be_one(owner):
    Mailbox.objects.create(email="bert@a.test", password="x")
    assert name_it(owner, "bert@a.test").status_code == 302


def test_the_former_address_counts_until_the_new_one_is_confirmed(recoverable, signed_in):
    owner = signed_in(recoverable)
    name_it(owner, "new@far.example")
    assert now() == (FAR, "new@far.example")
    link = last_link()
    Client().post("/recover/", {"address": ANNA})
    assert mail.outbox[-1].to == [FAR]
    former_recovery = last_link()
    mail.outbox.clear()
    Client().post(link)
    assert now() == ("new@far.example", "")
    told = {one.to[0] for one in mail.outbox}
    assert told == {FAR, "new@far.example", ANNA}, "the former one hears of it"
    assert DEAD in read(Client().get(former_recovery)).text


def test_naming_another_one_kills_the_first_link(owner):
    name_it(owner, "one@far.example")
    first = last_link()
    name_it(owner, "two@far.example")
    assert DEAD in read(Client().get(first)).text
    Client().post(last_link())
    assert now() == ("two@far.example", "")


def test_the_same_address_again_is_said(recoverable, signed_in):
    assert read(name_it(signed_in(recoverable))).is_invalid("address")


def test_a_password_change_kills_the_link(owner):
    name_it(owner)
    Mailbox.objects.update(password=hash_password("x" * 12, Scheme.SHA512_CRYPT, 5000))
    assert DEAD in read(Client().post(last_link())).text
    assert now() == ("", FAR)


def test_a_day_later_the_link_is_dead(owner):
    name_it(owner)
    left = OneTimeLink.objects.get().expires_at - timezone.now()
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    OneTimeLink.objects.update(expires_at=timezone.now())
    assert DEAD in read(Client().post(last_link())).text


def test_it_is_removed_with_the_password(recoverable, signed_in):
    owner = signed_in(recoverable)
    path = PATH + "remove/"
    assert read(owner.post(path, {"password": "wrong"})).is_invalid("password")
    assert now() == (FAR, "")
    assert owner.post(path, {"password": PASSWORD})["Location"] == "/account/"
    assert not Recovery.objects.exists()
    assert {one.to[0] for one in mail.outbox} == {FAR, ANNA}
    assert Entry.objects.filter(action="remove_recovery_address", actor=ANNA).count() == 1


def test_removing_kills_the_links(recoverable, signed_in):
    owner = signed_in(recoverable)
    Client().post("/recover/", {"address": ANNA})
    link = last_link()
    owner.post(PATH + "remove/", {"password": PASSWORD})
    assert DEAD in read(Client().get(link)).text


def test_while_factors_are_suspended_it_is_refused(recoverable):
    Mailbox.objects.update(password=hash_password("x" * 12, Scheme.SHA512_CRYPT, 5000))
    owner = Client()
    owner.post("/login/", {"username": ANNA, "password": "x" * 12})
    found = read(name_it(owner, "new@far.example", "x" * 12))
    assert "confirm first that you are the same" in found.text
    assert now() == (FAR, "")
    assert mail.outbox == []


def test_so_many_mails_an_hour(owner):
    for number in range(MOST_FOR_A_NAME):
        assert name_it(owner, f"x{number}@far.example").status_code == 302
    found = read(name_it(owner, "one-more@far.example"))
    assert "several mails within the hour" in found.text
    assert len(mail.outbox) == MOST_FOR_A_NAME


def test_a_mail_that_cannot_be_sent_is_said(owner, monkeypatch, caplog):
    def refuse(*_: object) -> int:
        raise smtplib.SMTPRecipientsRefused({FAR: (550, b"no")})

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    name_it(owner)
    assert "could not be sent" in read(owner.get("/account/")).text
    assert "SMTPRecipientsRefused" in caplog.text
    assert FAR not in caplog.text


def test_it_goes_with_the_owner(recoverable, root):
    from mailboxes.services.mailboxes import create_mailbox, delete_mailbox  # noqa: PLC0415

    delete_mailbox(actor=root, email=ANNA)
    create_mailbox(actor=root, email=ANNA, password="another horse 43")
    stranger = Client()
    stranger.post("/login/", {"username": ANNA, "password": "another horse 43"})
    assert FAR not in read(stranger.get("/account/")).html
    assert not Recovery.objects.exists()
    assert User.objects.filter(username=ANNA).count() == 1
