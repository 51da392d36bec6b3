"""Guessing gets slower and slower, and its victim is not locked out for long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import throttle
from accounts.models import KnownPlace, SignInFailures, User
from accounts.second_factor.checking import Method
from accounts.throttle import NAME, NETWORK, NUMBERS, OWN, Attempt
from audit.models import Entry
from tests.conftest import PASSWORD

from .conftest import ANNA, CODE, give_authenticator, give_code, number, sign_in, wrong_number

SLOW = "Too many attempts have failed. Try again in"
STEP = "/login/step/"


def guess(name: str, times: int, address: str = "192.0.2.1", client: Client | None = None) -> str:
    """Wrong passwords from one address; the last page."""
    client = client or Client()
    for _ in range(times):
        response = client.post(
            "/login/", {"username": name, "password": "not it"}, REMOTE_ADDR=address
        )
    assert response.status_code == 200
    return response.content.decode()


def right(name: str, address: str = "192.0.2.1", client: Client | None = None):
    return (client or Client()).post(
        "/login/", {"username": name, "password": PASSWORD}, REMOTE_ADDR=address
    )


def after(**span: float) -> None:
    """So much time passes, as far as the counters know."""
    step = timedelta(**span)
    for row in SignInFailures.objects.all():
        row.waits_until = row.waits_until and row.waits_until - step
        row.expires_at -= step
        row.save()


@pytest.mark.parametrize(
    ("rule", "waits"),
    [
        (OWN, [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (13, 512), (14, 900), (10_000, 900)]),
        (NETWORK, [(49, 0), (50, 2), (60, 600), (10**9, 600)]),
        (NAME, [(59, 0), (60, 10), (61, 20), (65, 180), (10_000, 180)]),
        (NUMBERS, [(9, 0), (10, 60), (11, 120), (14, 900), (500, 900)]),
    ],
)
def test_waits_double_up_to_an_end(rule, waits):
    assert [(n, rule.wait(n).total_seconds()) for n, _ in waits] == waits


@pytest.mark.parametrize("name", ["alice", ANNA, "nobody", "nobody@a.test", "nobody@nowhere.test"])
def test_after_five_failures_the_next_waits_whoever_it_is(superadmin, anna, name):
    assert SLOW not in guess(name, 5)
    page = guess(name, 1)
    assert SLOW + " 2 seconds" in page
    assert 'aria-invalid="true"' in page


def test_a_right_password_waits_as_well(superadmin):
    guess("alice", 5)
    assert SLOW in right("alice").content.decode()
    after(seconds=3)
    assert right("alice").status_code == 302


def test_waiting_is_not_prolonged_by_trying(superadmin):
    guess("alice", 5)
    first = SignInFailures.objects.order_by("-failures").first().waits_until
    guess("alice", 20)
    assert SignInFailures.objects.order_by("-failures").first().waits_until == first


def test_the_wait_grows_and_is_said_in_minutes(superadmin):
    for _ in range(14):
        guess("alice", 1)
        after(minutes=15)
        # The failures are remembered meanwhile.
        SignInFailures.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    guess("alice", 1)
    assert "Try again in 15 minutes" in guess("alice", 1)


def test_failures_elsewhere_do_not_slow_the_owner(anna):
    guess(ANNA, 10, "198.51.100.7")
    assert right(ANNA, "192.0.2.1").status_code == 302


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::2", True),
        ("2001:db8:1:1::1", "2001:db8:1:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_an_ipv6_network_is_a_64(superadmin, first, second, same):
    guess("alice", 5, first)
    assert (SLOW in guess("alice", 1, second)) is same


@pytest.mark.parametrize("variant", ["ALICE", " alice ", "Alice", "\uff41lice"])
def test_another_spelling_of_the_name_is_the_same_name(superadmin, variant):
    guess("alice", 5)
    assert SLOW in guess(variant, 1)


def test_success_forgets_the_failures(superadmin):
    guess("alice", 4)
    assert right("alice").status_code == 302
    assert SLOW not in guess("alice", 4)


def test_failures_are_forgotten_after_an_hour(superadmin):
    guess("alice", 5)
    after(hours=1, seconds=1)
    assert SLOW not in guess("alice", 4)


def test_a_browser_that_has_signed_in_is_not_slowed_by_its_neighbours(anna):
    mine = Client()
    assert right(ANNA, client=mine).status_code == 302
    mine.post("/logout/")
    guess(ANNA, 10)
    assert SLOW in right(ANNA).content.decode()
    assert right(ANNA, client=mine).status_code == 302


def test_but_by_its_own_failures(anna):
    mine = Client()
    right(ANNA, client=mine)
    mine.post("/logout/")
    assert SLOW in guess(ANNA, 6, client=mine)


def test_its_cookie_is_good_for_one_name(anna, superadmin):
    mine = Client()
    right(ANNA, client=mine)
    mine.post("/logout/")
    guess("alice", 5)
    assert SLOW in right("alice", client=mine).content.decode()


def test_a_browser_of_two_people_keeps_one_cookie(anna, superadmin):
    browser = Client()
    right(ANNA, client=browser)
    first = browser.cookies[throttle.COOKIE].value
    browser.post("/logout/")
    right("alice", client=browser)
    assert browser.cookies[throttle.COOKIE].value == first
    browser.post("/logout/")
    guess("alice", 6)
    guess(ANNA, 6)
    assert right(ANNA, client=browser).status_code == 302


def test_a_cookie_that_is_not_ours_is_replaced(anna):
    browser = Client()
    browser.cookies[throttle.COOKIE] = "planted"
    right(ANNA, client=browser)
    assert browser.cookies[throttle.COOKIE].value != "planted"


def test_the_cookie_opens_nothing_and_says_nothing(anna):
    browser = Client()
    cookie = right(ANNA, client=browser).cookies[throttle.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    thief = Client()
    thief.cookies[throttle.COOKIE] = cookie.value
    assert thief.get("/account/").status_code == 302
    assert not KnownPlace.objects.filter(key__contains=cookie.value[:8]).exists()


def test_one_password_on_many_names_slows_the_network(db):
    for count in range(NETWORK.free):
        assert SLOW not in guess(f"name{count}@a.test", 1)
    assert SLOW in guess("another@a.test", 1)
    assert SLOW not in guess("another@a.test", 1, "198.51.100.7")


def test_many_networks_slow_a_name_for_a_few_minutes(superadmin):
    for count in range(NAME.free):
        assert SLOW not in guess("alice", 1, f"198.51.100.{count}")
    assert SLOW in right("alice", "203.0.113.1").content.decode()
    after(minutes=3)
    assert right("alice", "203.0.113.1").status_code == 302


def test_but_not_where_it_has_signed_in(superadmin):
    right("alice", "203.0.113.1")
    for count in range(NAME.free):
        guess("alice", 1, f"198.51.100.{count}")
    assert SLOW in right("alice", "203.0.113.2").content.decode()
    assert right("alice", "203.0.113.1").status_code == 302


def test_numbers_are_counted_wherever_they_come_from(superadmin):
    """Who guesses them knows the password."""
    give_code(give_authenticator(superadmin))
    for count in range(NUMBERS.free):
        client = Client()
        address = f"198.51.100.{count}"
        right("alice", address, client)
        client.post(STEP, {"code": wrong_number()}, REMOTE_ADDR=address)
    client = Client()
    right("alice", "203.0.113.1", client)
    page = client.post(STEP, {"code": number()}, REMOTE_ADDR="203.0.113.1").content.decode()
    assert SLOW + " 60 seconds" in page
    # A recovery code cannot be guessed, so it still opens.
    response = client.post(STEP, {"code": CODE}, REMOTE_ADDR="203.0.113.1")
    assert response.status_code == 302


def guess_numbers(times: int, first: int = 0, addresses: int = 250) -> None:
    """Somebody has Alice's password, and guesses from many networks."""
    for count in range(first, first + times):
        client = Client()
        address = f"198.51.100.{count % addresses}"
        right("alice", address, client)
        client.post(STEP, {"code": wrong_number()}, REMOTE_ADDR=address)


@pytest.mark.parametrize("same_browser", [True, False])
def test_guessed_numbers_do_not_lock_the_owner_out_where_she_is_known(superadmin, same_browser):
    client = Client()
    right("alice", "203.0.113.1", client)
    give_authenticator(superadmin)
    client.post("/logout/")
    guess_numbers(NUMBERS.free + 5)
    if not same_browser:
        client = Client()
    assert right("alice", "203.0.113.1", client)["Location"] == STEP
    response = client.post(STEP, {"code": number()}, REMOTE_ADDR="203.0.113.1")
    assert response.status_code == 302
    # That does not give the guesses elsewhere back.
    client = Client()
    right("alice", "198.51.100.77", client)
    page = client.post(STEP, {"code": number(1)}, REMOTE_ADDR="198.51.100.77")
    assert SLOW in page.content.decode()


def test_where_she_is_known_guesses_are_bounded_as_well(superadmin, monkeypatch):
    monkeypatch.setattr(throttle, "OWN", replace(OWN, free=1000))
    client = Client()
    right("alice", "203.0.113.1", client)
    give_authenticator(superadmin)
    for _ in range(NUMBERS.free):
        # A stranger in her network.
        stranger = Client()
        right("alice", "203.0.113.1", stranger)
        stranger.post(STEP, {"code": wrong_number()}, REMOTE_ADDR="203.0.113.1")
    stranger = Client()
    right("alice", "203.0.113.1", stranger)
    page = stranger.post(STEP, {"code": number()}, REMOTE_ADDR="203.0.113.1")
    assert SLOW + " 60 seconds" in page.content.decode()


def guesses(rule, minutes: float) -> int:
    """How many guesses somebody has within this time who never pauses."""
    made, now = 0, 0.0
    while now < minutes:
        made += 1
        now += rule.wait(made).total_seconds() / 60
    return made


@pytest.mark.parametrize(
    ("days", "most", "percent"), [(1, 108, 0.033), (30, 2892, 0.87), (365, 35_052, 10.0)]
)
def test_guessing_numbers_is_a_bad_bet(days, most, percent):
    """As docs/sign-in.md says: three numbers of a million fit at a time."""
    assert guesses(NUMBERS, days * 24 * 60) == most
    assert 100 * (1 - (1 - 3e-6) ** most) == pytest.approx(percent, rel=0.02)
    # Whoever waits until all is forgotten has no more.
    paused = guesses(NUMBERS, 15) * days
    assert paused < most


def test_the_right_password_alone_forgets_nothing(superadmin):
    give_authenticator(superadmin)
    client = Client()
    for _ in range(5):
        right("alice", client=client)
        page = client.post(STEP, {"code": wrong_number()}, REMOTE_ADDR="192.0.2.1")
        assert SLOW not in page.content.decode()
    assert SLOW in right("alice").content.decode()


def test_right_passwords_are_no_failures(superadmin):
    give_authenticator(superadmin)
    for _ in range(8):
        assert right("alice")["Location"] == STEP


def test_recovery_codes_and_the_password_asked_again_are_slowed_too(superadmin):
    give_authenticator(superadmin)
    client = Client()
    right("alice", client=client)
    for _ in range(5):
        client.post(STEP, {"code": "aaaa-bbbb-cccc-dddd"}, REMOTE_ADDR="192.0.2.1")
    page = client.post(STEP, {"code": CODE}, REMOTE_ADDR="192.0.2.1").content.decode()
    assert SLOW in page


def test_a_stolen_session_does_not_guess_the_password(superadmin):
    client = Client()
    sign_in(client, "alice")
    for _ in range(5):
        client.post("/login/again/", {"password": "not it"})
    assert SLOW in client.post("/login/again/", {"password": PASSWORD}).content.decode()


def test_passkeys_are_slowed_too(db):
    client = Client(HTTP_HOST="localhost")
    for _ in range(5):
        client.post("/login/passkey/", {"credential": "{}"})
    page = client.post("/login/passkey/", {"credential": "{}"}).content.decode()
    assert SLOW in page


def test_of_many_at_once_few_get_through(superadmin):
    """All of them ask before the first has failed."""
    attempt = Attempt("alice", "alice", "192.0.2.1", "192.0.2.1", Method.PASSWORD)
    assert sum(throttle.begin(attempt) == 0 for _ in range(50)) == OWN.free


def test_a_locked_out_attempt_is_in_both_logs(superadmin, caplog):
    guess("alice", 6)
    assert 'refused address=192.0.2.1 method=password reason=locked_out name="alice"' in caplog.text
    reasons = [entry.changes["reason"][1] for entry in Entry.objects.order_by("id")]
    assert reasons == ["mismatch", "locked_out"]


def test_what_is_forgotten_is_deleted(superadmin, anna):
    guess("alice", 3)
    right(ANNA)
    old = timezone.now() - timedelta(seconds=1)
    SignInFailures.objects.update(expires_at=old)
    KnownPlace.objects.update(expires_at=old)
    throttle.prune()
    assert not SignInFailures.objects.exists()
    assert not KnownPlace.objects.exists()


def test_the_counters_tell_no_names(superadmin):
    guess("alice", 1)
    for row in SignInFailures.objects.all():
        assert len(row.key) == 64
        assert "alice" not in row.key
        assert "192" not in str(row)


def test_names_of_any_kind_are_counted(db):
    for name in ("x" * 5000, "'; DROP TABLE users", "😀", "\u202e"):
        guess(name, 1)


def test_no_user_is_made_by_trying(db):
    guess("nobody@a.test", 2)
    assert not User.objects.exists()
