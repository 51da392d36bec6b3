"""A form on another site changes nothing: no address takes a POST without this browser's token."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.access.walk import CAST, address, every_route
from tests.conftest import PASSWORD

from .contents import contents

# What an attacker's page can send: no token, one of his own visit, one that he has made up.
TOKENS = ("none", "of another visit", "made up")
METHODS = ("post", "put", "patch", "delete")


def token_of_a_visit() -> str:
    """What a form on the sign-in page of another browser carries."""
    page = Client().get("/login/").content.decode()
    return page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]


@pytest.mark.parametrize("name", CAST)
def test_no_address_takes_a_post_without_its_token(cast, name):
    client = cast[name]
    client.handler.enforce_csrf_checks = True
    # A browser with a token in its cookie, as everybody has who has seen a form.
    client.get("/recover/")
    sent = {"none": None, "of another visit": token_of_a_visit(), "made up": "a" * 64}
    before = contents()
    for route in every_route():
        url = address(route)
        for kind in TOKENS:
            data = {} if sent[kind] is None else {"csrfmiddlewaretoken": sent[kind]}
            response = client.post(url, {**data, "confirm": "a.test", "dependents": "remove"})
            assert response.status_code in (403, 405), f"{kind} token at {url}"
    assert contents() == before


@pytest.mark.parametrize("method", METHODS[1:])
def test_nor_another_method(cast, method):
    client = cast["superadmin"]
    client.handler.enforce_csrf_checks = True
    before = contents()
    for route in every_route():
        status = getattr(client, method)(address(route)).status_code
        assert status in (403, 405), f"{method} {route}"
    assert contents() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"origin": "http://testserver"}, 302),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
        ({"origin": "https://testserver"}, 403),
        ({"origin": "http://testserver:8000"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_the_right_token_from_a_wrong_origin_is_refused(superadmin, headers, status):
    """As of a page on a neighbouring host name that could plant the cookie."""
    client = Client(enforce_csrf_checks=True)
    page = client.get("/login/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    data = {"username": "alice", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/login/", data, headers=headers).status_code == status


def test_over_tls_a_missing_or_foreign_referrer_is_refused(superadmin):
    client = Client(enforce_csrf_checks=True)
    page = client.get("/login/", secure=True).content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    data = {"username": "alice", "password": PASSWORD, "csrfmiddlewaretoken": token}
    for headers in ({}, {"referer": "https://evil.example/"}, {"referer": "http://testserver/"}):
        assert client.post("/login/", data, secure=True, headers=headers).status_code == 403
    fits = {"referer": "https://testserver/login/"}
    assert client.post("/login/", data, secure=True, headers=fits).status_code == 302


def test_the_token_changes_with_the_sign_in(superadmin):
    """One that was planted before is worth nothing afterwards."""
    client = Client(enforce_csrf_checks=True)
    page = client.get("/login/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    data = {"username": "alice", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/login/", data).status_code == 302
    assert client.post("/logout/", {"csrfmiddlewaretoken": token}).status_code == 403
