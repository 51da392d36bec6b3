"""A password that the panel makes: shown once, filled in, never stored."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Entry
from mailboxes.models import Mailbox
from mailkit.passwords import verify

from .reading import PASSWORD, read

PATHS = ["/mailboxes/add/", "/mailboxes/anna@a.test/password/"]


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("path", PATHS)
def test_it_is_filled_in_and_shown_without_javascript(admin: Client, path: str) -> None:
    before = Mailbox.objects.get().password
    entries = Entry.objects.count()

    found = read(admin.post(path, {"generate": "1", "email": "new@a.test", "state": "kept"}))

    password = found.value("password1")
    assert len(password) >= 16
    assert found.value("password2") == password
    assert f"<output>{password}</output>" in found.html
    assert "no-store" in found.response["Cache-Control"]
    assert 'role="alert"' not in found.html
    assert (Mailbox.objects.get().password, Entry.objects.count()) == (before, entries)
    if "add" in path:
        assert found.value("email") == "new@a.test"
    else:
        assert found.value("state") == "kept"


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("path", PATHS)
def test_each_one_is_another_one(admin: Client, path: str) -> None:
    made = {read(admin.post(path, {"generate": "1"})).value("password1") for _ in range(5)}

    assert len(made) == 5


def test_it_is_saved_as_any_other_and_signs_in(
    admin: Client, client: Client, two_domains: None
) -> None:
    found = read(admin.post("/mailboxes/add/", {"generate": "1", "email": "new@a.test"}))
    password = found.value("password1")

    data = {"email": "new@a.test", "password1": password, "password2": password}
    assert admin.post("/mailboxes/add/", data).status_code == 302

    assert verify(password, Mailbox.objects.get().password)
    assert password not in read(admin.get("/mailboxes/new@a.test/")).html
    sign_in = {"username": "new@a.test", "password": password}
    assert client.post("/login/", sign_in)["Location"] == "/account/"


def test_enter_saves_rather_than_suggests(admin: Client, anna: Mailbox) -> None:
    """The first submit button of a form is what Enter presses."""
    html = read(admin.get("/mailboxes/anna@a.test/password/")).html
    form = html[html.index('class="card"') :]

    assert form.index('class="visually-hidden"') < form.index("generate")
    assert PASSWORD not in html
