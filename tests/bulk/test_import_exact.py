"""Rows taken exactly as they were exported: the four tables come back byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import User
from audit.actor import Actor
from bulk.models import State
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from tests.bulk.importing import HASH, exported, imported, lines, planned, undone, wipe
from tests.undo.snapshot import snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def odd_rows(db: None) -> None:
    """What only SQL writes, and the panel would refuse."""
    for name in ("a.test", "Große.test", "nodot"):
        Domain.objects.create(domain=name)
    for email, password in (
        ("anna@a.test", HASH),
        ("CAPITALS@A.test", "{PLAIN}secret"),
        ("with blank @a.test", ""),
        ("jörg@a.test", "rl0uE0wO1zY3Y"),
        ("no-at", "{CRYPT}$!${SHA512-CRYPT}$6$x"),
        ("quote'\"@a.test", "not a hash"),
    ):
        Mailbox.objects.create(email=email, password=password)
    Forwarding.objects.create(source="a@a.test", destination="b@a.test")
    Forwarding.objects.create(source="b@a.test", destination="a@a.test")
    Forwarding.objects.create(source="x@a.test", destination=" nobody@a.test ,\n|/bin/sh")
    Forwarding.objects.create(source="empty@a.test", destination="")
    Transport.objects.create(domain="", transport="nonsense::")
    Transport.objects.create(domain="*", transport="smtp:[192.0.2.1]")


def test_the_round_trip_is_exact_and_can_be_undone(root: Actor, odd_rows: None) -> None:
    before, document = snapshot(), exported()
    wipe()
    job = imported(root, document)
    assert (job.state, job.failed, set(job.counts)) == (State.DONE, 0, {"create"})
    assert snapshot() == before
    undone(root, job)
    assert not any(snapshot().values())


def test_what_the_services_would_refuse_is_said_and_taken(root: Actor, odd_rows: None) -> None:
    document = exported()
    wipe()
    codes = {code for _line, verdict, codes in lines(planned(root, document)) for code in codes}
    assert {"domain.no_dot", "hash.weak", "local.blank", "loop", "transport.key_empty"} <= codes


def one_mailbox(**row: Any) -> str:
    return json.dumps({"mailadmin": 1, "exact": True, "hashes": True, "mailboxes": [row]})


def test_a_column_that_is_not_there_stops_it(root: Actor) -> None:
    job = planned(root, one_mailbox(email="x@a.test", password=HASH, quota=1))
    assert (job.state, job.reason) == (State.REFUSED, "exact.column")
    assert "quota" in job.options["unreadable"]


def test_rows_that_are_there_stay_unless_they_shall_be_changed(root: Actor) -> None:
    Mailbox.objects.create(email="X@a.test", password="{PLAIN}old")
    same = one_mailbox(email="X@a.test", password="{PLAIN}old")
    assert [one[1] for one in lines(planned(root, same))] == ["same"]

    other = one_mailbox(email="X@a.test", password="{PLAIN}new")
    assert [one[1:] for one in lines(planned(root, other))] == [("refused", ["duplicate"])]
    job = imported(root, other, update=True)
    assert Mailbox.objects.get(pk="X@a.test").password == "{PLAIN}new"
    undone(root, job)
    assert Mailbox.objects.get(pk="X@a.test").password == "{PLAIN}old"


def test_a_domain_admin_gets_no_exact_import(db: None) -> None:
    """The same file is ordinary rows to him, with every rule."""
    Domain.objects.create(domain="a.test")
    bob = User.objects.create(username="bob")
    bob.grants.create(domain="a.test")
    rows = [
        {"email": "Capitals@a.test", "password": HASH},
        {"email": "x@other.test", "password": HASH},
        {"email": "with blank@a.test", "password": HASH},
    ]
    document = json.dumps({"mailadmin": 1, "exact": True, "hashes": True, "mailboxes": rows})
    job = imported(bob.actor(), document)
    assert [one[1:] for one in lines(job)] == [
        ("create", []),
        ("refused", ["outside_domains"]),
        ("refused", ["local.blank"]),
    ]
    assert list(Mailbox.objects.values_list("pk", flat=True)) == ["capitals@a.test"]
