"""Mails with links are sent so many times an hour, for each address and from each network."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.link_requests import MOST_FOR_A_NAME, MOST_FROM_A_NETWORK, may_ask, network_of
from accounts.models import LinkRequest

from .conftest import ANNA


def ask(address: str = ANNA, network: str = "192.0.2.1") -> str:
    answer = Client(REMOTE_ADDR=network).post("/recover/", {"address": address})
    return f"{answer.status_code} {answer['Location']}"


def test_an_address_gets_so_many_mails_and_the_answer_stays_the_same(recoverable):
    answers = {ask(network=f"192.0.2.{n}") for n in range(MOST_FOR_A_NAME + 4)}
    assert answers == {"302 /recover/sent/"}
    assert len(mail.outbox) == MOST_FOR_A_NAME


@pytest.mark.parametrize("spelling", ["ANNA@a.test", " anna@A.TEST  "])
def test_another_spelling_is_the_same_address(recoverable, spelling):
    for _ in range(MOST_FOR_A_NAME):
        ask()
    ask(spelling)
    assert len(mail.outbox) == MOST_FOR_A_NAME


def test_a_network_asks_so_many_times_whatever_the_addresses(recoverable):
    for n in range(MOST_FROM_A_NETWORK):
        ask(f"x{n}@a.test")
    assert ask() == "302 /recover/sent/"
    assert mail.outbox == []
    ask(network="192.0.2.2")
    assert len(mail.outbox) == 1


def test_an_hour_later_it_works_again(recoverable):
    for _ in range(MOST_FOR_A_NAME + 1):
        ask()
    LinkRequest.objects.update(at=timezone.now() - timedelta(minutes=61))
    ask()
    assert len(mail.outbox) == MOST_FOR_A_NAME + 1
    assert LinkRequest.objects.count() == 1, "old ones are thrown away"


def test_what_is_refused_does_not_lock_the_owner_out_for_longer(db):
    for _ in range(MOST_FOR_A_NAME):
        assert may_ask(ANNA, "192.0.2.1")
    for _ in range(50):
        assert not may_ask(ANNA, "198.51.100.7")
    assert LinkRequest.objects.count() == MOST_FOR_A_NAME


def test_the_table_tells_neither_addresses_nor_networks(recoverable):
    ask()
    row = LinkRequest.objects.values().get()
    assert "anna" not in str(row)
    assert "192.0.2" not in str(row)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::7", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("no address", ""),
    ],
)
def test_a_network_is(address, network):
    assert network_of(address) == network
