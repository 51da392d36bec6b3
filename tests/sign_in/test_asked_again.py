"""Dangerous acts ask who is there once the sign-in is 15 minutes old; guessing there is slowed."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Kind, SignInFailures, User
from accounts.recovery import set_recovery_address
from audit.models import Entry
from audit.recent import SESSION_KEY
from mailboxes.models import Mailbox
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD

from .conftest import ANNA, give_authenticator, give_passkey, sign_in

NEW = "another horse 43 battery"
AGAIN = "/login/again/"


def signed_in(name: str, *, ago: float = 0, password: str = PASSWORD) -> Client:
    client = Client()
    assert sign_in(client, name, password).status_code == 302
    session = client.session
    session[SESSION_KEY] = time.time() - ago
    session.save()
    return client


OPERATORS_PAGES = [
    ("delete_domain", ["a.test"]),
    ("publish_dns", ["a.test"]),
    ("delete_mailbox", [ANNA]),
    ("delete_operator", ["bob"]),
    ("reset_operator_factor", ["bob"]),
    ("reset_owner_factor", [ANNA]),
]
OPERATORS_BUTTONS = [
    ("disable_operator", ["bob"], "/operators/bob/"),
    ("enable_operator", ["bob"], "/operators/bob/"),
    ("confirm_owner", [ANNA], f"/mailboxes/{ANNA}/"),
    ("remove_factors", [ANNA], f"/mailboxes/{ANNA}/"),
]
OWN_PAGES = [
    "set_up_authenticator",
    "remove_authenticator",
    "add_passkey",
    "make_recovery_codes",
]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("name", "args"), OPERATORS_PAGES)
def test_an_operators_page(superadmin, domain_admin, anna_user, name, args, method) -> None:
    url = reverse(name, args=args)
    response = getattr(signed_in("alice", ago=1000), method)(url)
    assert response.status_code == 302
    assert response["Location"].startswith(f"{AGAIN}?next=/")
    assert getattr(signed_in("alice", ago=800), method)(url).status_code in (200, 302)
    assert User.objects.count() == 3


@pytest.mark.parametrize(("name", "args", "page"), OPERATORS_BUTTONS)
def test_a_button_leads_back_to_its_page(
    superadmin, domain_admin, anna_user, name, args, page
) -> None:
    client = signed_in("alice", ago=1000)
    before = Entry.objects.count()
    response = client.post(
        reverse(name, args=args), headers={"referer": f"http://testserver{page}"}
    )
    assert response["Location"].startswith(f"{AGAIN}?next=/")
    assert Entry.objects.count() == before
    form = client.get(response["Location"])
    answer = client.post(AGAIN, {"password": PASSWORD, "next": form.context["next"]}, follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == page


@pytest.mark.parametrize("referer", ["", "https://evil.example/", "//evil.example/x"])
def test_a_button_of_nowhere_leads_home(superadmin, domain_admin, referer) -> None:
    client = signed_in("alice", ago=1000)
    response = client.post("/operators/bob/disable/", headers={"referer": referer})
    form = client.get(response["Location"])
    answer = client.post(AGAIN, {"password": PASSWORD, "next": form.context["next"]})
    assert answer["Location"] == "/"
    assert User.objects.get(username="bob").is_active


@pytest.mark.parametrize("who", ["alice", ANNA])
@pytest.mark.parametrize("name", OWN_PAGES)
def test_changing_ones_own_factors(superadmin, anna_user, who, name) -> None:
    client = signed_in(who, ago=1000)
    user = User.objects.get(username=who)
    give_authenticator(user)
    give_passkey(user)
    assert client.get(reverse(name))["Location"].startswith(AGAIN)
    assert client.post(reverse(name))["Location"].startswith(AGAIN)


# --- the present password is asked for: guessing it is slowed like a sign-in ---


def change_own(client: Client, password: str):
    data = {"old_password": password, "new_password1": NEW, "new_password2": NEW}
    return client.post("/account/password/", data)


def change_operators(client: Client, password: str):
    data = {"old_password": password, "password1": NEW, "password2": NEW}
    return client.post("/password/", data)


def name_recovery(client: Client, password: str):
    return client.post("/account/recovery/", {"address": "x@far.example", "password": password})


def remove_recovery(client: Client, password: str):
    return client.post("/account/recovery/remove/", {"password": password})


def confirm(client: Client, password: str):
    return client.post("/account/confirm/", {"password": password})


def remove_factors(client: Client, password: str):
    return client.post("/account/confirm/remove/", {"password": password})


ASKING = [
    ("alice", change_operators),
    (ANNA, change_own),
    (ANNA, name_recovery),
    (ANNA, remove_recovery),
    (ANNA, confirm),
    (ANNA, remove_factors),
]


@pytest.fixture
def open_session(superadmin, anna_user):
    """Somebody's session, found open, on a page that asks for the password."""

    def of(who: str, page) -> Client:
        present = PASSWORD
        if page in (confirm, remove_factors):
            present = "by sql 1 2 3 4"
            signed_in(ANNA)
            hashed = hash_password(present, Scheme.SHA512_CRYPT, 5000)
            Mailbox.objects.filter(pk=ANNA).update(password=hashed)
        client = signed_in(who, password=present)
        if page is remove_recovery:
            user = User.objects.get(username=who, kind=Kind.MAILBOX_OWNER)
            set_recovery_address(actor=user.actor(), password=PASSWORD, address="anna@far.example")
        client.present = present
        return client

    return of


@pytest.mark.parametrize(("who", "page"), ASKING)
def test_guessing_the_present_password_is_slowed(
    open_session, long_waits, caplog, who, page
) -> None:
    client = open_session(who, page)
    for _ in range(5):
        response = page(client, "not it")
        assert response.status_code == 200
        assert "This is not your" in response.content.decode()
    response = page(client, client.present)
    assert response.status_code == 200
    assert "Too many attempts have failed. Try again in 10 minutes." in response.content.decode()
    lines = [one.getMessage() for one in caplog.records if one.name == "mailadmin.auth"]
    assert len(lines) == 6
    assert all(f'name="{who}"' in one for one in lines)
    assert "reason=locked_out" in lines[-1]


@pytest.mark.parametrize(("who", "page"), ASKING)
def test_the_right_password_forgets_the_failures(open_session, who, page) -> None:
    client = open_session(who, page)
    for _ in range(4):
        page(client, "not it")
    assert page(client, client.present).status_code == 302
    assert not SignInFailures.objects.filter(failures__gt=4).exists()


def test_a_new_password_that_is_refused_is_no_failure(superadmin, anna_user) -> None:
    client = signed_in(ANNA)
    for _ in range(8):
        data = {"old_password": PASSWORD, "new_password1": "x", "new_password2": "x"}
        response = client.post("/account/password/", data)
        assert "Too many attempts" not in response.content.decode()
    assert change_own(client, PASSWORD).status_code == 302


def test_a_stranger_in_the_same_network_does_not_slow_the_owner_there(
    anna_user, long_waits
) -> None:
    client = signed_in(ANNA)
    for _ in range(6):
        sign_in(Client(), ANNA, "not it")
    assert change_own(client, PASSWORD).status_code == 302
