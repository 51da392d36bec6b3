"""Whose a mailbox is: an address that is deleted and made anew starts as a stranger."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from accounts.owners import confirm_owner, factors_suspended, owner_of
from domains.models import Domain
from mailboxes.models import Mailbox, MailboxRecord
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import (
    create_mailbox,
    delete_mailbox,
    resume_mailbox,
    set_mailbox_password,
    suspend_mailbox,
)
from mailkit.passwords import Scheme, hash_password

OLD = "correct horse 42 battery"
NEW = "another horse 43 battery"
ANNA = "anna@a.test"


@pytest.fixture
def anna(db, root) -> Mailbox:
    Domain.objects.create(domain="a.test")
    return create_mailbox(actor=root, email=ANNA, password=OLD)


def signed_in(password: str = OLD, email: str = ANNA) -> Client:
    client = Client()
    response = client.post("/login/", {"username": email, "password": password})
    assert response.status_code == 302
    return client


def by_sql(password: str) -> str:
    return hash_password(password, Scheme.SHA512_CRYPT, 5000)


def shadow() -> User:
    return User.objects.get(username=ANNA)


def test_the_same_owner_keeps_the_shadow_row(anna):
    signed_in()
    first = shadow().pk
    signed_in()
    assert shadow().pk == first


@pytest.mark.parametrize("how", ["panel", "sql"])
def test_a_deleted_mailbox_is_out_at_the_next_request(anna, root, how):
    client = signed_in()
    if how == "panel":
        delete_mailbox(actor=root, email=ANNA)
    else:
        Mailbox.objects.all().delete()
    assert client.get("/account/").status_code == 302
    assert not User.objects.filter(username=ANNA).exists()
    assert not MailboxRecord.objects.exists()


def test_made_anew_by_the_panel_is_a_stranger_even_with_the_same_password(anna, root):
    client = signed_in()
    former = shadow()
    delete_mailbox(actor=root, email=ANNA)
    create_mailbox(actor=root, email=ANNA, password=OLD)
    assert client.get("/account/").status_code == 302
    signed_in()
    assert shadow().pk != former.pk
    assert shadow().identity != former.identity


def test_deleted_by_sql_noticed_and_made_anew_by_sql_is_a_stranger(anna):
    client = signed_in()
    former = shadow()
    Mailbox.objects.all().delete()
    client.get("/account/")
    Mailbox.objects.create(email=ANNA, password=by_sql(NEW))
    signed_in(NEW)
    assert shadow().pk != former.pk
    assert not factors_suspended(shadow())


def test_deleted_by_sql_and_made_anew_by_the_panel_is_a_stranger(anna, root):
    signed_in()
    former = shadow()
    Mailbox.objects.all().delete()
    create_mailbox(actor=root, email=ANNA, password=NEW)
    signed_in(NEW)
    assert shadow().pk != former.pk


def test_a_hash_that_the_panel_did_not_write_suspends_what_hangs_on_the_owner(anna):
    client = signed_in()
    assert not factors_suspended(shadow())
    Mailbox.objects.update(password=by_sql(NEW))
    assert client.get("/account/").status_code == 302, "the session knew the old hash"
    assert factors_suspended(shadow())
    signed_in(NEW)
    assert factors_suspended(shadow()), "signing in alone confirms nothing"
    confirm_owner(shadow())
    assert not factors_suspended(shadow())


def test_a_change_by_the_panel_suspends_nothing(anna, root):
    signed_in()
    former = shadow().pk
    suspend_mailbox(actor=root, email=ANNA)
    resume_mailbox(actor=root, email=ANNA)
    set_mailbox_password(actor=root, email=ANNA, password=NEW)
    signed_in(NEW)
    assert shadow().pk == former
    assert not factors_suspended(shadow())


def test_a_change_by_the_panel_does_not_confirm_one_by_sql(anna, root):
    signed_in()
    Mailbox.objects.update(password=by_sql("by somebody else 44"))
    set_mailbox_password(actor=root, email=ANNA, password=NEW)
    assert factors_suspended(owner_of(Mailbox.objects.get()))


def test_a_mailbox_that_sql_made_is_taken_as_it_is(db):
    Domain.objects.create(domain="a.test")
    Mailbox.objects.create(email=ANNA, password=by_sql(OLD))
    signed_in()
    assert not factors_suspended(shadow())


def test_a_suspended_mailbox_is_out_at_the_next_request_and_keeps_its_owner(anna, root):
    client = signed_in()
    former = shadow().pk
    suspend_mailbox(actor=root, email=ANNA)
    assert client.get("/account/").status_code == 302
    resume_mailbox(actor=root, email=ANNA)
    signed_in()
    assert shadow().pk == former


def test_a_deleted_domain_takes_the_records_along(anna, root):
    signed_in()
    delete_domain(actor=root, domain="a.test")
    assert not MailboxRecord.objects.exists()


def test_an_owner_never_becomes_staff(anna):
    client = signed_in()
    assert client.get("/admin/", follow=True).status_code == 403
    assert not shadow().is_staff
    assert not shadow().has_perm("mailboxes.change_mailbox")
