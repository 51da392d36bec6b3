"""Sign-in and sign-out, for operators and mailbox owners."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from accounts.models import User
from audit.actor import Actor
from audit.recent import SESSION_KEY
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import suspend_mailbox

from .reading import PASSWORD, read

SENTENCE = "This name and password do not fit together"


@pytest.mark.parametrize("name", ["alice", "ALICE", " alice "])
def test_an_operator_signs_in_by_name(client: Client, superadmin: User, name: str) -> None:
    response = client.post("/login/", {"username": name, "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("address", ["anna@a.test", "Anna@A.test", " anna@a.test "])
def test_a_mailbox_owner_signs_in_by_address(client: Client, anna: Mailbox, address: str) -> None:
    response = client.post("/login/", {"username": address, "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/account/")
    assert client.get("/")["Location"] == "/account/"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("alice", "wrong"),
        ("nobody", PASSWORD),
        ("anna@a.test", "wrong"),
        ("nobody@a.test", PASSWORD),
        ("", ""),
        ("alice", ""),
        ("x" * 2000, "y"),
    ],
)
def test_one_sentence_says_no_whether_the_name_exists_or_not(
    client: Client, superadmin: User, anna: Mailbox, username: str, password: str
) -> None:
    found = read(client.post("/login/", {"username": username, "password": password}))

    assert SENTENCE in found.text
    assert found.is_invalid("password")
    assert found.value("username") == username
    assert found.value("password") == ""


def test_a_zero_byte_is_refused_and_no_error(client: Client, superadmin: User) -> None:
    found = read(client.post("/login/", {"username": "ali\0ce", "password": "x\0y"}))

    assert 'role="alert"' in found.html


def test_a_suspended_mailbox_does_not_sign_in(client: Client, anna: Mailbox, root: Actor) -> None:
    suspend_mailbox(actor=root, email=anna.email)

    found = read(client.post("/login/", {"username": anna.email, "password": PASSWORD}))

    assert SENTENCE in found.text


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/mailboxes/?q=x", "/mailboxes/?q=x"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("\\\\evil.example", "/"),
        ("", "/"),
    ],
)
def test_next_leads_to_this_host_only(
    client: Client, superadmin: User, wanted: str, goes_to: str
) -> None:
    response = client.post("/login/", {"username": "alice", "password": PASSWORD, "next": wanted})

    assert response["Location"] == goes_to


def test_a_mailbox_owner_is_not_led_to_an_operator_page(client: Client, anna: Mailbox) -> None:
    data = {"username": anna.email, "password": PASSWORD, "next": "/mailboxes/"}

    assert client.post("/login/", data)["Location"] == "/account/"


def test_signing_in_changes_the_session_key(client: Client, superadmin: User) -> None:
    client.get("/login/")
    session = client.session
    session["left"] = "here"
    session.save()
    before = session.session_key

    client.post("/login/", {"username": "alice", "password": PASSWORD})

    assert client.session.session_key != before


def test_somebody_signed_in_goes_on(admin: Client, owner: Client) -> None:
    assert admin.get("/login/?next=/domains/")["Location"] == "/domains/"
    assert owner.get("/login/?next=/domains/")["Location"] == "/account/"


def test_sign_out_ends_the_session(admin: Client) -> None:
    assert admin.post("/logout/")["Location"] == "/login/"
    assert admin.get("/")["Location"].startswith("/login/")


def test_a_form_without_its_token_is_refused_with_a_page(superadmin: User) -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post("/login/", {"username": "alice", "password": PASSWORD})

    assert response.status_code == 403
    assert "This form is no longer valid" in response.content.decode()


# --- the password asked again ---


def _sign_in_is_old(client: Client) -> None:
    session = client.session
    session[SESSION_KEY] = time.time() - 16 * 60
    session.save()


@pytest.mark.parametrize("path", ["/domains/a.test/delete/", "/mailboxes/anna@a.test/delete/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_dangerous_act_asks_again_after_15_minutes(
    admin: Client, anna: Mailbox, path: str, method: str
) -> None:
    _sign_in_is_old(admin)

    response = getattr(admin, method)(path, {"confirm": "a.test"} if method == "post" else {})

    assert response.status_code == 302
    assert response["Location"].startswith("/login/again/?next=/")
    assert Mailbox.objects.count() == 1


def test_after_the_password_it_goes_on(admin: Client, anna: Mailbox) -> None:
    _sign_in_is_old(admin)
    again = admin.get("/domains/a.test/delete/")["Location"]
    assert admin.get(again).status_code == 200

    response = admin.post(
        "/login/again/", {"password": PASSWORD, "next": "/domains/a.test/delete/"}
    )

    assert response["Location"] == "/domains/a.test/delete/"
    assert admin.get("/domains/a.test/delete/").status_code == 200


def test_a_wrong_password_does_not_go_on(admin: Client, anna: Mailbox) -> None:
    _sign_in_is_old(admin)

    found = read(admin.post("/login/again/", {"password": "wrong", "next": "/domains/"}))

    assert found.is_invalid("password")
    assert found.value("next") == "/domains/"
    assert admin.get("/domains/a.test/delete/").status_code == 302


def test_again_leads_to_this_host_only(admin: Client) -> None:
    data = {"password": PASSWORD, "next": "https://evil.example/"}

    assert admin.post("/login/again/", data)["Location"] == "/"
