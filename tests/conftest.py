"""Fixtures for every test: the four tables in Django's test database, and the cast."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import signing_in
from accounts.models import Grant, Kind, User
from audit.actor import Actor, command_actor
from dnshealth import checking
from domains import schema
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailkit import tables

pytest_plugins = ["tests.servers.plugin", "tests.servers.browser"]

PASSWORD = "a long enough secret 7"
MAIL_MODELS = (Domain, Transport, Mailbox, Forwarding)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> None:
    """Django neither makes nor empties unmanaged tables: `mailtables create`'s own code does."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        tables.create(connection.connection, connection.vendor)
        schema.forget_schema()


@pytest.fixture(autouse=True)
def _no_old_answers() -> Iterator[None]:
    schema.forget_schema()
    yield
    schema.forget_schema()


@pytest.fixture
def transactional_mail_tables(transactional_db: None) -> Iterator[None]:
    """For tests whose writes are committed: the mail tables are empty before and after."""
    for model in MAIL_MODELS:
        model.objects.all().delete()
    yield
    for model in MAIL_MODELS:
        model.objects.all().delete()


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """The cheapest cost: what is tested is what happens to a hash, not how long it takes."""
    before = settings.MAILADMIN
    settings.MAILADMIN = before.__class__(**{**vars(before), "password_cost": 5000})
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield
    settings.MAILADMIN = before


@pytest.fixture(scope="session", autouse=True)
def _no_waiting() -> None:
    """A refused sign-in is answered at once; tests/attacks/test_enumeration.py has a clock."""
    signing_in.SHORTEST_REFUSAL = signing_in.LONGEST_REFUSAL = 0.0


@pytest.fixture(scope="session", autouse=True)
def _static_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.STATIC_ROOT = str(tmp_path_factory.mktemp("static"))
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)


class _NoResolver:
    """Lookups on a machine where no resolver answers: tests ask nobody beyond it."""

    down = True

    async def alive(self) -> bool:
        return False


@pytest.fixture(autouse=True)
def _no_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page looks up by itself is not sent to this machine's resolver."""
    real = checking.new_lookups

    def lookups() -> object:
        return real() if settings.MAILADMIN.dns.servers else _NoResolver()

    monkeypatch.setattr(checking, "new_lookups", lookups)


@pytest.fixture
def root() -> Actor:
    """An actor who may do everything."""
    return command_actor("root")


@pytest.fixture
def superadmin(db: None) -> User:
    user = User(username="alice", kind=Kind.OPERATOR, is_superadmin=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def domain_admin(db: None) -> User:
    """Bob manages a.test, and nothing else."""
    user = User(username="bob", kind=Kind.OPERATOR)
    user.set_password(PASSWORD)
    user.save()
    # As the service notes it where there is no such domain yet.
    Grant.objects.create(user=user, domain="a.test", ahead=True)
    return user


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A signed-in test client of somebody."""

    def make(user: User) -> Client:
        client = Client()
        backend = "OperatorBackend" if user.is_operator else "MailboxOwnerBackend"
        client.force_login(user, backend=f"accounts.backends.{backend}")
        return client

    return make
