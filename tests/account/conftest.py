"""Anna, who owns a mailbox in a.test, and rows as SQL makes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client

from accounts import background
from accounts.models import User
from accounts.owners import owner_of
from audit.actor import Actor, ActorKind
from audit.recent import SESSION_KEY
from domains.models import Domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox
from tests.conftest import PASSWORD

ANNA = "anna@a.test"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs in the background runs before the answer: a thread has another connection."""
    monkeypatch.setattr(background, "start", lambda job: job())


@pytest.fixture
def config() -> Iterator[Callable[..., None]]:
    """`config(name=value)`: settings of the panel for one test."""
    before = settings.MAILADMIN

    def change(**values: object) -> None:
        settings.MAILADMIN = before.__class__(**{**vars(settings.MAILADMIN), **values})

    yield change
    settings.MAILADMIN = before


@pytest.fixture
def anna(db: None, root: Actor) -> Mailbox:
    for name in ("a.test", "b.test"):
        Domain.objects.create(domain=name)
    return create_mailbox(actor=root, email=ANNA, password=PASSWORD)


@pytest.fixture
def me(anna: Mailbox) -> Actor:
    """Anna as services see her."""
    return Actor(ActorKind.MAILBOX_OWNER, anna.email, "192.0.2.7")


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A client of somebody who has typed the password just now."""

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
def owner(anna: Mailbox, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(owner_of(anna))


@pytest.fixture
def forwardings(db: None) -> Callable[[dict[str, str]], None]:
    """Rows of `forwardings`, past the services."""

    def make(rows: dict[str, str]) -> None:
        for source, destination in rows.items():
            Forwarding.objects.create(source=source, destination=destination)

    return make
