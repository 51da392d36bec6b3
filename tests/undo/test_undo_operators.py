"""Undo of what was done to operators: grants, roles, limits, disabled ones; and what cannot be."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.services import (
    add_operator,
    change_operator,
    create_operator,
    delete_operator,
    grant_domains,
    revoke_domains,
    set_operator_active,
    set_operator_password,
)
from audit.models import Entry
from audit.refusals import codes_of
from domains.models import Domain
from domains.services import create_domain
from mailboxes.services.domains import delete_domain
from undo.services import plan_undo, undo

SECRET = "correct horse 42 battery"


@pytest.fixture
def bob(db, root) -> User:
    for name in ("a.test", "b.test", "c.test"):
        Domain.objects.create(domain=name)
    create_operator(actor=root, name="root", password=SECRET, superadmin=True)
    return add_operator(
        actor=root,
        name="bob",
        password=SECRET,
        superadmin=False,
        domains=["a.test", "b.test"],
        max_mailboxes=5,
    )


def state() -> tuple[object, ...]:
    user = User.objects.get(username="bob")
    grants = sorted(user.grants.values_list("domain", flat=True))
    return (user.is_superadmin, user.is_active, user.max_mailboxes, user.max_forwardings, grants)


def newest() -> Entry:
    return Entry.objects.first()


def refusal(root, entry: Entry, **options: bool) -> list[str]:
    try:
        undo(actor=root, entry_id=entry.pk, **options)
    except ValidationError as error:
        return codes_of(error)
    return []


CHANGES = {
    "grant": lambda root: grant_domains(actor=root, name="bob", domains=["c.test"]),
    "two grants": lambda root: grant_domains(actor=root, name="bob", domains=["c.test", "d.test"]),
    "revoke": lambda root: revoke_domains(actor=root, name="bob", domains=["a.test", "b.test"]),
    "disable": lambda root: set_operator_active(actor=root, name="bob", active=False),
    "limits": lambda root: change_operator(
        actor=root,
        name="bob",
        superadmin=False,
        domains=["a.test", "b.test"],
        max_forwardings=3,
    ),
    "superadmin": lambda root: change_operator(actor=root, name="bob", superadmin=True, domains=[]),
    "all at once": lambda root: change_operator(
        actor=root, name="bob", superadmin=False, domains=["b.test", "c.test"], max_mailboxes=9
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_it_goes_back_and_forth(bob, root, what) -> None:
    before = state()
    CHANGES[what](root)
    entry, after = newest(), state()
    assert after != before
    first = undo(actor=root, entry_id=entry.pk)
    assert state() == before
    assert Entry.objects.filter(group=entry.group, undone=False).count() == 0
    undo(actor=root, entry_id=first.entries[0].pk)
    assert state() == after


def test_a_superadmin_who_became_a_domain_admin_is_one_again(bob, root) -> None:
    change_operator(actor=root, name="bob", superadmin=True, domains=[])
    before = state()
    change_operator(actor=root, name="bob", superadmin=False, domains=["c.test"])
    undo(actor=root, entry_id=newest().pk)
    assert state() == before


def test_what_changed_since_stands_in_the_way(bob, root) -> None:
    grant_domains(actor=root, name="bob", domains=["c.test"])
    entry = newest()
    revoke_domains(actor=root, name="bob", domains=["c.test"])
    assert refusal(root, entry) == ["changed"]
    delete_operator(actor=root, name="bob")
    assert refusal(root, entry) == ["gone"]


def test_another_operator_of_the_same_name_gets_nothing_of_the_former(bob, root) -> None:
    revoke_domains(actor=root, name="bob", domains=["a.test"])
    entry = newest()
    delete_operator(actor=root, name="bob")
    create_operator(actor=root, name="bob", password=SECRET)
    added = newest()
    (obstacle,) = plan_undo(actor=root, entry_id=entry.pk).obstacles
    assert (obstacle.code, obstacle.newer) == ("gone", added)
    assert refusal(root, entry) == ["gone"]
    assert state() == (False, True, None, None, [])


def test_a_grant_that_comes_back_is_of_the_domain_it_was_given_for(bob, root) -> None:
    """Not of another one that has its name when the revocation is undone."""
    in_force = User.objects.get(username="bob").grants.in_force
    grant_domains(actor=root, name="bob", domains=["new.test"])
    create_domain(actor=root, domain="new.test")
    created = newest()
    for _time in range(2):
        revoke_domains(actor=root, name="bob", domains=["new.test"])
        undo(actor=root, entry_id=newest().pk)
        assert in_force().filter(domain="new.test").exists()
    # It was given before there was such a domain, and so it still is.
    undo(actor=root, entry_id=created.pk)
    assert in_force().filter(domain="new.test").exists()
    create_domain(actor=root, domain="new.test")
    delete_domain(actor=root, domain="new.test")
    create_domain(actor=root, domain="new.test")
    revoke_domains(actor=root, name="bob", domains=["new.test"])
    undo(actor=root, entry_id=newest().pk)
    assert not in_force().filter(domain="new.test").exists()
    assert newest().domain == ""


def test_a_renewed_grant_that_is_taken_back_is_the_former_one(bob, root) -> None:
    in_force = User.objects.get(username="bob").grants.in_force().filter(domain="old.test")
    create_domain(actor=root, domain="old.test")
    grant_domains(actor=root, name="bob", domains=["old.test"])
    delete_domain(actor=root, domain="old.test")
    deleted = newest()
    grant_domains(actor=root, name="bob", domains=["old.test"])
    undo(actor=root, entry_id=newest().pk)
    assert not in_force.exists()
    undo(actor=root, entry_id=deleted.pk)
    assert in_force.exists()


def test_a_role_alone_is_set_back_and_grants_stay_as_they_are(bob, root) -> None:
    change_operator(actor=root, name="bob", superadmin=True, domains=[])
    change_operator(actor=root, name="bob", superadmin=False, domains=["c.test"])
    role = Entry.objects.filter(action="change_operator").first()
    undo(actor=root, entry_id=role.pk, whole=False)
    assert state() == (True, True, None, None, ["c.test"])


def test_the_last_superadmin_stays(bob, root) -> None:
    set_operator_active(actor=root, name="bob", active=True)
    change_operator(actor=root, name="bob", superadmin=True, domains=[])
    entry = newest()
    set_operator_active(actor=root, name="root", active=False)
    assert refusal(root, entry) == ["last_superadmin"]
    assert User.objects.get(username="bob").is_superadmin


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda root: set_operator_password(actor=root, name="bob", password=SECRET), "set a new"),
        (lambda root: delete_operator(actor=root, name="bob"), "add him anew"),
        (
            lambda root: create_operator(actor=root, name="carol", password=SECRET),
            "delete him instead",
        ),
    ],
)
def test_what_does_not_come_back_says_so(bob, root, what, words) -> None:
    what(root)
    with pytest.raises(ValidationError) as caught:
        undo(actor=root, entry_id=newest().pk)
    assert codes_of(caught.value) == ["not_undoable"]
    assert words in str(caught.value)
