"""The cast of the page tests, signed in just now, and rows to look at."""

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
from mailadmin.faults import forget_faults
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import create_mailbox

from .reading import PASSWORD


@pytest.fixture(autouse=True)
def _no_old_faults() -> None:
    forget_faults()


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
def admin(superadmin: User, client_of: Callable[[User], Client]) -> Client:
    """Alice, who may do everything."""
    return client_of(superadmin)


@pytest.fixture
def bob(domain_admin: User, client_of: Callable[[User], Client]) -> Client:
    """Bob, who manages a.test only."""
    return client_of(domain_admin)


@pytest.fixture
def two_domains(db: None) -> None:
    """a.test, which is Bob's too, and b.test, which is not."""
    Domain.objects.create(domain="a.test")
    Domain.objects.create(domain="b.test")


@pytest.fixture
def anna(two_domains: None, root: Actor) -> Mailbox:
    """A mailbox in a.test."""
    return create_mailbox(actor=root, email="anna@a.test", password=PASSWORD)


@pytest.fixture
def owner(anna: Mailbox, client_of: Callable[[User], Client]) -> Client:
    """Anna, the owner of that mailbox."""
    return client_of(owner_of(anna))
