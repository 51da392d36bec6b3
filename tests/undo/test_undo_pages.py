"""The pages of one change and of its undo."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from accounts.models import Grant
from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.recent import SESSION_KEY
from domains.models import Domain
from mailboxes.models import Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import (
    change_own_password,
    create_mailbox,
    delete_mailbox,
    suspend_mailbox,
)
from tests.pages.reading import read
from tests.undo.helpers import SECRET, execute, newest
from undo.services import undo

pytestmark = pytest.mark.usefixtures("world")


def test_before_and_after_stand_side_by_side(admin: Client, root) -> None:
    suspend_mailbox(actor=root, email="anna@a.test")
    page = read(admin.get(f"/audit/{newest().pk}/"))
    assert "Password hash {SHA512-CRYPT} {SHA512-CRYPT}, locked" in page.text
    assert 'href="/mailboxes/anna@a.test/"' in page.html
    assert f"/audit/{newest().pk}/undo/?only=1" in page.html


def test_an_object_that_is_gone_has_no_link(admin: Client, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    created = Entry.objects.get(action="create_mailbox", object_key="bert@a.test")
    assert "/mailboxes/bert@a.test/" not in read(admin.get(f"/audit/{created.pk}/")).html


def test_a_whole_action_is_undone_by_the_page(admin: Client, root) -> None:
    delete_domain(actor=root, domain="a.test")
    pk = Entry.objects.get(action="delete_domain").pk
    page = read(admin.get(f"/audit/{pk}/"))
    assert "5 others changed by the same action" in page.text
    plan = read(admin.get(f"/audit/{pk}/undo/"))
    assert "Mailbox: 2 come back" in plan.text
    assert "Domain: 1 comes back" in plan.text
    assert "bert@a.test comes back" in plan.text
    response = admin.post(f"/audit/{pk}/undo/")
    assert response.status_code == 302
    assert response["Location"] == f"/audit/{newest().pk}/"
    assert Domain.objects.filter(pk="a.test").exists()
    done = read(admin.get(response["Location"]))
    assert "6 changes are undone" in done.text
    assert f'href="/audit/{pk}/"' in done.html
    assert "undone" in read(admin.get("/audit/")).text


def test_one_change_of_an_action_is_undone_alone(admin: Client, root) -> None:
    delete_domain(actor=root, domain="a.test")
    one = Entry.objects.get(action="delete_mailbox", object_key="bert@a.test")
    assert "Undo this change only" in read(admin.get(f"/audit/{one.pk}/")).text
    assert admin.post(f"/audit/{one.pk}/undo/?only=1").status_code == 302
    assert list(Mailbox.objects.in_domain("a.test").values_list("pk", flat=True)) == ["bert@a.test"]
    page = read(admin.get(f"/audit/{one.pk}/"))
    assert "This is undone already" in page.text
    assert "Undo the whole action" in page.text
    rest = read(admin.get(f"/audit/{one.pk}/undo/"))
    assert "1 is undone already" in rest.text


def test_what_stands_in_the_way_is_named_with_a_link(admin: Client, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    pk = newest().pk
    create_mailbox(actor=root, email="bert@a.test", password=SECRET)
    newer = newest().pk
    for path in (f"/audit/{pk}/", f"/audit/{pk}/undo/"):
        page = read(admin.get(path))
        assert "There is a row “bert@a.test” again" in page.text
        assert f'href="/audit/{newer}/"' in page.html
    refused = read(admin.post(f"/audit/{pk}/undo/"))
    assert "This cannot be undone" in refused.text
    assert 'role="alert"' in refused.html


def test_a_column_that_is_not_brought_back_is_told(admin: Client, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    entry = Entry.objects.with_kept().first()
    text = entry.kept.open().replace('{"email"', '{"long_gone":"x","email"')
    entry.kept = type(entry.kept)(text)
    entry.save(update_fields=["kept"])
    page = read(admin.get(f"/audit/{entry.pk}/undo/"))
    assert "not brought back: long_gone" in page.text
    assert admin.post(f"/audit/{entry.pk}/undo/").status_code == 302


def test_a_sign_in_has_no_undo(client: Client, admin: Client, root) -> None:
    client.post("/login/", {"username": "nobody", "password": "x"})
    page = read(admin.get(f"/audit/{newest().pk}/"))
    assert "a name that nobody has" in page.text
    assert "/undo/" not in page.html


def test_undo_wants_a_recent_sign_in(admin: Client, root) -> None:
    suspend_mailbox(actor=root, email="anna@a.test")
    session = admin.session
    session[SESSION_KEY] = time.time() - 3600
    session.save()
    response = admin.post(f"/audit/{newest().pk}/undo/")
    assert response.status_code == 302
    assert response["Location"].startswith("/login/again/")
    assert Mailbox.objects.get(pk="anna@a.test").password.startswith("{CRYPT}$!$")


def test_a_domain_admin_undoes_on_the_page_what_is_his(bob: Client, root) -> None:
    suspend_mailbox(actor=root, email="anna@a.test")
    assert bob.post(f"/audit/{newest().pk}/undo/").status_code == 302
    assert newest().actor == "bob"
    delete_domain(actor=root, domain="a.test")
    one = Entry.objects.filter(action="delete_mailbox").first()
    for answer in (bob.get(f"/audit/{one.pk}/undo/"), bob.post(f"/audit/{one.pk}/undo/")):
        assert answer.status_code == 404
    undo(actor=root, entry_id=one.pk)
    back = Entry.objects.get(action="undo", object_key=one.object_key, undoes=one)
    for answer in (bob.get(f"/audit/{back.pk}/undo/"), bob.post(f"/audit/{back.pk}/undo/")):
        assert "not in the domains you manage" in read(answer).text


def test_a_domain_admin_whose_grant_ended_meanwhile_undoes_nothing(bob: Client, root) -> None:
    suspend_mailbox(actor=root, email="anna@a.test")
    path = f"/audit/{newest().pk}/undo/"
    assert "anna@a.test" in read(bob.get(path)).text
    Grant.objects.filter(user__username="bob").delete()
    entries = Entry.objects.count()
    assert bob.post(path).status_code == 404
    assert bob.get(path).status_code == 404
    assert Entry.objects.count() == entries
    assert Mailbox.objects.get(pk="anna@a.test").password.startswith("{CRYPT}$!$")


def test_an_address_that_sql_gave_to_somebody_else_stays_his(admin: Client, root) -> None:
    delete_domain(actor=root, domain="a.test")
    path = f"/audit/{newest().pk}/undo/"
    assert "What will happen" in read(admin.get(path)).text
    execute("INSERT INTO users (email, password) VALUES ('bert@a.test', '{PLAIN}new')")
    page = read(admin.post(path))
    assert "There is a row “bert@a.test” again. It was changed past the panel" in page.text
    assert Mailbox.objects.get(pk="bert@a.test").password == "{PLAIN}new"
    assert not Domain.objects.filter(pk="a.test").exists()


def test_a_change_by_an_owner_is_logged_as_his(admin: Client, root) -> None:
    owner = Actor(ActorKind.MAILBOX_OWNER, "anna@a.test", "192.0.2.3")
    change_own_password(actor=owner, old_password=SECRET, new_password=SECRET + "3")
    page = read(admin.get(f"/audit/{newest().pk}/"))
    assert "mailbox owner" in page.text
    assert "192.0.2.3" in page.text


@pytest.mark.parametrize("end", ["", "undo/", "undo/?only=1"])
def test_pages_have_no_inline_script_and_no_inline_style(admin: Client, root, end: str) -> None:
    delete_domain(actor=root, domain="a.test")
    for path in ("/audit/", f"/audit/{newest().pk}/{end}"):
        html = admin.get(path).content.decode()
        assert " style=" not in html
        assert "<style" not in html
        assert "<script>" not in html
