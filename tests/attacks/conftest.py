"""The cast that walks every address, people with a second factor, and what all tables hold."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.owners import owner_of
from audit.actor import Actor
from audit.recent import SESSION_KEY
from domains.models import Domain
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import create_mailbox
from tests.access.walk import make_cast
from tests.account.conftest import _at_once  # noqa: F401 - fixture: mail is sent at once
from tests.conftest import PASSWORD
from tests.sign_in.conftest import configured  # noqa: F401 - fixture

ANNA = "anna@a.test"


@pytest.fixture
def cast(db: None, root: Actor) -> dict[str, Client]:
    """See `make_cast`."""
    return make_cast(root)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A test client of somebody who has typed the password just now."""

    def make(user: User) -> Client:
        client = Client()
        backend = "OperatorBackend" if user.is_operator else "MailboxOwnerBackend"
        client.force_login(user, backend=f"accounts.backends.{backend}")
        session = client.session
        session[SESSION_KEY] = time.time()
        session.save()
        return client

    return make


@pytest.fixture
def anna(db: None, root: Actor) -> Mailbox:
    """A mailbox in a.test."""
    Domain.objects.create(domain="a.test")
    return create_mailbox(actor=root, email=ANNA, password=PASSWORD)


@pytest.fixture
def anna_user(anna: Mailbox) -> User:
    """Its owner's row."""
    return owner_of(anna)
