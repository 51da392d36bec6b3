"""/account/security/: setting up, naming, removing, codes shown once; for operators and owners."""

from __future__ import annotations

import re
import time

import pytest
from django.test import Client

from accounts.models import Authenticator, Passkey, Recovery, RecoveryCode, Session, User
from accounts.second_factor.sealing import unseal
from audit.models import Entry
from audit.recent import SESSION_KEY
from mailboxes.models import Mailbox
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD

from .conftest import (
    ANNA,
    CODE,
    give_authenticator,
    give_code,
    give_passkey,
    number,
    sign_in,
    wrong_number,
)

PAGE = "/account/security/"
APP = PAGE + "authenticator/"
CODES = PAGE + "recovery-codes/"
FORMS = [APP, APP + "remove/", PAGE + "passkeys/add/", CODES]


@pytest.fixture(params=["alice", ANNA])
def me(request, superadmin: User, anna_user: User) -> User:
    """An operator, and a mailbox owner."""
    return superadmin if request.param == "alice" else anna_user


@pytest.fixture
def mine(me: User) -> Client:
    client = Client()
    assert sign_in(client, me.username).status_code == 302
    return client


def text(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def secret_on(page: str) -> str:
    found = re.search(r"data-secret>([^<]*)<", page)
    assert found
    return found.group(1).replace(" ", "").strip()


def set_up(client: Client) -> str:
    secret = secret_on(text(client, APP))
    response = client.post(APP, {"code": number(secret=secret)})
    assert response["Location"] == CODES
    return secret


def sign_in_is_old(client: Client) -> None:
    session = client.session
    session[SESSION_KEY] = time.time() - 16 * 60
    session.save()


def test_an_authenticator_app_is_set_up(mine, me):
    page = text(mine, APP)
    assert "<svg" in page
    secret = secret_on(page)
    assert len(secret) == 32
    assert secret_on(text(mine, APP)) == secret, "the same while the page is open"
    response = mine.post(APP, {"code": number(secret=secret)})
    assert (response.status_code, response["Location"]) == (302, CODES)
    assert unseal(Authenticator.objects.get(user=me).secret) == secret
    assert "Your app" in text(mine)
    # Not shown again, and not kept anywhere else.
    assert secret not in text(mine, APP)
    assert secret not in str([row.get_decoded() for row in Session.objects.all()])
    entry = Entry.objects.get(action="set_up_authenticator")
    assert secret not in str(entry.changes)
    # The number that proved it is used up.
    fresh = Client()
    sign_in(fresh, me.username)
    assert fresh.post("/login/step/", {"code": number(secret=secret)}).status_code == 200
    assert fresh.post("/login/step/", {"code": number(1, secret=secret)}).status_code == 302


@pytest.mark.parametrize("code", ["", "000000x", "12345"])
def test_a_wrong_number_sets_nothing_up(mine, code):
    secret = secret_on(text(mine, APP))
    response = mine.post(APP, {"code": code or wrong_number()})
    page = response.content.decode()
    assert response.status_code == 200
    assert 'aria-invalid="true"' in page
    assert secret_on(page) == secret
    assert not Authenticator.objects.exists()


def test_a_former_one_stays_until_the_new_one_is_proved(mine, me):
    first = set_up(mine)
    text(mine, APP)
    assert unseal(Authenticator.objects.get().secret) == first
    mine.post(APP, {"code": "12345"})
    assert unseal(Authenticator.objects.get().secret) == first


def test_the_first_factor_ends_the_other_sessions(mine, me):
    other = Client()
    sign_in(other, me.username)
    set_up(mine)
    assert other.get(PAGE).status_code == 302
    assert mine.get(PAGE).status_code == 200


def test_a_removed_app_asks_for_nothing(mine, me):
    set_up(mine)
    assert mine.post(APP + "remove/")["Location"] == PAGE
    assert sign_in(Client(), me.username)["Location"] != "/login/step/"
    assert Entry.objects.filter(action="remove_authenticator").exists()


def test_recovery_codes_are_shown_once(mine, me):
    set_up(mine)
    page = mine.post(CODES).content.decode()
    codes = re.findall(r"<li>(\S{19})</li>", page)
    assert len(codes) == len(set(codes)) == RecoveryCode.objects.filter(user=me).count() == 10
    for code in codes:
        assert code not in text(mine)
        assert code not in text(mine, CODES)
        assert code not in str(list(RecoveryCode.objects.values()))
        assert code not in str(list(Entry.objects.values()))
    assert "10 codes are left" in text(mine)
    fresh = Client()
    sign_in(fresh, me.username)
    assert fresh.post("/login/step/", {"code": codes[3]}).status_code == 302
    assert "9 codes are left" in text(mine)


def test_new_ones_replace_the_old(mine, me):
    give_code(give_authenticator(me))
    mine.post(CODES)
    fresh = Client()
    sign_in(fresh, me.username)
    assert fresh.post("/login/step/", {"code": CODE}).status_code == 200


def test_there_are_none_without_a_factor(mine, me):
    assert mine.post(CODES)["Location"] == PAGE
    assert not RecoveryCode.objects.exists()


def test_they_go_with_the_last_factor(mine, me):
    give_code(give_authenticator(me))
    passkey = give_passkey(me)
    mine.post(APP + "remove/")
    assert RecoveryCode.objects.exists()
    mine.post(f"{PAGE}passkeys/{passkey.pk}/remove/")
    assert not RecoveryCode.objects.exists()


def test_a_passkey_is_renamed_and_removed(mine, me):
    passkey = give_passkey(me, "phone")
    path = f"{PAGE}passkeys/{passkey.pk}/"
    assert mine.post(path, {"name": "  old   phone "})["Location"] == PAGE
    assert "old phone" in text(mine)
    assert mine.post(path + "remove/")["Location"] == PAGE
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 65])
def test_a_name_must_be_one(mine, me, name):
    passkey = give_passkey(me, "phone")
    response = mine.post(f"{PAGE}passkeys/{passkey.pk}/", {"name": name})
    assert response.status_code == 200
    assert 'aria-invalid="true"' in response.content.decode()


def test_a_name_is_shown_as_text(mine, me):
    give_passkey(me, "<script>alert(1)</script>{{ 7|add:7 }}")
    page = text(mine)
    assert "<script>alert" not in page
    assert "{{ 7|add:7 }}" in page


def test_somebody_elses_passkey_is_not_there(mine, domain_admin):
    passkey = give_passkey(domain_admin)
    for path in (f"{PAGE}passkeys/{passkey.pk}/", f"{PAGE}passkeys/{passkey.pk}/remove/"):
        assert mine.get(path).status_code == 404
        assert mine.post(path, {"name": "mine now"}).status_code == 404
    assert Passkey.objects.get().name == "phone"


@pytest.mark.parametrize("path", FORMS)
def test_an_old_sign_in_is_asked_for_the_password(mine, me, path):
    give_authenticator(me)
    sign_in_is_old(mine)
    for method in (mine.get, mine.post):
        assert method(path)["Location"].startswith("/login/again/?next=/account/security/")
    assert mine.get(PAGE).status_code == 200
    response = mine.post("/login/again/", {"password": PASSWORD, "next": path})
    assert response["Location"] == path
    assert mine.get(path).status_code == 200


def test_sign_ins_of_late_are_listed(mine, me):
    sign_in(Client(REMOTE_ADDR="203.0.113.77"), me.username, "not it")
    page = text(mine)
    assert "203.0.113.77" in page
    assert "refused" in page


def test_but_not_those_of_a_former_owner(anna_user):
    first = Client(REMOTE_ADDR="203.0.113.77")
    sign_in(first, ANNA)
    row = Mailbox.objects.get()
    Mailbox.objects.all().delete()
    first.get(PAGE)
    Mailbox.objects.create(email=row.email, password=row.password)
    new = Client()
    assert sign_in(new, ANNA).status_code == 302
    assert "203.0.113.77" not in text(new)


def test_the_sidebar_leads_here(superadmin, anna_user):
    for name, page in (("alice", "/"), (ANNA, "/account/")):
        client = Client()
        sign_in(client, name)
        assert f'href="{PAGE}"' in text(client, page)


# --- suspended ---


@pytest.fixture
def suspended(anna_user: User) -> Client:
    """Anna with a factor, signed in after SQL has written another hash."""
    give_code(give_authenticator(anna_user))
    give_passkey(anna_user)
    new = "written by somebody 9"
    Mailbox.objects.update(password=hash_password(new, Scheme.SHA512_CRYPT, 5000))
    client = Client()
    assert sign_in(client, ANNA, new)["Location"] == "/account/"
    return client


def test_suspended_factors_are_shown_and_not_touched(suspended):
    page = text(suspended)
    assert "Your password was changed outside this panel" in page
    assert page.count("suspended</span>") == 2
    for path in (*FORMS, f"{PAGE}passkeys/{Passkey.objects.get().pk}/remove/"):
        suspended.post(path, {"code": number(), "name": "x"})
    assert Authenticator.objects.exists()
    assert Passkey.objects.exists()
    assert RecoveryCode.objects.exists()


def test_what_may_be_a_former_owner_s_is_not_shown_before_it_is_confirmed(anna_user):
    """With two columns, an address given to somebody else looks like a changed password."""
    sign_in(Client(REMOTE_ADDR="203.0.113.77"), ANNA)
    give_passkey(anna_user, "Jane's phone")
    Recovery.objects.create(
        user=anna_user, address="jane@private.example", pending="jane@other.example"
    )
    new = "written by somebody 9"
    Mailbox.objects.update(password=hash_password(new, Scheme.SHA512_CRYPT, 5000))
    client = Client()
    sign_in(client, ANNA, new)
    private = ("Jane", "jane@", "203.0.113.77")
    pages = (PAGE, "/account/", "/account/recovery/")
    for page in pages:
        assert not [one for one in private if one in text(client, page)], page
    client.post("/account/confirm/", {"password": new})
    seen = "".join(text(client, page) for page in pages)
    assert all(one in seen for one in private)


def test_confirming_them_needs_the_present_password(suspended):
    response = suspended.post("/account/confirm/", {"password": PASSWORD})
    assert response.status_code == 200
    assert "suspended" in text(suspended)
    suspended.post("/account/confirm/", {"password": "written by somebody 9"})
    assert "outside this panel" not in text(suspended)
    fresh = Client()
    assert sign_in(fresh, ANNA, "written by somebody 9")["Location"] == "/login/step/"
