"""Making, locking and deleting mailboxes, and their passwords."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.refusals import ChangedMeanwhile
from domains.state import state_of
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import (
    change_own_password,
    create_mailbox,
    delete_mailbox,
    mailbox_row,
    resume_mailbox,
    set_mailbox_password,
    suspend_mailbox,
)
from mailkit.passwords import is_locked, verify

SECRET = "correct horse 42 battery"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Anna@A.test", "anna@a.test"),
        (" anna.b-c_d@a.test ", "anna.b-c_d@a.test"),
        ("anna@MÜLLER.example", "anna@xn--mller-kva.example"),
        ("0@a.test", "0@a.test"),
    ],
)
def test_it_stores_the_address_in_lower_case(root, rows, typed, stored):
    rows(domains="a.test xn--mller-kva.example")
    create_mailbox(actor=root, email=typed, password=SECRET)
    row = Mailbox.objects.get()
    assert row.email == stored
    assert row.password.startswith("{SHA512-CRYPT}$6$")
    assert verify(SECRET, row.password)


@pytest.mark.parametrize(
    ("email", "codes"),
    [
        ("anna", ["address.no_at"]),
        ("@a.test", ["local.empty"]),
        ("é@a.test", ["local.non_ascii"]),
        ("a b@a.test", ["local.blank"]),
        ("a..b@a.test", ["local.dots"]),
        ('"a b"@a.test', ["local.quoted"]),
        ("a" * 65 + "@a.test", ["local.too_long"]),
        ("anna+tag@a.test", ["local.delimiter"]),
        ("o'brien@a.test", ["local.not_for_sign_in"]),
        ("-anna@a.test", ["local.leading_hyphen"]),
        ("anna@nowhere.test", ["no_domain"]),
        ("anna@bad_domain.test", ["domain.syntax"]),
        ("taken@a.test", ["duplicate"]),
        ("forwarded@a.test", ["mail_taken_away"]),
        ("copied@a.test", []),
    ],
)
def test_it_refuses_or_warns(root, rows, refusal, email, codes):
    rows(
        domains="a.test",
        mailboxes="taken@a.test",
        forwardings={
            "forwarded@a.test": "taken@a.test",
            "copied@a.test": "copied@a.test, taken@a.test",
        },
    )
    assert refusal(create_mailbox, actor=root, email=email, password=SECRET) == codes
    assert Mailbox.objects.filter(pk=email).exists() == (codes in ([], ["duplicate"]))


@pytest.mark.parametrize("email", ["anna@nowhere.test", "forwarded@a.test"])
def test_a_warning_is_overruled_by_force(root, rows, email):
    rows(
        domains="a.test",
        mailboxes="b@a.test",
        forwardings={"forwarded@a.test": "b@a.test"},
    )
    create_mailbox(actor=root, email=email, password=SECRET, force=True)
    assert Mailbox.objects.filter(pk=email).exists()


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("", ["password.empty"]),
        ("tab\there is one", ["password.control"]),
        ("nul\0here is one", ["password.control"]),
        ("x" * 512, ["password.too_long"]),
        ("password", ["password.common"]),
        ("abc", ["password.common"]),
        ("{PLAIN}correct horse", []),
        ("$6$salt$looks like one", []),
        ("  blanks at both ends  ", []),
        ("Ünïcödé ☃ schnee", []),
        ("x" * 511, []),
    ],
)
def test_a_password_is_taken_whole_or_refused(root, rows, refusal, password, codes):
    rows(domains="a.test")
    found = refusal(create_mailbox, actor=root, email="a@a.test", password=password)
    assert found == codes
    if not codes:
        assert verify(password, Mailbox.objects.get().password)


def test_a_refused_address_and_password_are_told_at_once(root, rows, refusal):
    rows(domains="a.test")
    codes = refusal(create_mailbox, actor=root, email="a b@a.test", password="")
    assert codes == ["local.blank", "password.empty"]


def test_a_suspended_mailbox_keeps_its_hash_and_gets_it_back(root, rows):
    rows(domains="a.test")
    create_mailbox(actor=root, email="a@a.test", password=SECRET)
    before = Mailbox.objects.get().password
    suspend_mailbox(actor=root, email="a@a.test")
    locked = Mailbox.objects.get().password
    assert is_locked(locked)
    assert locked == "{CRYPT}$!$" + before
    assert not verify(SECRET, locked)
    suspend_mailbox(actor=root, email="a@a.test")
    assert Mailbox.objects.get().password == locked
    resume_mailbox(actor=root, email="a@a.test")
    assert Mailbox.objects.get().password == before


def test_a_new_password_leaves_a_suspended_mailbox_suspended(root, rows):
    rows(domains="a.test")
    create_mailbox(actor=root, email="a@a.test", password=SECRET)
    suspend_mailbox(actor=root, email="a@a.test")
    set_mailbox_password(actor=root, email="a@a.test", password="another horse 43")
    assert is_locked(Mailbox.objects.get().password)
    resume_mailbox(actor=root, email="a@a.test")
    assert verify("another horse 43", Mailbox.objects.get().password)


def test_an_owner_proves_the_old_password(root, rows, refusal):
    rows(domains="a.test")
    create_mailbox(actor=root, email="a@a.test", password=SECRET)
    owner = Actor(ActorKind.MAILBOX_OWNER, "a@a.test")
    wrong = refusal(
        change_own_password, actor=owner, old_password="wrong", new_password="another horse 43"
    )
    assert wrong == ["old_password"]
    change_own_password(actor=owner, old_password=SECRET, new_password="another horse 43")
    assert verify("another horse 43", Mailbox.objects.get().password)


def test_an_owner_changes_nobody_elses(root, rows):
    rows(domains="a.test", mailboxes="a@a.test b@a.test")
    owner = Actor(ActorKind.MAILBOX_OWNER, "a@a.test")
    with pytest.raises(PermissionDenied):
        set_mailbox_password(actor=owner, email="b@a.test", password=SECRET)
    with pytest.raises(PermissionDenied):
        delete_mailbox(actor=owner, email="b@a.test")


def test_a_form_open_in_two_tabs_saves_once(root, rows):
    rows(domains="a.test", mailboxes="a@a.test")
    opened = state_of(mailbox_row(Mailbox.objects.get()))
    set_mailbox_password(actor=root, email="a@a.test", password=SECRET, state=opened)
    with pytest.raises(ChangedMeanwhile):
        set_mailbox_password(
            actor=root, email="a@a.test", password="another horse 43", state=opened
        )
    assert verify(SECRET, Mailbox.objects.get().password)


@pytest.mark.parametrize(
    ("forwardings", "dependents", "expected"),
    [
        # The only target: the forwarding goes, or stays as it is.
        ({"f@a.test": "a@a.test"}, "remove", {}),
        ({"f@a.test": "a@a.test"}, "keep", {"f@a.test": "a@a.test"}),
        # One of several: the others stay.
        (
            {"f@a.test": "a@a.test, x@far.test"},
            "remove",
            {"f@a.test": "x@far.test"},
        ),
        # Its own forwarding with a copy goes on forwarding.
        (
            {"a@a.test": "a@a.test, x@far.test"},
            "remove",
            {"a@a.test": "x@far.test"},
        ),
        # The address still leads somewhere by its own forwarding or a catch-all: nothing is lost.
        (
            {"a@a.test": "x@far.test", "f@a.test": "a@a.test"},
            "remove",
            {"a@a.test": "x@far.test", "f@a.test": "a@a.test"},
        ),
        (
            {"@a.test": "b@a.test", "f@a.test": "a@a.test"},
            "remove",
            {"@a.test": "b@a.test", "f@a.test": "a@a.test"},
        ),
        # Names that merely contain it are left alone.
        (
            {"f@a.test": "aa@a.test, b@a.test", "g@a.test": "a@a.test.example"},
            "remove",
            {"f@a.test": "aa@a.test, b@a.test", "g@a.test": "a@a.test.example"},
        ),
        # As stored by hand: capitals and odd separators.
        ({"f@a.test": "A@A.test\nb@a.test,"}, "remove", {"f@a.test": "b@a.test"}),
    ],
)
def test_deleting_takes_the_address_out_of_forwardings(
    root, rows, forwardings, dependents, expected
):
    rows(domains="a.test", mailboxes="a@a.test b@a.test", forwardings=forwardings)
    delete_mailbox(actor=root, email="a@a.test", dependents=dependents)
    assert [row.email for row in Mailbox.objects.all()] == ["b@a.test"]
    assert dict(Forwarding.objects.values_list("source", "destination")) == expected
    assert Entry.objects.values("group").distinct().count() == 1


def test_no_hash_and_no_password_stands_in_the_change_log(root, rows):
    rows(domains="a.test")
    create_mailbox(actor=root, email="a@a.test", password=SECRET)
    first = Mailbox.objects.get().password
    set_mailbox_password(actor=root, email="a@a.test", password="another horse 43")
    second = Mailbox.objects.get().password
    suspend_mailbox(actor=root, email="a@a.test")
    delete_mailbox(actor=root, email="a@a.test")
    text = json.dumps(list(Entry.objects.values("changes", "object_key")))
    for secret in (SECRET, "another horse 43", first[20:], second[20:]):
        assert secret not in text
    assert [entry.action for entry in Entry.objects.order_by("id")] == [
        "create_mailbox",
        "set_mailbox_password",
        "suspend_mailbox",
        "delete_mailbox",
    ]


def test_a_refused_row_leaves_no_entry(root, rows, refusal):
    rows(domains="a.test", mailboxes="a@a.test")
    refusal(create_mailbox, actor=root, email="a@a.test", password=SECRET)
    assert not Entry.objects.exists()
