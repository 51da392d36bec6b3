"""Between password and second step nobody is signed in; and a session from before opens nothing."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from accounts.models import Session, User
from accounts.signing_in import HALF_WAY, HALF_WAY_SECONDS
from mailboxes.services.mailboxes import set_mailbox_password, suspend_mailbox
from tests.access.walk import address, every_route
from tests.conftest import PASSWORD
from tests.sign_in.conftest import CODE, give_authenticator, give_code, number

from .conftest import ANNA
from .contents import contents

STEP = "/login/step/"
NEW = "another horse 43 battery"


def session_key(client: Client) -> str:
    cookie = client.cookies.get("sessionid")
    return cookie.value if cookie else ""


def with_key(key: str) -> Client:
    client = Client()
    client.cookies["sessionid"] = key
    return client


def half_way(name: str) -> Client:
    client = Client()
    response = client.post("/login/", {"username": name, "password": PASSWORD})
    assert response["Location"] == STEP
    return client


def answers(client: Client, method: str) -> dict[str, tuple[int, str]]:
    """{route: (status, where to)} of every address but those of the second step itself."""
    found = {}
    for route in every_route():
        if route.startswith("login/"):
            continue
        response = getattr(client, method)(address(route))
        found[route] = (response.status_code, response.headers.get("Location", ""))
    return found


@pytest.mark.parametrize("name", ["alice", ANNA])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_password_alone_reaches_no_page(cast, name, method):
    """At every address as a stranger, and no more."""
    user = User.objects.get(username=name)
    if user.is_operator:
        user.set_password(PASSWORD)
        user.save()
    give_code(give_authenticator(user))
    client = half_way(name)
    before = contents()
    assert answers(client, method) == answers(Client(), method)
    assert contents() == before


@pytest.mark.parametrize("name", ["alice", ANNA])
def test_each_step_changes_the_session_key(superadmin, anna_user, name):
    user = User.objects.get(username=name)
    give_code(give_authenticator(user))
    client = Client()
    session = client.session
    session["planted"] = "here"
    session.save()
    planted = session.session_key

    client.post("/login/", {"username": name, "password": PASSWORD})
    between = session_key(client)
    client.post(STEP, {"code": CODE})
    signed_in = session_key(client)

    assert len({planted, between, signed_in}) == 3
    for key in (planted, between):
        thief = with_key(key)
        assert thief.get("/account/security/").status_code == 302
        assert thief.get(STEP)["Location"] == "/login/"
        assert not Session.objects.filter(pk=key).exists()
    assert with_key(signed_in).get("/account/security/").status_code == 200


@pytest.mark.parametrize(
    ("name", "path", "data"),
    [
        (
            "alice",
            "/password/",
            {"old_password": PASSWORD, "password1": NEW, "password2": NEW},
        ),
        (
            ANNA,
            "/account/password/",
            {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
        ),
    ],
)
def test_a_new_password_changes_the_session_key(superadmin, anna, name, path, data):
    """A key that somebody has read meanwhile is worth nothing afterwards."""
    client = Client()
    client.post("/login/", {"username": name, "password": PASSWORD})
    before = session_key(client)
    assert client.post(path, data).status_code == 302
    assert session_key(client) != before
    assert client.get("/account/security/").status_code == 200
    assert with_key(before).get("/account/security/").status_code == 302


def test_signing_out_leaves_nothing_of_the_key(superadmin):
    client = Client()
    client.post("/login/", {"username": "alice", "password": PASSWORD})
    key = session_key(client)
    client.post("/logout/")
    assert with_key(key).get("/account/security/").status_code == 302
    assert not Session.objects.filter(pk=key).exists()


def _is_old(client, user, root):
    session = client.session
    session[HALF_WAY] = {**session[HALF_WAY], "at": time.time() - HALF_WAY_SECONDS - 1}
    session.save()


def _comes_from_the_future(client, user, root):
    session = client.session
    session[HALF_WAY] = {**session[HALF_WAY], "at": time.time() + 60}
    session.save()


def _has_another_password(client, user, root):
    set_mailbox_password(actor=root, email=ANNA, password=NEW)


def _is_suspended(client, user, root):
    suspend_mailbox(actor=root, email=ANNA)


def _is_disabled(client, user, root):
    User.objects.filter(pk=user.pk).update(is_active=False)


def _is_gone(client, user, root):
    user.mailbox.delete()


def _is_another(client, user, root):
    from accounts.owners import owner_of  # noqa: PLC0415
    from mailboxes.services.mailboxes import create_mailbox, delete_mailbox  # noqa: PLC0415

    delete_mailbox(actor=root, email=ANNA)
    owner_of(create_mailbox(actor=root, email=ANNA, password=PASSWORD))


@pytest.mark.parametrize(
    "meanwhile",
    [
        _is_old,
        _comes_from_the_future,
        _has_another_password,
        _is_suspended,
        _is_disabled,
        _is_gone,
        _is_another,
    ],
)
@pytest.mark.parametrize("code", [CODE, "number"])
def test_half_a_sign_in_is_void_once_anything_changes(anna_user, root, meanwhile, code):
    give_code(give_authenticator(anna_user))
    client = half_way(ANNA)
    meanwhile(client, anna_user, root)
    response = client.post(STEP, {"code": number() if code == "number" else code})
    assert response["Location"] == "/login/"
    assert client.get("/account/").status_code == 302


def test_half_a_sign_in_proves_nothing_elsewhere(superadmin, anna_user):
    """Neither for somebody else's second step nor as the password asked again."""
    give_code(give_authenticator(superadmin))
    give_authenticator(anna_user)
    client = half_way(ANNA)
    assert client.post(STEP, {"code": CODE}).status_code == 200, "a code of Alice's"
    assert client.post("/login/again/", {"password": PASSWORD})["Location"].startswith("/login/?")
    assert not Session.objects.exclude(user=None).exists()
