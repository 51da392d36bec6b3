"""The dashboard."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.actor import Actor
from domains.models import Domain
from domains.services import create_domain
from mailadmin import faults
from mailadmin.views import dashboard
from mailboxes.models import Mailbox
from mailkit.tables import Code, Finding

from .reading import read


def test_an_empty_server_says_what_to_do_first(admin: Client, bob: Client) -> None:
    assert "First steps" in read(admin.get("/")).text
    assert "/domains/add/" in read(admin.get("/")).html
    assert "/domains/add/" not in read(bob.get("/")).html


def test_then_a_mailbox(admin: Client, two_domains: None) -> None:
    found = read(admin.get("/"))

    assert "First steps" in found.text
    assert found.html.count('class="btn btn-primary" href="/mailboxes/add/"') == 1


def test_then_nothing_more(admin: Client, anna: Mailbox) -> None:
    assert "First steps" not in read(admin.get("/")).text


@pytest.mark.parametrize(
    ("rows", "text"), [(3, "3"), (5, "5"), (6, "more than 5"), (9, "more than 5")]
)
def test_counts_stop_at_a_bound(
    admin: Client, monkeypatch: pytest.MonkeyPatch, rows: int, text: str
) -> None:
    monkeypatch.setattr(dashboard, "COUNTED", 5)
    Mailbox.objects.bulk_create(Mailbox(email=f"u{n}@a.test", password="") for n in range(rows))

    assert f"Mailboxes {text} " in read(admin.get("/")).text


def test_a_domain_admin_counts_only_his(bob: Client, anna: Mailbox) -> None:
    Mailbox.objects.create(email="bert@b.test", password="")

    assert "Mailboxes 1 " in read(bob.get("/")).text
    assert "Domains 1 " in read(bob.get("/")).text


def test_recent_changes_are_listed_for_who_may_see_them(
    admin: Client, bob: Client, root: Actor
) -> None:
    create_domain(actor=root, domain="a.test")
    create_domain(actor=root, domain="b.test")

    assert "root added the domain b.test" in read(admin.get("/")).text
    assert "root added the domain a.test" in read(bob.get("/")).text
    assert "b.test" not in read(bob.get("/")).text


def test_only_the_last_changes_are_listed(admin: Client, root: Actor) -> None:
    for number in range(12):
        create_domain(actor=root, domain=f"d{number:02}.test")

    text = read(admin.get("/")).text

    assert "d11.test" in text
    assert "d04.test" in text
    assert "d03.test" not in text


def test_faults_of_the_tables_are_told_with_the_command(
    admin: Client, bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [Finding(Code.COLUMN_NARROW, "users", "password", {"width": 20, "needed": 130})]
    monkeypatch.setattr(faults.tables, "judge", lambda facts, width: found)

    assert "python manage.py mailtables check" in read(admin.get("/")).text
    assert "mailtables check" not in read(bob.get("/")).text


def test_sound_tables_are_not_asked_each_time(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    real = faults.tables.read
    monkeypatch.setattr(faults.tables, "read", lambda *given: calls.append(1) or real(*given))

    for _ in range(3):
        assert "mailtables check" not in read(admin.get("/")).text

    assert len(calls) == 1


def test_a_change_of_a_row_that_is_gone_has_no_link(admin: Client, root: Actor) -> None:
    create_domain(actor=root, domain="a.test")
    admin.post("/domains/a.test/delete/", {"confirm": "a.test"})

    found = read(admin.get("/"))

    assert "alice deleted the domain a.test" in found.text
    assert not Domain.objects.exists()
