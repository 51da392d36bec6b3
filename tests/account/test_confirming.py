"""After a password change by SQL: the owner, or an operator, says whether the owner is the same."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts import confirming, signing_in
from accounts.models import Grant, OneTimeLink, Recovery, User
from accounts.owners import factors_suspended
from accounts.sessions import sessions_of
from audit.actor import Actor, ActorKind
from audit.models import Entry
from mailboxes.models import Mailbox
from mailkit.passwords import Scheme, hash_password
from tests.pages.reading import read

from .conftest import ANNA

NEW = "another horse 43 battery"
NOTE = "Your password was changed outside this panel"


def me_now() -> User:
    return User.objects.get(username=ANNA)


@pytest.fixture
def suspended(owner) -> Client:
    """Anna, signed in with a password that SQL set; she has a recovery address."""
    Recovery.objects.create(user=me_now(), address="anna@far.example")
    Mailbox.objects.update(password=hash_password(NEW, Scheme.SHA512_CRYPT, 5000))
    client = Client()
    assert client.post("/login/", {"username": ANNA, "password": NEW}).status_code == 302
    assert factors_suspended(me_now())
    return client


def test_nothing_is_asked_where_nothing_happened(owner):
    assert NOTE not in read(owner.get("/account/")).text
    assert owner.get("/account/confirm/")["Location"] == "/account/"
    assert owner.post("/account/confirm/remove/", {"password": "x"})["Location"] == "/account/"


def test_the_owner_confirms_with_the_present_password(suspended):
    assert NOTE in read(suspended.get("/account/")).text
    answer = suspended.post("/account/confirm/", {"password": NEW})
    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert not factors_suspended(me_now())
    assert NOTE not in read(suspended.get("/account/")).text
    assert Recovery.objects.get().address == "anna@far.example"
    entry = Entry.objects.get(action="confirm_owner")
    assert (entry.actor, entry.object_type, entry.object_key) == (ANNA, "owner", ANNA)
    assert entry.domain == "a.test"


@pytest.mark.parametrize("path", ["/account/confirm/", "/account/confirm/remove/"])
@pytest.mark.parametrize("password", ["", "wrong", "a long enough secret 7"])
def test_another_password_changes_nothing(suspended, path, password):
    found = read(suspended.post(path, {"password": password}))
    assert found.is_invalid("password")
    assert "This is not your password." in found.text
    assert factors_suspended(me_now())
    assert Recovery.objects.exists()
    assert "no-store" in found.response["Cache-Control"]


def test_the_owner_removes_what_is_a_former_owners(suspended):
    elsewhere = Client()
    elsewhere.post("/login/", {"username": ANNA, "password": NEW})
    former = me_now()
    OneTimeLink.objects.create(
        purpose="recover",
        digest="x",
        email=ANNA,
        identity=former.identity,
        hash_digest="x",
        expires_at="2126-01-01T00:00Z",
    )
    answer = suspended.post(
        "/account/confirm/remove/",
        {"password": NEW},
        REMOTE_ADDR="192.0.2.7",
        headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"},
    )
    assert answer.status_code == 302
    assert me_now().pk != former.pk
    assert not factors_suspended(me_now())
    assert not Recovery.objects.exists()
    assert not OneTimeLink.objects.exists()
    assert suspended.get("/account/").status_code == 200, "this session goes on"
    assert elsewhere.get("/account/").status_code == 302, "the others are the former owner's"
    assert Entry.objects.filter(action="remove_factors", actor=ANNA).count() == 1
    (shown,) = sessions_of(me_now(), suspended.session.session_key)
    assert (shown.network, shown.browser, shown.is_this) == ("192.0.2.7", "Firefox, Linux", True)
    assert suspended.session[signing_in.METHOD] == "password"


def test_the_confirming_page_opens_by_its_address(suspended):
    assert NOTE in read(suspended.get("/account/confirm/")).text


# --- operators ---


@pytest.fixture
def admin(superadmin, signed_in) -> Client:
    return signed_in(superadmin)


def test_an_operator_confirms_on_the_mailbox_page(suspended, admin):
    page = "/mailboxes/anna@a.test/"
    assert "confirm-owner" in read(admin.get(page)).html
    answer = admin.post(page + "confirm-owner/")
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert not factors_suspended(me_now())
    assert "confirm-owner" not in read(admin.get(page)).html
    assert Entry.objects.get(action="confirm_owner").actor == "alice"


def test_an_operator_removes_on_the_mailbox_page(suspended, admin):
    former = me_now().pk
    assert admin.post("/mailboxes/anna@a.test/remove-factors/").status_code == 302
    assert me_now().pk != former
    assert not Recovery.objects.exists()
    assert suspended.get("/account/").status_code == 302


def test_a_mailbox_whose_owner_never_signed_in_shows_nothing(anna, admin):
    Mailbox.objects.update(password="{PLAIN}x")
    assert "confirm-owner" not in read(admin.get("/mailboxes/anna@a.test/")).html


@pytest.mark.parametrize("act", ["confirm-owner", "remove-factors"])
def test_who_may(suspended, domain_admin, signed_in, client, act):
    path = f"/mailboxes/anna@a.test/{act}/"
    eve = User.objects.create(username="eve")
    Grant.objects.create(user=eve, domain="b.test")
    assert client.post(path)["Location"].startswith("/login/")
    assert suspended.post(path).status_code == 403
    assert signed_in(eve).post(path).status_code == 404
    assert factors_suspended(me_now())
    bob = signed_in(domain_admin)
    assert bob.get(path).status_code == 405
    assert bob.post(path).status_code == 302
    assert not factors_suspended(me_now())


@pytest.mark.parametrize("service", [confirming.confirm_factors, confirming.remove_factors])
@pytest.mark.parametrize(
    "actor",
    [
        Actor(ActorKind.NOBODY),
        Actor(ActorKind.MAILBOX_OWNER, "bert@a.test"),
        Actor(ActorKind.DOMAIN_ADMIN, "eve", domains=frozenset({"b.test"})),
    ],
)
def test_the_services_refuse_others(anna, service, actor):
    with pytest.raises(PermissionDenied):
        service(actor=actor, email=ANNA)
