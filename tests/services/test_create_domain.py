"""Making a virtual domain."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from audit.actor import Actor, ActorKind
from audit.models import Entry
from domains.models import Domain
from domains.services import create_domain


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("example.org", "example.org"),
        ("  Example.ORG. ", "example.org"),
        ("müller.example", "xn--mller-kva.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("BÜCHER.Example", "xn--bcher-kva.example"),
        ("a.test", "a.test"),
        ("mail.local", "mail.local"),
        ("1und1.example", "1und1.example"),
    ],
)
def test_it_stores_the_a_label_in_lower_case(db, root, typed, stored):
    create_domain(actor=root, domain=typed)
    assert [row.domain for row in Domain.objects.all()] == [stored]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "domain.empty"),
        ("   ", "domain.empty"),
        ("example", "domain.no_dot"),
        ("-a.example", "domain.syntax"),
        ("a_b.example", "domain.syntax"),
        ("a..example", "domain.syntax"),
        ("a b.example", "domain.syntax"),
        ("192.0.2.1", "domain.ip"),
        ("a" * 64 + ".example", "domain.label_too_long"),
        (".".join(["a" * 60] * 5), "domain.too_long"),
    ],
)
def test_it_refuses_what_is_no_domain(db, root, refusal, typed, code):
    assert refusal(create_domain, actor=root, domain=typed, force=True) == [code]
    assert not Domain.objects.exists()
    assert not Entry.objects.exists()


def test_it_refuses_a_domain_that_is_there(root, rows, refusal):
    rows(domains="a.test")
    assert refusal(create_domain, actor=root, domain="A.test", force=True) == ["duplicate"]


def test_it_is_for_superadmins(db):
    bob = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
    with pytest.raises(PermissionDenied):
        create_domain(actor=bob, domain="a.test")


def test_it_writes_the_change_log_in_the_same_transaction(db, root):
    create_domain(actor=root, domain="a.test")
    entry = Entry.objects.get()
    assert (entry.action, entry.object_type, entry.object_key, entry.actor, entry.actor_kind) == (
        "create_domain",
        "domain",
        "a.test",
        "root",
        "command",
    )
    assert entry.changes == {"domain": [None, "a.test"]}
