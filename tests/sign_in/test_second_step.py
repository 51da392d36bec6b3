"""After the password: a number, a recovery code; until then nobody is signed in."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from accounts import signing_in
from accounts.models import Authenticator, RecoveryCode, User
from accounts.second_factor import sealing
from audit.models import Entry
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import set_mailbox_password, suspend_mailbox
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

STEP = "/login/step/"


@pytest.fixture
def alice(superadmin: User) -> User:
    return give_code(give_authenticator(superadmin))


def is_signed_in(client: Client) -> bool:
    return client.get("/account/security/").status_code == 200


def test_without_a_second_factor_the_password_is_enough(client, superadmin):
    response = sign_in(client, "alice")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)


@pytest.mark.parametrize("give", [give_authenticator, give_passkey])
@pytest.mark.parametrize("who", ["alice", ANNA])
def test_with_one_the_password_leads_to_the_second_step(client, superadmin, anna_user, give, who):
    give(superadmin)
    give(anna_user)
    response = sign_in(client, who)
    assert (response.status_code, response["Location"]) == (302, STEP)
    assert client.get(STEP).status_code == 200
    assert not is_signed_in(client)


def test_recovery_codes_alone_ask_for_nothing(client, superadmin):
    give_code(superadmin)
    assert sign_in(client, "alice")["Location"] == "/"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/mailboxes/",
        "/admin/",
        "/account/",
        "/account/security/",
        "/account/security/authenticator/",
        "/login/again/",
        "/operators/",
        "/audit/",
    ],
)
def test_half_way_is_signed_in_nowhere(client, alice, path):
    sign_in(client, "alice")
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("typed", ["{}", " {} ", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}"])
def test_the_number_of_the_app_signs_in(client, alice, typed):
    sign_in(client, "alice")
    before = client.session.session_key
    response = client.post(STEP, {"code": typed.format(number())})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)
    assert client.session.session_key != before
    entry = Entry.objects.get(action="sign_in")
    assert entry.changes["method"] == [None, "totp"]
    assert alice.authenticator.__class__.objects.get().used_at is not None


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(client, alice, offset):
    sign_in(client, "alice")
    assert client.post(STEP, {"code": number(offset)}).status_code == 302


@pytest.mark.parametrize(
    "code",
    [
        "",
        "0",
        "12345",
        "1234567",
        "abcdef",
        "１２３４５６",
        "\u0661" * 6,
        "-12345",
        "1e4000",
        "x" * 101,
    ],
)
def test_what_is_no_number_is_refused(client, alice, code):
    sign_in(client, "alice")
    assert client.post(STEP, {"code": code}).status_code == 200
    assert not is_signed_in(client)


def test_a_wrong_number_and_one_of_long_ago_are_refused(client, alice):
    sign_in(client, "alice")
    for code in (wrong_number(), number(-5), number(5)):
        response = client.post(STEP, {"code": code})
        assert response.status_code == 200
        assert "This code does not fit" in response.content.decode()
    assert not is_signed_in(client)


def test_a_number_is_taken_once(client, alice):
    code = number()
    for goes_in in (True, False):
        client = Client()
        sign_in(client, "alice")
        response = client.post(STEP, {"code": code})
        assert (response.status_code == 302) is goes_in


def test_an_older_number_is_not_taken_after_a_newer_one(alice):
    for code, goes_in in ((number(1), True), (number(0), False)):
        client = Client()
        sign_in(client, "alice")
        assert (client.post(STEP, {"code": code}).status_code == 302) is goes_in


@pytest.mark.parametrize("typed", [CODE, CODE.upper(), CODE.replace("-", ""), f"  {CODE} "])
def test_a_recovery_code_signs_in_once(alice, typed):
    for goes_in in (True, False):
        client = Client()
        sign_in(client, "alice")
        response = client.post(STEP + "?recovery=1", {"code": typed})
        assert (response.status_code == 302) is goes_in
        assert is_signed_in(client) is goes_in
    assert not RecoveryCode.objects.exists()


def test_the_page_takes_a_recovery_code_in_the_field_for_numbers_too(client, alice):
    sign_in(client, "alice")
    assert client.post(STEP, {"code": CODE}).status_code == 302


def test_who_used_the_last_recovery_code_is_told(client, alice):
    sign_in(client, "alice")
    response = client.post(STEP, {"code": CODE}, follow=True)
    assert "That was your last recovery code" in response.content.decode()


def test_a_recovery_code_of_another_is_none(client, alice, domain_admin):
    give_authenticator(domain_admin)
    sign_in(client, "bob")
    assert client.post(STEP, {"code": CODE}).status_code == 200
    assert RecoveryCode.objects.count() == 1


def test_where_to_go_is_remembered_through_both_steps(client, alice):
    response = sign_in(client, "alice", next="/mailboxes/?q=x")
    assert response["Location"] == STEP + "?next=/mailboxes/%3Fq%3Dx"
    page = client.get(response["Location"]).content.decode()
    assert 'name="next" value="/mailboxes/?q=x"' in page
    page = client.post(STEP, {"code": "1", "next": "/mailboxes/?q=x"}).content.decode()
    assert "?recovery=1&amp;next=%2Fmailboxes%2F%3Fq%3Dx" in page
    response = client.post(STEP, {"code": number(), "next": "/mailboxes/?q=x"})
    assert response["Location"] == "/mailboxes/?q=x"


def test_the_second_step_alone_leads_to_the_sign_in_page(client, alice):
    assert client.get(STEP)["Location"] == "/login/"
    assert client.post(STEP, {"code": number()})["Location"] == "/login/"
    assert not is_signed_in(client)


def test_half_a_sign_in_ends_after_ten_minutes(client, alice):
    sign_in(client, "alice")
    session = client.session
    session[signing_in.HALF_WAY]["at"] = time.time() - 601
    session.save()
    response = client.post(STEP, {"code": number()}, follow=True)
    assert response.redirect_chain == [("/login/", 302)]
    assert "That took too long" in response.content.decode()
    assert "That took too long" not in client.get(STEP, follow=True).content.decode()


def test_the_page_says_who_signs_in_and_empties_the_field(client, alice):
    sign_in(client, "alice")
    assert '<strong class="who">alice</strong>' in client.get(STEP).content.decode()
    page = client.post(STEP, {"code": "000000"}).content.decode()
    assert "000000" not in page
    assert "This code does not fit" in page


def test_the_other_tab_has_finished_already(client, alice):
    sign_in(client, "alice", next="/mailboxes/")
    client.post(STEP, {"code": number()})
    response = client.post(STEP, {"code": number(1), "next": "/mailboxes/"}, follow=True)
    assert response.redirect_chain[-1][0] == "/mailboxes/"
    assert Entry.objects.filter(action="sign_in").count() == 1


@pytest.mark.parametrize("how", ["disabled", "password", "deleted", "reset"])
def test_half_a_sign_in_ends_with_what_it_stood_on(client, alice, how):
    sign_in(client, "alice")
    if how == "disabled":
        User.objects.update(is_active=False)
    elif how == "password":
        alice.set_password("another one 8 chars")
        alice.save()
    elif how == "deleted":
        alice.delete()
    else:
        Authenticator.objects.all().delete()
    assert client.post(STEP, {"code": number()})["Location"] == "/login/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("how", ["deleted", "replaced", "cut"])
def test_so_it_does_by_sql_for_a_mailbox_owner(client, anna_user, how):
    give_code(give_authenticator(anna_user))
    sign_in(client, ANNA)
    row = Mailbox.objects.filter(pk=ANNA)
    if how == "cut":
        row.update(password="")
    else:
        row.delete()
    if how == "replaced":
        Mailbox.objects.create(email=ANNA, password="{SHA512-CRYPT}$6$another")
    response = client.post(STEP, {"code": CODE}, follow=True)
    assert response.redirect_chain == [("/login/", 302)]
    assert "Start again" in response.content.decode()
    assert not is_signed_in(client)
    assert RecoveryCode.objects.exists() or how == "deleted"


@pytest.mark.parametrize("change", [suspend_mailbox, set_mailbox_password])
def test_so_it_does_for_a_mailbox_owner(client, anna_user, root, change):
    give_authenticator(anna_user)
    sign_in(client, ANNA)
    more = {} if change is suspend_mailbox else {"password": "a brand new one 8"}
    change(actor=root, email=ANNA, **more)
    assert client.post(STEP, {"code": number()})["Location"] == "/login/"


def test_a_mailbox_owner_signs_in_with_both(client, anna_user):
    give_authenticator(anna_user)
    sign_in(client, ANNA)
    assert client.post(STEP, {"code": number()})["Location"] == "/account/"
    assert client.get("/account/").status_code == 200


def test_another_secret_key_makes_the_secret_unreadable_and_says_so(
    client, alice, settings, caplog
):
    settings.SECRET_KEY = "quite another one"
    sign_in(client, "alice")
    assert client.post(STEP, {"code": number()}).status_code == 200
    assert "operator reset-second-factor" in caplog.text
    # Recovery codes do not depend on it.
    assert client.post(STEP, {"code": CODE}).status_code == 302


def test_the_former_secret_key_still_opens(settings):
    sealed = sealing.seal("secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "quite another one"
    assert sealing.unseal(sealed) == "secret"


def test_nothing_secret_is_stored_in_the_clear(alice):
    assert "JBSWY3DP" not in Authenticator.objects.get().secret
    assert CODE.replace("-", "") not in RecoveryCode.objects.get().digest


def test_the_password_page_says_nothing_of_a_second_factor(client, alice):
    """A wrong password is answered the same with and without one."""
    assert PASSWORD != "not it"
    response = sign_in(client, "alice", "not it")
    assert response.status_code == 200
    assert "do not fit together" in response.content.decode()
