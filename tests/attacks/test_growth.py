"""Whoever tries names all night fills neither a table nor the memory, and waits nobody out."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import throttle
from accounts.models import KnownPlace, LinkRequest, Session, SignInFailures
from accounts.throttle import NAME, NETWORK, attempt_of
from audit import sign_ins
from audit.models import Entry
from tests.conftest import PASSWORD

# More than a network has, by so many.
MORE = 30


def guess(name: str, address: str = "192.0.2.1", client: Client | None = None):
    data = {"username": name, "password": "wrong"}
    return (client or Client()).post("/login/", data, REMOTE_ADDR=address)


def fail(rf, name: str, address: str) -> None:
    """As `guess`, without the page."""
    attempt = attempt_of(rf.post("/login/", REMOTE_ADDR=address), name, throttle.Method.PASSWORD)
    if throttle.begin(attempt) == 0:
        throttle.failed(attempt)


def test_one_network_makes_no_more_rows_than_it_has_attempts(db, rf):
    for number in range(NETWORK.free + MORE):
        fail(rf, f"name{number}@a.test", "192.0.2.1")
    # A row for each name from there, one for the name anywhere, one for the network; a few more
    # where the machine is so slow that a wait is over.
    assert SignInFailures.objects.count() <= 2 * NETWORK.free + 1 + MORE // 2


def test_many_networks_write_so_many_entries_an_hour(db, monkeypatch):
    monkeypatch.setattr(sign_ins, "MOST_REFUSALS", 10)
    for number in range(20):
        guess(f"name{number}@a.test", f"198.51.100.{number}")
    assert Entry.objects.count() == 11
    assert not Session.objects.exists()
    assert not KnownPlace.objects.exists()


def test_what_is_over_is_thrown_away_by_others_attempts(db, monkeypatch):
    guess("old@a.test")
    SignInFailures.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    KnownPlace.objects.create(key="x", expires_at=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr("accounts.signing_in.PRUNED_EVERY", 1)
    guess("new@a.test", "198.51.100.1")
    assert SignInFailures.objects.count() == 3
    assert not KnownPlace.objects.exists()


def test_cookies_that_are_not_ours_make_no_row(db):
    for number in range(20):
        client = Client()
        client.cookies[throttle.COOKIE] = f"made up {number}"
        client.cookies["sessionid"] = f"{number:032}"
        guess(f"name{number}@a.test", client=client)
        client.get("/login/")
    assert not KnownPlace.objects.exists()
    assert not Session.objects.exists()


def test_requests_for_links_make_few_rows(db):
    for number in range(60):
        Client(REMOTE_ADDR="192.0.2.1").post("/recover/", {"address": f"x{number}@a.test"})
    assert LinkRequest.objects.count() == 20


@pytest.mark.parametrize(
    "name",
    [
        "\ufdfa" * 800_000,
        "\u0130" * 800_000,
        "a\u0301" * 800_000,
        " " * 2_000_000 + "alice",
        "@" * 2_000_000,
        "x" * 2_000_000 + "@a.test",
        "a" + "\u0301" * 1_000_000,
    ],
    ids=lambda name: ascii(name[:2]),
)
def test_a_long_name_costs_little(superadmin, rf, name):
    began = time.thread_time()
    attempt = attempt_of(rf.post("/login/"), name, throttle.Method.PASSWORD)
    assert len(attempt.name) <= 18 * throttle.NAME_LENGTH
    assert guess(name).status_code == 200
    assert time.thread_time() - began < 3
    assert all(len(entry.object_key) <= 255 for entry in Entry.objects.all())


@pytest.mark.parametrize("name", ["ali\0ce", "\0", "anna@a.test\0", "\ud800"])
def test_a_name_that_no_database_takes_is_refused(superadmin, name):
    data = {"username": name.encode("utf-8", "surrogatepass"), "password": "x"}
    assert Client().post("/login/", data).status_code in (200, 400)


def test_the_owner_gets_in_while_all_the_world_guesses(superadmin, rf):
    """From a known network, with a known browser, and after minutes from anywhere."""
    right = {"username": "alice", "password": PASSWORD}
    home, phone = Client(REMOTE_ADDR="203.0.113.1"), Client()
    assert home.post("/login/", right).status_code == 302
    assert phone.post("/login/", right, REMOTE_ADDR="203.0.113.2").status_code == 302
    phone.post("/logout/")
    for number in range(NAME.free + 20):
        fail(rf, "alice", f"2001:db8:{number:x}::1")
    # Of the network of a train with somebody who guesses in it.
    for _ in range(NETWORK.free):
        fail(rf, "somebody", "198.51.100.1")
    assert Client(REMOTE_ADDR="203.0.113.1").post("/login/", right).status_code == 302
    assert phone.post("/login/", right, REMOTE_ADDR="198.51.100.1").status_code == 302
    stranger = Client(REMOTE_ADDR="203.0.113.9")
    assert stranger.post("/login/", right).status_code == 200
    longest = SignInFailures.objects.order_by("-waits_until").first().waits_until
    assert longest <= timezone.now() + max(NAME.most, NETWORK.most)
