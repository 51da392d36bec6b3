"""The mailbox owner's own pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from audit.models import Entry
from mailboxes.models import Mailbox
from mailkit.passwords import verify

from .reading import PASSWORD, read

NEW = "another long secret 8"


def _change(**changes: str) -> dict[str, str]:
    return {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW, **changes}


def test_the_page_shows_the_address(owner: Client) -> None:
    found = read(owner.get("/account/"))

    assert "anna@a.test" in found.text
    assert "/account/password/" in found.html
    assert "/mailboxes/" not in found.html


def test_an_operator_goes_to_the_dashboard(admin: Client) -> None:
    assert admin.get("/account/")["Location"] == "/"
    assert admin.get("/account/password/").status_code == 403


def test_the_password_is_changed_and_this_session_goes_on(
    owner: Client, client_of: Callable[[User], Client]
) -> None:
    elsewhere = client_of(User.objects.get(username="anna@a.test"))
    assert elsewhere.get("/account/").status_code == 200

    response = owner.post("/account/password/", _change())

    assert (response.status_code, response["Location"]) == (302, "/account/")
    assert owner.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    stored = Mailbox.objects.get(pk="anna@a.test").password
    assert verify(NEW, stored)
    assert not verify(PASSWORD, stored)
    assert Entry.objects.filter(action="change_own_password", actor="anna@a.test").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"old_password": "wrong"}, "old_password"),
        ({"old_password": ""}, "old_password"),
        ({"new_password2": "different"}, "new_password2"),
        ({"new_password1": "", "new_password2": ""}, "new_password1"),
        (
            {"new_password1": "a\tb long enough", "new_password2": "a\tb long enough"},
            "new_password1",
        ),
        ({"new_password1": "x" * 512, "new_password2": "x" * 512}, "new_password1"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    owner: Client, changes: dict[str, str], field: str
) -> None:
    found = read(owner.post("/account/password/", _change(**changes)))

    assert found.is_invalid(field)
    assert verify(PASSWORD, Mailbox.objects.get(pk="anna@a.test").password)


def test_a_common_password_is_warned_of_and_nothing_typed_is_lost(owner: Client) -> None:
    data = _change(new_password1="password1", new_password2="password1")

    found = read(owner.post("/account/password/", data))

    assert found.has("force")
    assert found.value("new_password1") == "password1"
    assert found.response["Cache-Control"].find("no-store") >= 0
    assert owner.post("/account/password/", {**data, "force": "on"}).status_code == 302


def test_a_mailbox_deleted_meanwhile_ends_the_session(owner: Client) -> None:
    Mailbox.objects.all().delete()

    assert owner.get("/account/")["Location"].startswith("/login/")


def test_a_password_is_suggested_without_javascript(owner: Client) -> None:
    found = read(owner.post("/account/password/", {"generate": "1", "old_password": PASSWORD}))

    password = found.value("new_password1")
    assert len(password) >= 16
    assert found.value("new_password2") == password
    assert password in found.text
    assert "no-store" in found.response["Cache-Control"]
    assert verify(PASSWORD, Mailbox.objects.get(pk="anna@a.test").password)
