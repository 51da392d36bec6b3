"""Sign-ins, sign-outs and refusals in the log: without secrets, and without a flood."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit import sign_ins
from audit.actor import Actor, ActorKind
from audit.log import record_refused_sign_in, record_sign_in, record_sign_out
from audit.models import Entry
from tests.pages.reading import PASSWORD

OWNER = Actor(ActorKind.MAILBOX_OWNER, "anna@a.test", "192.0.2.1")


def entries() -> list[tuple[str, str, str, str]]:
    return [
        (entry.action, entry.actor, entry.object_key, entry.domain)
        for entry in Entry.objects.order_by("pk")
    ]


def attempts() -> list[str | None]:
    return [
        (entry.changes.get("attempts") or [None, None])[1] for entry in Entry.objects.order_by("pk")
    ]


def test_who_signs_in_and_out_is_logged(db) -> None:
    record_sign_in(actor=OWNER, method="passkey")
    record_sign_out(actor=OWNER)
    record_sign_in(actor=Actor(ActorKind.SUPERADMIN, "alice", domains=None))
    assert entries() == [
        ("sign_in", "anna@a.test", "anna@a.test", "a.test"),
        ("sign_out", "anna@a.test", "anna@a.test", "a.test"),
        ("sign_in", "alice", "alice", ""),
    ]
    assert Entry.objects.order_by("pk")[0].changes == {"method": [None, "passkey"]}


@pytest.mark.parametrize(
    ("name", "known", "logged"),
    [
        ("alice", True, "alice"),
        (" Alice ", True, "alice"),
        ("correct horse battery", False, ""),
        ("nobody@a.test", False, "nobody@a.test"),
        ("Esc\x1b[31m@a.test\n", False, "esc[31m@a.test"),
        ("x" * 300 + "@a.test", False, "x" * 254),
    ],
)
def test_a_name_that_nobody_has_may_be_a_password(db, name: str, known: bool, logged: str) -> None:
    record_refused_sign_in(name=name, address="192.0.2.1", known=known)
    assert Entry.objects.get().object_key == logged


def test_attempts_on_one_name_from_one_address_are_one_entry(db) -> None:
    for _number in range(5):
        record_refused_sign_in(name="alice", address="192.0.2.1", known=True)
    record_refused_sign_in(name="alice", address="192.0.2.2", known=True)
    record_refused_sign_in(name="bob", address="192.0.2.1", known=True)
    record_refused_sign_in(name="alice", address="192.0.2.1", known=True, reason="locked_out")
    record_refused_sign_in(name="alice", address="192.0.2.1", known=True, reason="locked_out")
    record_refused_sign_in(name="alice", address="192.0.2.1", known=True, method="totp")
    assert attempts() == ["5", None, None, "2", None]


def test_after_a_while_they_are_another_entry(db) -> None:
    record_refused_sign_in(name="alice", address="192.0.2.1", known=True)
    Entry.objects.update(time=timezone.now() - sign_ins.SAME_ATTEMPT - timedelta(seconds=1))
    record_refused_sign_in(name="alice", address="192.0.2.1", known=True)
    assert attempts() == [None, None]


def test_a_flood_of_names_is_counted_in_one_entry(db, monkeypatch) -> None:
    monkeypatch.setattr(sign_ins, "MOST_REFUSALS", 20)
    for number in range(50):
        record_refused_sign_in(name=f"n{number}@a.test", address="192.0.2.1", known=False)
    assert Entry.objects.count() == 21
    assert Entry.objects.first().object_key == ""
    assert attempts()[-1] == "30"
    Entry.objects.update(time=timezone.now() - sign_ins.FLOOD - timedelta(seconds=1))
    record_refused_sign_in(name="later@a.test", address="192.0.2.1", known=False)
    assert Entry.objects.first().object_key == "later@a.test"


def test_the_sign_in_page_logs(superadmin, client: Client) -> None:
    client.post(
        "/login/", {"username": "alice", "password": "mistyped-secret"}, REMOTE_ADDR="192.0.2.9"
    )
    client.post("/login/", {"username": "alice", "password": PASSWORD}, REMOTE_ADDR="192.0.2.9")
    client.post("/logout/")
    assert entries() == [
        ("refuse_sign_in", "", "alice", ""),
        ("sign_in", "alice", "alice", ""),
        ("sign_out", "alice", "alice", ""),
    ]
    assert set(Entry.objects.values_list("address", flat=True)) == {"192.0.2.9", "127.0.0.1"}
    assert "mistyped-secret" not in str(list(Entry.objects.values()))


def test_an_owners_sign_in_is_logged_with_his_domain(anna, client: Client) -> None:
    Entry.objects.all().delete()
    client.post("/login/", {"username": "anna@a.test", "password": PASSWORD})
    assert entries() == [("sign_in", "anna@a.test", "anna@a.test", "a.test")]


def test_the_dashboard_leaves_sign_ins_out(admin: Client, db) -> None:
    record_sign_in(actor=OWNER)
    assert "signed in" not in admin.get("/").content.decode()
    assert "signed in" in admin.get("/audit/").content.decode()
