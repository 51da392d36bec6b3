"""Looking changes nothing, and every answer forbids what a page of ours never does."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from tests.access.walk import CAST, address, every_route
from tests.sign_in.conftest import give_authenticator, give_code, give_passkey

from .contents import contents

POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
# What the policy would not let run or apply, so that a page that has it is broken.
INLINE = {
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a script in the page": re.compile(
        r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE
    ),
    "a javascript: address": re.compile(r"(?:href|src|action)\s*=\s*[\"']?javascript:", re.I),
    "another host's file": re.compile(r"<(?:script|link|img)\b[^>]*(?:src|href)=\"(?:https?:)?//"),
}


def assert_strict(response, url: str) -> None:
    """The headers of every answer, whatever its status."""
    directives = {one.strip() for one in response["Content-Security-Policy"].split(";")}
    assert directives == POLICY, url
    assert response["X-Content-Type-Options"] == "nosniff", url
    assert response["X-Frame-Options"] == "DENY", url
    assert response["Referrer-Policy"] in ("same-origin", "strict-origin"), url
    assert response["Cross-Origin-Opener-Policy"] == "same-origin", url
    assert not response.has_header("Strict-Transport-Security"), url
    for cookie in response.cookies.values():
        assert cookie["httponly"], f"{cookie.key} at {url}"
        assert cookie["samesite"] == "Lax", f"{cookie.key} at {url}"
    if response["Content-Type"].startswith("text/html"):
        html = response.content.decode()
        for what, pattern in INLINE.items():
            found = pattern.search(html)
            assert found is None, f"{what} at {url}: {html[found.start() :][:200]}"


def with_factors() -> None:
    for user in User.objects.filter(username__in=["alice", "anna@a.test"]):
        give_passkey(give_code(give_authenticator(user)), f"phone of {user.pk}")


@pytest.mark.parametrize("factors", [False, True], ids=["", "with factors"])
@pytest.mark.parametrize("name", CAST)
def test_looking_changes_nothing_and_the_policy_is_in_every_answer(cast, name, factors):
    if factors:
        with_factors()
    client = cast[name]
    urls = [address(route) for route in every_route()]
    before = contents()
    for url in urls:
        for method in ("get", "head"):
            response = getattr(client, method)(url)
            assert_strict(response, url)
        assert contents() == before, url


def test_and_in_the_answers_to_forms_with_errors(cast):
    client = cast["superadmin"]
    for route in every_route():
        url = address(route)
        if not url.startswith("/logout/") and not url.startswith("/admin/logout/"):
            assert_strict(client.post(url), url)


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/nothing/here/", "testserver", 404),
        ("/", "evil.example", 400),
        ("/static/js/panel.js", "testserver", 200),
        ("/static/../manage.py", "testserver", 404),
    ],
)
def test_and_where_no_view_answers(db, path, host, status):
    response = Client().get(path, headers={"host": host})
    assert response.status_code == status
    directives = {one.strip() for one in response["Content-Security-Policy"].split(";")}
    assert directives == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
