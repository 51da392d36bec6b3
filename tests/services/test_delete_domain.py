"""Deleting a virtual domain, with or without what hangs on it."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from audit.actor import Actor, ActorKind
from audit.models import Entry
from domains.models import Domain, Transport
from mailboxes.dependents import domain_dependents
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.domains import delete_domain


@pytest.fixture
def world(rows):
    rows(
        domains="a.test b.test xa.test",
        mailboxes="anna@a.test ben@a.test anna@b.test anna@xa.test",
        forwardings={
            "@a.test": "anna@a.test",
            "info@a.test": "anna@b.test",
            "one@b.test": "anna@a.test",
            "two@b.test": "anna@a.test, anna@b.test",
            "three@b.test": "anna@xa.test",
            "four@b.test": "x@a.test.example",
        },
        transports={
            "a.test": "smtp:",
            ".a.test": "smtp:",
            "x@a.test": "error:x",
            "b.test": "smtp:",
            "sub.a.test": "smtp:",
        },
    )


def keys(model):
    return sorted(model.objects.values_list("pk", flat=True))


def test_it_takes_all_that_hangs_on_it_and_nothing_else(world, root):
    delete_domain(actor=root, domain="a.test")
    assert keys(Domain) == ["b.test", "xa.test"]
    assert keys(Mailbox) == ["anna@b.test", "anna@xa.test"]
    assert dict(Forwarding.objects.values_list("source", "destination")) == {
        "two@b.test": "anna@b.test",
        "three@b.test": "anna@xa.test",
        "four@b.test": "x@a.test.example",
    }
    assert keys(Transport) == ["b.test", "sub.a.test"]


def test_it_keeps_everything_else_when_told_so(world, root):
    before = (keys(Mailbox), keys(Forwarding), keys(Transport))
    delete_domain(actor=root, domain="a.test", dependents="keep")
    assert keys(Domain) == ["b.test", "xa.test"]
    assert (keys(Mailbox), keys(Forwarding), keys(Transport)) == before


def test_it_logs_each_object_in_one_group(world, root):
    delete_domain(actor=root, domain="a.test")
    entries = Entry.objects.order_by("id")
    assert entries.values("group").distinct().count() == 1
    assert sorted((entry.action, entry.object_key) for entry in entries) == [
        ("change_forwarding", "two@b.test"),
        ("delete_domain", "a.test"),
        ("delete_forwarding", "@a.test"),
        ("delete_forwarding", "info@a.test"),
        ("delete_forwarding", "one@b.test"),
        ("delete_mailbox", "anna@a.test"),
        ("delete_mailbox", "ben@a.test"),
        ("delete_transport", ".a.test"),
        ("delete_transport", "a.test"),
        ("delete_transport", "x@a.test"),
    ]


def test_the_preview_says_what_will_go(world):
    found = domain_dependents("a.test")
    assert found.mailboxes.keys == ["anna@a.test", "ben@a.test"]
    assert sorted(found.forwardings_from.keys) == ["@a.test", "info@a.test"]
    assert sorted(found.forwardings_to.keys) == ["one@b.test", "two@b.test"]
    assert sorted(found.transports.keys) == [".a.test", "a.test", "x@a.test"]


def test_a_domain_of_many_rows_is_shown_in_part_and_deleted_whole(rows, root):
    rows(domains="a.test")
    Mailbox.objects.bulk_create(
        [Mailbox(email=f"m{number:04}@a.test", password="{PLAIN}x") for number in range(1200)]
    )
    found = domain_dependents("a.test").mailboxes
    assert (len(found.keys), found.count, found.more) == (20, 1000, True)
    delete_domain(actor=root, domain="a.test")
    assert not Mailbox.objects.exists()
    assert Entry.objects.filter(action="delete_mailbox").count() == 1200


def test_it_is_for_superadmins(world):
    bob = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
    with pytest.raises(PermissionDenied):
        delete_domain(actor=bob, domain="a.test")


def test_a_domain_that_is_not_there(db, root):
    with pytest.raises(Domain.DoesNotExist):
        delete_domain(actor=root, domain="a.test")
