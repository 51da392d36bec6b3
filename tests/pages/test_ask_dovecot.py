"""The page that asks Dovecot about an address and a password."""

from __future__ import annotations

import html
import logging
from typing import Any

import pytest
from django.test import Client

from audit.recent import SESSION_KEY
from mailkit.doctor.ask import Answer, Said
from tests.mailserver.asking import SECRET, answers

__all__ = ["answers"]

DISAGREE = "They disagree"


def post(client: Client, **fields: str) -> str:
    response = client.post("/doctor/ask/", fields)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_the_page(answers: list[Answer], admin: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        page = post(admin, address="u@a.test", password=SECRET)
    assert "Dovecot lets this address in" in page
    assert DISAGREE not in page
    answers.append(Answer(Said.NO))
    assert DISAGREE in post(admin, address="u@a.test", password=SECRET)
    assert SECRET not in page + caplog.text


def test_what_is_missing(answers: list[Answer], admin: Client) -> None:
    page = post(admin, address="", password="")
    assert "Type the address." in page
    assert "Type the password." in page
    assert 'aria-invalid="true"' in page
    assert "There is no such" not in page


def test_what_cannot_be_an_address(answers: list[Answer], admin: Client) -> None:
    answers.append(Answer(Said.NO))
    assert "no such mailbox" in post(admin, address="<b>x", password=SECRET)
    assert "<b>x" not in admin.get("/doctor/ask/?address=<b>x").content.decode()


def test_an_old_sign_in_is_asked_for_the_password_again(
    answers: list[Answer], admin: Client, bob: Client
) -> None:
    assert bob.get("/doctor/ask/").status_code == 403
    session: Any = admin.session
    session[SESSION_KEY] = 1.0
    session.save()
    for answer in (
        admin.get("/doctor/ask/"),
        admin.post("/doctor/ask/", {"address": "u@a.test", "password": SECRET}),
    ):
        assert answer.status_code == 302
        assert answer.url.startswith("/login/again/")
        assert SECRET not in answer.url
