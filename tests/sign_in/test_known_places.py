"""A place is known for a person, not for a name: whoever gets an address next is known nowhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory

from accounts import confirming, throttle
from accounts.models import Kind, KnownPlace, User
from accounts.owners import confirm_owner, owner_of
from accounts.second_factor import services
from accounts.second_factor.checking import Method
from audit.actor import Actor
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import (
    create_mailbox,
    delete_mailbox,
    set_mailbox_password,
    suspend_mailbox,
)
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD

from .conftest import ANNA, SECRET, number

HOME = "192.0.2.1"


def known(browser: Client, name: str = ANNA) -> tuple[bool, bool]:
    """Whether this name is known in this browser, and in its network."""
    request = RequestFactory().post("/login/", REMOTE_ADDR=HOME)
    request.COOKIES = {key: one.value for key, one in browser.cookies.items()}
    attempt = throttle.attempt_of(request, name, Method.PASSWORD)
    return attempt.known_device, attempt.known_network


def enter(name: str, password: str = PASSWORD, browser: Client | None = None) -> Client:
    browser = browser or Client()
    answer = browser.post("/login/", {"username": name, "password": password}, REMOTE_ADDR=HOME)
    assert answer.status_code == 302
    return browser


@pytest.fixture
def annas(anna: Mailbox) -> Client:
    """The browser in which she has signed in."""
    browser = enter(ANNA)
    assert known(browser) == (True, True)
    return browser


def by_page(root: Actor) -> None:
    delete_mailbox(actor=root, email=ANNA)
    create_mailbox(actor=root, email=ANNA, password=PASSWORD)


def by_sql(root: Actor) -> None:
    Mailbox.objects.all().delete()
    Mailbox.objects.create(email=ANNA, password=_hash("the next one 12"))


def by_password_change(root: Actor) -> None:
    """All that can be seen of a mailbox that SQL deleted and made anew."""
    Mailbox.objects.update(password=_hash("the next one 12"))


def by_deletion(root: Actor) -> None:
    delete_mailbox(actor=root, email=ANNA)


def by_removal_of_factors(root: Actor) -> None:
    by_password_change(root)
    confirming.remove_factors(actor=root, email=ANNA)


def _hash(password: str) -> str:
    return hash_password(password, Scheme.SHA512_CRYPT, 5000)


@pytest.mark.parametrize(
    "given_away", [by_page, by_sql, by_password_change, by_deletion, by_removal_of_factors]
)
def test_whoever_gets_the_address_next_is_known_nowhere(
    annas: Client, root: Actor, given_away: Callable[[Actor], None]
) -> None:
    given_away(root)
    assert known(annas) == (False, False)


def test_nor_does_the_next_ones_sign_in_bring_the_former_places_back(
    annas: Client, root: Actor
) -> None:
    by_page(root)
    other = Client()
    answer = other.post(
        "/login/", {"username": ANNA, "password": PASSWORD}, REMOTE_ADDR="198.51.100.1"
    )
    assert answer.status_code == 302
    assert known(annas) == (False, False)


def test_who_is_confirmed_is_known_again(annas: Client, root: Actor) -> None:
    by_password_change(root)
    confirm_owner(User.objects.get(username=ANNA))
    assert known(annas) == (True, True)


@pytest.mark.parametrize("change", ["password", "suspended"])
def test_what_the_panel_changes_leaves_the_owner_known(annas, root, change) -> None:
    if change == "password":
        set_mailbox_password(actor=root, email=ANNA, password="another horse 43 battery")
    else:
        suspend_mailbox(actor=root, email=ANNA)
    assert known(annas) == (True, True)


def test_an_operator_of_the_same_name_is_another(superadmin: User) -> None:
    browser = enter("alice")
    assert known(browser, "alice") == (True, True)
    superadmin.delete()
    User.objects.create(username="alice", kind=Kind.OPERATOR)
    assert known(browser, "alice") == (False, False)


def test_the_first_second_factor_forgets_where_the_password_was_enough(annas: Client) -> None:
    user = User.objects.get(username=ANNA)
    key = annas.session.session_key
    services.set_up_authenticator(actor=user.actor(), secret=SECRET, code=number(), session_key=key)
    assert known(annas) == (False, False)


def test_the_cookie_of_a_browser_survives_those_who_used_it(annas: Client, root: Actor) -> None:
    before = annas.cookies[throttle.COOKIE].value
    delete_mailbox(actor=root, email=ANNA)
    owner_of(create_mailbox(actor=root, email="bert@a.test", password=PASSWORD))
    enter("bert@a.test", browser=Client())
    assert annas.cookies[throttle.COOKIE].value == before
    assert KnownPlace.objects.filter(user=None).exists()


@pytest.mark.parametrize("name", [ANNA, "bob", "nobody", "nobody@a.test"])
def test_a_stranger_costs_the_same_questions_whatever_name_he_tries(
    annas: Client, domain_admin: User, django_assert_num_queries, name: str
) -> None:
    enter("bob")
    request = RequestFactory().post("/login/", REMOTE_ADDR="198.51.100.1")
    with django_assert_num_queries(1):
        throttle.attempt_of(request, name, Method.PASSWORD)
