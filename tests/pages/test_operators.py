"""Operators' pages: who manages what, within which limits; for superadmins only."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from audit.models import Entry
from domains.models import Domain
from mailboxes.models import Forwarding, Mailbox
from tests.conftest import PASSWORD

from .reading import read

NEW = "another long secret 8"


def add(client: Client, **fields: str):
    data = {"username": "carl", "password1": NEW, "password2": NEW, "domains": "a.test", **fields}
    return client.post("/operators/add/", data)


def test_a_domain_admin_is_added_with_domains_and_limits(admin, two_domains):
    response = add(admin, username="Carl", domains="A.test\nb.test", max_mailboxes="3")
    assert response.status_code == 302
    carl = User.objects.get(username="carl")
    assert not carl.is_superadmin
    assert sorted(carl.grants.values_list("domain", flat=True)) == ["a.test", "b.test"]
    assert (carl.max_mailboxes, carl.max_forwardings) == (3, None)
    assert Client().login(username="carl", password=NEW)
    assert "carl" in read(admin.get("/operators/")).text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "has@sign"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "alice"}, "username"),
        ({"password1": "", "password2": ""}, "password1"),
        ({"password2": "different"}, "password2"),
        ({"domains": "no_domain_at_all"}, "domains"),
        ({"max_mailboxes": "-1"}, "max_mailboxes"),
        ({"max_mailboxes": "many"}, "max_mailboxes"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nobody_is_added(admin, two_domains, fields, field):
    page = read(add(admin, **fields))
    assert page.is_invalid(field)
    assert User.objects.operators().count() == 1
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"domains": "far.test"}, {"password1": "x1", "password2": "x1"}]
)
def test_a_domain_without_a_row_or_a_weak_password_is_warned_of(admin, two_domains, fields):
    page = read(add(admin, **fields))
    assert page.has("force")
    assert add(admin, **fields, force="on").status_code == 302


def test_role_domains_and_limits_change_at_once(admin, two_domains, domain_admin, bob):
    data = {"domains": "b.test", "max_forwardings": "5"}
    assert admin.post("/operators/bob/", data).status_code == 302
    domain_admin.refresh_from_db()
    assert list(domain_admin.grants.values_list("domain", flat=True)) == ["b.test"]
    assert domain_admin.max_forwardings == 5
    assert bob.get("/domains/a.test/").status_code == 404
    assert bob.get("/domains/b.test/").status_code == 200
    assert admin.post("/operators/bob/", {"superadmin": "on"}).status_code == 302
    assert bob.get("/operators/").status_code == 200
    assert not domain_admin.grants.exists()


def test_the_last_superadmin_stays_one(admin, superadmin):
    page = read(admin.post("/operators/alice/", {"domains": ""}))
    assert "last superadmin" in page.text
    response = admin.post("/operators/alice/disable/", follow=True)
    assert "last superadmin" in response.content.decode()
    assert (
        "last superadmin" in read(admin.post("/operators/alice/delete/", {"confirm": "alice"})).text
    )
    superadmin.refresh_from_db()
    assert superadmin.is_superadmin
    assert superadmin.is_active


def test_disabled_is_out_at_the_next_click_and_back_when_enabled(admin, bob):
    assert bob.get("/").status_code == 200
    assert admin.post("/operators/bob/disable/").status_code == 302
    assert bob.get("/").status_code == 302
    assert not Client().login(username="bob", password=PASSWORD)
    admin.post("/operators/bob/enable/")
    assert Client().login(username="bob", password=PASSWORD)


def test_a_new_password_ends_the_sessions_of_the_old_one(admin, bob):
    data = {"password1": NEW, "password2": NEW}
    assert admin.post("/operators/bob/password/", data).status_code == 302
    assert bob.get("/").status_code == 302
    assert Client().login(username="bob", password=NEW)


def test_the_own_password_keeps_the_own_session(admin, bob):
    data = {"old_password": PASSWORD, "password1": NEW, "password2": NEW}
    other = Client()
    other.login(username="bob", password=PASSWORD)
    assert bob.post("/password/", {**data, "old_password": "wrong"}).status_code == 200
    assert bob.post("/password/", data).status_code == 302
    assert bob.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert admin.post("/operators/alice/password/", data).status_code == 302
    assert admin.get("/operators/").status_code == 200


def test_deleting_asks_for_the_name(admin, domain_admin):
    assert admin.post("/operators/bob/delete/", {"confirm": "x"}).status_code == 200
    assert User.objects.filter(username="bob").exists()
    assert admin.post("/operators/bob/delete/", {"confirm": "bob"}).status_code == 302
    assert not User.objects.filter(username="bob").exists()


def test_no_password_stands_in_the_change_log(admin, two_domains):
    add(admin)
    admin.post("/operators/carl/password/", {"password1": PASSWORD, "password2": PASSWORD})
    text = str(list(Entry.objects.values()))
    assert NEW not in text
    assert PASSWORD not in text
    assert User.objects.get(username="carl").password not in text


def test_limits_hold_for_the_domain_admin_and_not_for_the_superadmin(
    admin, bob, domain_admin, two_domains
):
    domain_admin.max_mailboxes = 2
    domain_admin.max_forwardings = 1
    domain_admin.save()
    Mailbox.objects.create(email="other@b.test", password="x")
    box = {"password1": NEW, "password2": NEW}
    for name in ("one", "two"):
        assert bob.post("/mailboxes/add/", {**box, "email": f"{name}@a.test"}).status_code == 302
    page = read(bob.post("/mailboxes/add/", {**box, "email": "three@a.test", "force": "on"}))
    assert page.is_invalid("email")
    assert "2 mailboxes" in page.text
    forwarding = {"destination": "one@a.test"}
    assert bob.post("/forwardings/add/", {**forwarding, "source": "f@a.test"}).status_code == 302
    page = read(bob.post("/forwardings/add/", {**forwarding, "source": "g@a.test", "force": "on"}))
    assert "1 forwardings" in page.text
    assert admin.post("/mailboxes/add/", {**box, "email": "three@a.test"}).status_code == 302
    assert Forwarding.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/operators/", None),
        ("/operators/add/", {"username": "x", "password1": NEW, "password2": NEW}),
        ("/operators/bob/", {"superadmin": "on"}),
        ("/operators/bob/", {"max_mailboxes": "1000"}),
        ("/operators/bob/password/", {"password1": NEW, "password2": NEW}),
        ("/operators/bob/delete/", {"confirm": "bob"}),
        ("/operators/alice/disable/", {}),
    ],
)
def test_nobody_raises_himself(bob, owner, admin, path, data):
    before = list(User.objects.order_by("pk").values())
    for client, status in ((bob, 403), (owner, 403), (Client(), 302)):
        response = client.get(path) if data is None else client.post(path, data)
        assert response.status_code == status
    after = list(User.objects.order_by("pk").values())
    assert after == before


def test_an_old_sign_in_is_asked_for_the_password_again(superadmin, domain_admin):
    client = Client()
    client.force_login(superadmin, backend="accounts.backends.OperatorBackend")
    response = client.post("/operators/bob/delete/", {"confirm": "bob"})
    assert response.status_code == 302
    assert response.url.startswith("/login/again/")
    assert User.objects.filter(username="bob").exists()


def test_a_domain_admin_of_an_empty_list_sees_nothing(db, client_of):
    Domain.objects.create(domain="a.test")
    user = User.objects.create(username="dora", kind="operator")
    client = client_of(user)
    assert "a.test" not in client.get("/domains/").content.decode()
    assert client.get("/domains/a.test/").status_code == 404
