"""The forgotten password: a link by mail, a new password, and nothing told to strangers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import OneTimeLink, Recovery, User
from audit.models import Entry
from mailboxes.models import Mailbox, MailboxRecord
from mailboxes.services.mailboxes import (
    create_mailbox,
    delete_mailbox,
    resume_mailbox,
    set_mailbox_password,
    suspend_mailbox,
)
from mailkit.passwords import Scheme, hash_password, verify
from tests.conftest import PASSWORD
from tests.pages.reading import read

from .conftest import ANNA, FAR, NEW, last_link, links_in, passwords, token_of

DEAD = "This link does not work any more"


def stored() -> str:
    return Mailbox.objects.get(pk=ANNA).password or ""


# --- the whole way ---


def test_the_sign_in_page_leads_there(client, db):
    assert '<a href="/recover/">Forgot your password?</a>' in read(client.get("/login/")).html


def test_from_the_question_to_the_new_password(recoverable, client, signed_in):
    elsewhere = signed_in(recoverable)
    assert client.post("/recover/", {"address": ANNA})["Location"] == "/recover/sent/"
    assert "30 minutes" in read(client.get("/recover/sent/")).text
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([FAR], f"A new password for {ANNA}")
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    link = last_link()

    page = read(client.get(link))
    assert ANNA in page.text
    assert page.has("new_password1")
    answer = client.post(link, passwords())
    assert (answer.status_code, answer["Location"]) == (302, "/login/")

    assert verify(NEW, stored())
    assert elsewhere.get("/account/").status_code == 302, "all sessions end"
    assert client.post("/login/", {"username": ANNA, "password": NEW})["Location"] == "/account/"
    notices = mail.outbox[1:]
    assert sorted(one.to[0] for one in notices) == sorted([FAR, ANNA])
    for notice in notices:
        assert "127.0.0.1" in notice.body
        assert links_in(notice.body) == []
    entry = Entry.objects.get(action="recover_password")
    assert (entry.actor, entry.address, entry.object_key) == (ANNA, "127.0.0.1", ANNA)
    assert entry.changes["password"][1] == "{SHA512-CRYPT}, new"
    assert Entry.objects.filter(action="ask_for_recovery", actor="", object_key=ANNA).count() == 1


def test_the_second_factor_is_not_suspended_by_it(asked, client, recoverable):
    from accounts.owners import factors_suspended  # noqa: PLC0415

    client.post(asked(), passwords())
    user = User.objects.get(username=ANNA)
    assert user.pk == recoverable.pk
    assert not factors_suspended(user)
    assert Recovery.objects.get(user=user).address == FAR


@pytest.mark.parametrize("typed", ["Anna@A.test", f"  {ANNA} "])
def test_the_address_is_found_as_people_type_it(recoverable, client, typed):
    client.post("/recover/", {"address": typed})
    assert [one.to for one in mail.outbox] == [[FAR]]


def test_opening_the_link_does_not_use_it_up(asked, client):
    link = asked()
    for _ in range(3):
        assert read(client.get(link)).has("new_password1")
        client.head(link)
    assert client.post(link, passwords()).status_code == 302


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (passwords(new_password2="different"), "new_password2"),
        (passwords(""), "new_password1"),
        (passwords("a\tb long enough"), "new_password1"),
        (passwords("x" * 600), "new_password1"),
        ({}, "new_password1"),
    ],
)
def test_a_refused_password_leaves_the_link_whole(asked, client, data, field):
    link = asked()
    assert read(client.post(link, data)).is_invalid(field)
    assert verify(PASSWORD, stored())
    assert client.post(link, passwords()).status_code == 302


def test_a_common_password_is_warned_of(asked, client):
    link = asked()
    found = read(client.post(link, passwords("password1")))
    assert found.has("force")
    assert client.post(link, passwords("password1", force="on")).status_code == 302
    assert verify("password1", stored())


def test_a_password_is_suggested_without_javascript(asked, client):
    link = asked()
    found = read(client.post(link, {"generate": "1"}))
    password = found.value("new_password1")
    assert len(password) >= 16
    assert password in found.text
    assert verify(PASSWORD, stored())


# --- links that are dead ---


def by_operator(root):
    set_mailbox_password(actor=root, email=ANNA, password="a third horse 44")


def by_sql(root):
    Mailbox.objects.update(password=hash_password("a third horse 44", Scheme.SHA512_CRYPT, 5000))


def same_password_again(root):
    set_mailbox_password(actor=root, email=ANNA, password=PASSWORD)


def suspended(root):
    suspend_mailbox(actor=root, email=ANNA)


def deleted(root):
    delete_mailbox(actor=root, email=ANNA)


def made_anew_with_the_same_hash(root):
    before = stored()
    delete_mailbox(actor=root, email=ANNA)
    create_mailbox(actor=root, email=ANNA, password="a third horse 44")
    Mailbox.objects.update(password=before)


def somebody_elses(root):
    MailboxRecord.objects.update(identity="00000000-0000-4000-8000-000000000000")


def expired(root):
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def address_removed(root):
    Recovery.objects.all().delete()


def address_changed(root):
    Recovery.objects.update(address="x@far.example")


def disabled(root):
    User.objects.update(is_active=False)


def owner_gone(root):
    User.objects.all().delete()


@pytest.mark.parametrize(
    "event",
    [
        by_operator,
        by_sql,
        same_password_again,
        suspended,
        deleted,
        made_anew_with_the_same_hash,
        somebody_elses,
        expired,
        address_removed,
        address_changed,
        disabled,
        owner_gone,
    ],
)
def test_it_kills_the_link(asked, client, root, event):
    link = asked()
    event(root)
    before = Mailbox.objects.values_list("password", flat=True).first()
    sent = len(mail.outbox)
    assert DEAD in read(client.get(link)).text
    assert DEAD in read(client.post(link, passwords())).text
    assert Mailbox.objects.values_list("password", flat=True).first() == before
    assert len(mail.outbox) == sent


def test_a_link_works_once(asked, client):
    link = asked()
    assert client.post(link, passwords()).status_code == 302
    assert DEAD in read(client.post(link, passwords("a third horse 44"))).text
    assert DEAD in read(client.get(link)).text
    assert verify(NEW, stored())


def test_using_one_link_kills_the_others(asked, client):
    first, second = asked(), asked()
    assert first != second
    assert client.post(first, passwords()).status_code == 302
    assert DEAD in read(client.get(second)).text
    assert not OneTimeLink.objects.exists()


def test_a_resumed_mailbox_has_its_link_again(asked, client, root):
    """The hash is the same, and nobody else has got it in between."""
    link = asked()
    suspend_mailbox(actor=root, email=ANNA)
    resume_mailbox(actor=root, email=ANNA)
    assert client.post(link, passwords()).status_code == 302


@pytest.mark.parametrize(
    "token",
    ["", "x", "x" * 5000, "\x00", "\ud800", "é", "../..", "' OR 1=1 --", "{{ 7*7 }}"],
    ids=range(9),
)
@pytest.mark.parametrize("path", ["/recover/password/", "/invitation/", "/recover/confirm/"])
def test_no_other_token_opens_anything(asked, client, path, token):
    asked()
    query = {"token": token.encode("utf-8", "surrogatepass")}
    assert DEAD in read(client.get(path, query)).text
    assert DEAD in read(client.get(path)).text


def test_a_recovery_link_opens_no_other_page(asked, client):
    token = token_of(asked())
    assert DEAD in read(client.get("/invitation/", {"token": token})).text
    assert DEAD in read(client.get("/recover/confirm/", {"token": token})).text


@pytest.mark.parametrize("path", ["/recover/", "/recover/password/", "/invitation/"])
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client, db, path, method):
    assert getattr(client, method)(path).status_code == 405
    assert client.post("/recover/sent/").status_code == 405


def test_a_form_without_its_token_is_refused(asked):
    link = asked()
    assert Client(enforce_csrf_checks=True).post(link, passwords()).status_code == 403
    assert verify(PASSWORD, stored())


def test_the_page_of_a_link_is_not_kept_and_not_told_to_others(asked, client):
    answer = client.get(asked())
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "strict-origin"


# --- who gets no link ---


def no_recovery_address(root):
    Recovery.objects.all().delete()


def not_confirmed(root):
    Recovery.objects.update(address="", pending=FAR)


def hash_by_sql(root):
    Mailbox.objects.update(password=hash_password(NEW, Scheme.SHA512_CRYPT, 5000))


def no_password(root):
    Mailbox.objects.update(password="")


def another_identity(root):
    User.objects.update(identity="00000000-0000-4000-8000-000000000000")


def never_signed_in(root):
    User.objects.all().delete()


@pytest.mark.parametrize(
    "state",
    [
        no_recovery_address,
        not_confirmed,
        suspended,
        deleted,
        hash_by_sql,
        no_password,
        another_identity,
        never_signed_in,
        disabled,
    ],
)
def test_no_mail_is_sent_and_the_answer_is_the_same(recoverable, client, root, state):
    expected = client.post("/recover/", {"address": ANNA})
    mail.outbox.clear()
    state(root)
    answer = client.post("/recover/", {"address": ANNA})
    assert (answer.status_code, answer["Location"]) == (302, expected["Location"])
    assert mail.outbox == []


@pytest.mark.parametrize(
    "address",
    [ANNA, "nobody@a.test", "x@nowhere.example", "'; DROP TABLE users; --@a.test", "é@a.test", "@"],
)
def test_one_answer_word_for_word(recoverable, address):
    """Also the page before it, which a second request shows."""
    pages = []
    for one in (ANNA, address):
        client = Client()
        answer = client.post("/recover/", {"address": one})
        assert answer.content == b""
        # The clock has nothing to do with the address.
        headers = {name: value for name, value in answer.headers.items() if name != "Expires"}
        pages.append((headers, read(client.get(answer["Location"])).text))
    first, second = pages
    assert first == second


@pytest.mark.parametrize("address", ["", "   ", "alice", "x" * 1001])
def test_what_is_no_address_is_said_at_its_field(recoverable, client, address):
    assert read(client.post("/recover/", {"address": address})).is_invalid("address")
    assert mail.outbox == []


def test_the_answer_is_given_before_anybody_looks(recoverable, client, monkeypatch):
    """So its time cannot depend on whether there is such a mailbox."""
    from accounts import background  # noqa: PLC0415

    jobs = []
    monkeypatch.setattr(background, "start", jobs.append)
    monkeypatch.setattr(Mailbox.objects, "by_key", None)
    for address in (ANNA, "nobody@a.test"):
        assert client.post("/recover/", {"address": address}).status_code == 302
    assert len(jobs) == 2
    monkeypatch.undo()
    assert not OneTimeLink.objects.exists()


def test_a_link_that_is_wrong_for_its_owner_now_sends_nothing(asked, client, root):
    """Confirmed again by an operator, the old link is dead all the same: the hash is another."""
    from accounts.confirming import confirm_factors  # noqa: PLC0415

    link = asked()
    hash_by_sql(root)
    confirm_factors(actor=root, email=ANNA)
    assert DEAD in read(client.get(link)).text
