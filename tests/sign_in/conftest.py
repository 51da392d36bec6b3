"""People with and without a second factor, and the numbers of their authenticator apps."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pyotp
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from accounts import throttle
from accounts.models import Authenticator, Kind, Passkey, RecoveryCode, User
from accounts.owners import owner_of
from accounts.second_factor import totp
from accounts.second_factor.codes import digest_of
from accounts.second_factor.sealing import seal
from audit.actor import Actor
from domains.models import Domain
from domains.services import create_domain
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import create_mailbox
from tests.conftest import PASSWORD

from .device import Device

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODE = "k7mp-2x4c-9wtr-hq3d"
ANNA = "anna@a.test"


@pytest.fixture(autouse=True)
def _one_moment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's clock and the panel's stand still: a number is not over while a test uses it."""
    if request.node.get_closest_marker("browser"):
        return
    now = time.time()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: now))


def number(offset: int = 0, secret: str = SECRET) -> str:
    """What the app shows now, or so many 30 seconds later."""
    if offset and time.time() % totp.STEP_SECONDS > totp.STEP_SECONDS - 2:
        # Not at the very end, when the panel would look within the next 30 seconds.
        time.sleep(2)
    return pyotp.HOTP(secret).at(int(totp.time.time()) // totp.STEP_SECONDS + offset)


def wrong_number(secret: str = SECRET) -> str:
    """Six digits that the app shows neither now nor around now."""
    shown = {number(offset, secret) for offset in range(-2, 3)}
    return next(f"{one:06}" for one in range(10) if f"{one:06}" not in shown)


def give_authenticator(user: User) -> User:
    """Set up, as if by the pages, with a secret that the tests know."""
    Authenticator.objects.create(user=user, secret=seal(SECRET))
    return user


def give_code(user: User, code: str = CODE) -> User:
    RecoveryCode.objects.create(user=user, digest=digest_of(user.pk, code))
    return user


def give_passkey(user: User, name: str = "phone") -> Passkey:
    """One whose device is lost: it counts, but nobody signs with it."""
    device = Device()
    return Passkey.objects.create(
        user=user,
        name=name,
        key=hashlib.sha256(device.id).hexdigest(),
        credential=device.credential(),
        handle="00" * 32,
        rp_id="localhost",
    )


def sign_in(client: Client, name: str, password: str = PASSWORD, **more):
    return client.post("/login/", {"username": name, "password": password, **more})


@pytest.fixture
def anna(db: None, root: Actor) -> Mailbox:
    Domain.objects.create(domain="a.test")
    return create_mailbox(actor=root, email=ANNA, password=PASSWORD)


@pytest.fixture
def anna_user(anna: Mailbox) -> User:
    return owner_of(anna)


@pytest.fixture
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is minutes: a slow machine does not sit it out."""
    rule = replace(throttle.OWN, first=timedelta(minutes=10))
    monkeypatch.setattr(throttle, "OWN", rule)


@pytest.fixture
def configured() -> Iterator[Callable[..., None]]:
    """Change settings of the panel for one test."""
    before = settings.MAILADMIN

    def change(**values: object) -> None:
        settings.MAILADMIN = before.__class__(**{**vars(settings.MAILADMIN), **values})

    yield change
    settings.MAILADMIN = before


# --- in Chromium ---


@pytest.fixture
def context_of(browser: Browser, live_server) -> Iterator[Callable[..., BrowserContext]]:
    """Another person's browser: a context of its own. `localhost` is secure enough for passkeys."""
    made = []

    def make(**more: object) -> BrowserContext:
        made.append(browser.new_context(base_url=live_server.url, **more))
        made[-1].set_default_timeout(10_000)
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture
def page(
    context_of: Callable[..., BrowserContext], transactional_mail_tables: None, root: Actor
) -> Page:
    """Alice is a superadmin, Bob manages a.test, Anna has a mailbox there."""
    create_domain(actor=root, domain="a.test")
    create_mailbox(actor=root, email=ANNA, password=PASSWORD)
    for name, is_superadmin in (("alice", True), ("bob", False)):
        user = User(username=name, kind=Kind.OPERATOR, is_superadmin=is_superadmin)
        user.set_password(PASSWORD)
        user.save()
    User.objects.get(username="bob").grants.create(domain="a.test")
    return context_of().new_page()
