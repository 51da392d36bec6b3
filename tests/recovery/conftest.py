"""Anna has a confirmed recovery address; mails are kept by Django's own test backend."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Recovery, User
from accounts.owners import owner_of
from mailboxes.models import Mailbox
from tests.account.conftest import (  # noqa: F401 - fixtures
    ANNA,
    _at_once,
    anna,
    config,
    forwardings,
    me,
    owner,
    signed_in,
)

FAR = "anna@far.example"
NEW = "another horse 43 battery"


@pytest.fixture
def recoverable(anna: Mailbox) -> User:  # noqa: F811
    """Anna's row, with a confirmed recovery address."""
    user = owner_of(anna)
    Recovery.objects.create(user=user, address=FAR)
    return user


def links_in(text: str) -> list[str]:
    """Every address of the panel in a text, as path and query."""
    found = re.findall(r"http://testserver(/\S+)", text)
    return [one for one in found if "token=" in one]


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


def last_link() -> str:
    """Path and query of the only link in the last mail."""
    (link,) = links_in(mail.outbox[-1].body)
    return link


@pytest.fixture
def asked(recoverable: User) -> Callable[[], str]:
    """Ask for a recovery link as a stranger does; gives the link out of the mail."""

    def ask() -> str:
        answer = Client().post("/recover/", {"address": ANNA})
        assert answer.status_code == 302
        return last_link()

    return ask


def passwords(password: str = NEW, **more: str) -> dict[str, str]:
    return {"new_password1": password, "new_password2": password, **more}
