"""Passkeys, authenticator apps, recovery codes, sessions and lock-out in Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import RecoveryCode, Session
from accounts.sessions import SessionStore
from audit.models import Entry
from audit.recent import SESSION_KEY
from mailboxes.models import Forwarding, Mailbox
from mailkit.passwords import Scheme, hash_password
from tests.account.test_in_browser import looks_right
from tests.conftest import PASSWORD

from .browsing import (
    SECURITY,
    Phone,
    add_passkey,
    is_in,
    make_codes,
    set_up_app,
    sign_in,
    sign_out,
    type_password,
)
from .conftest import ANNA, number, wrong_number

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_mail_tables")]

NEW = "another horse 43 battery"


@pytest.mark.parametrize("who", ["alice", ANNA])
def test_a_passkey_as_the_only_step_and_as_the_second(page: Page, who: str) -> None:
    phone = Phone.of(page)
    sign_in(page, who)
    add_passkey(page)
    assert len(phone.passkeys()) == 1
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(SECURITY)
    expect(page.get_by_text("my phone")).to_be_visible()
    sign_out(page)

    page.get_by_role("button", name="Use a passkey").click()
    is_in(page)
    assert page.locator(".person-name strong").inner_text() == who
    sign_out(page)

    type_password(page, who)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    is_in(page)
    methods = [one.changes["method"][1] for one in Entry.objects.filter(action="sign_in")]
    assert sorted(methods) == ["passkey", "passkey", "password"]


@pytest.mark.parametrize("who", ["bob", ANNA])
def test_an_authenticator_app_and_recovery_codes(page: Page, who: str) -> None:
    sign_in(page, who)
    app = set_up_app(page)
    codes = make_codes(page)
    assert len(set(codes)) == 10
    expect(page.get_by_text("10 codes are left.")).to_be_visible()
    sign_out(page)

    type_password(page, who)
    page.get_by_label("Number from your authenticator app").fill(wrong_number(app.secret))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This code does not fit.")
    # The one that set it up is used up; the next one is accepted half a minute early.
    page.get_by_label("Number from your authenticator app").fill(number(1, app.secret))
    page.keyboard.press("Enter")
    is_in(page)
    sign_out(page)

    for works in (True, False):
        type_password(page, who)
        page.get_by_role("link", name="Use a recovery code").click()
        page.get_by_label("Recovery code").fill(codes[0].upper())
        page.keyboard.press("Enter")
        if works:
            is_in(page)
            sign_out(page)
    expect(page.get_by_role("alert")).to_contain_text("it was used before")
    assert RecoveryCode.objects.count() == 9


def test_a_cancelled_prompt_and_a_lost_device(page: Page) -> None:
    phone = Phone.of(page)
    sign_in(page, "alice")
    page.goto(SECURITY)
    page.get_by_role("link", name="Add passkey").click()
    phone.refuse()
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("Nothing was made. Try again.")
    phone.refuse(refuses=False)
    page.get_by_role("button", name="Make a passkey").click()
    codes = make_codes(page)
    page.get_by_role("link", name="Add passkey").click()
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("This device has a passkey for you already.")
    sign_out(page)

    phone.refuse()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was signed.")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_enabled()
    type_password(page, "alice")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was signed.")
    phone.refuse(refuses=False)
    phone.lose()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was signed.")
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.keyboard.press("Enter")
    is_in(page)


def test_a_browser_without_passkeys(page: Page, context_of) -> None:
    sign_in(page, "alice")
    Phone.of(page)
    add_passkey(page)
    codes = make_codes(page)
    old = context_of()
    old.add_init_script("delete window.PublicKeyCredential")
    page = old.new_page()
    type_password(page, "alice")
    expect(page.get_by_text("This browser cannot use passkeys.")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.keyboard.press("Enter")
    is_in(page)
    page.goto(SECURITY + "passkeys/add/")
    expect(page.get_by_text("This browser cannot use passkeys.")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_hidden()
    expect(page.get_by_role("button", name="Make a passkey")).to_be_hidden()
    sign_out(page)
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    expect(page.get_by_text("cannot use passkeys")).to_be_hidden()


def test_who_guesses_waits_and_the_owner_does_not(page: Page, context_of, long_waits) -> None:
    sign_in(page, ANNA)
    sign_out(page)
    stranger = context_of().new_page()
    for _ in range(5):
        type_password(stranger, ANNA, "not it")
        expect(stranger.get_by_role("alert")).to_contain_text("do not fit together")
    type_password(stranger, ANNA, PASSWORD)
    expect(stranger.get_by_role("alert")).to_contain_text("Try again in 10 minutes.")
    # From the same network, but in a browser that has signed in before.
    sign_in(page, ANNA)


@pytest.mark.parametrize("how", ["page", "sql"])
def test_a_new_password_ends_the_session_in_another_browser(page: Page, context_of, how) -> None:
    other = context_of().new_page()
    sign_in(other, ANNA)
    sign_in(page, ANNA)
    if how == "page":
        page.goto("/account/password/")
        page.get_by_label("Present password").fill(PASSWORD)
        page.get_by_label("New password", exact=True).fill(NEW)
        page.get_by_label("New password again").fill(NEW)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your password is changed.")).to_be_visible()
    else:
        Mailbox.objects.update(password=hash_password(NEW, Scheme.SHA512_CRYPT, 5000))
    other.get_by_role("link", name="Forward my mail").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(other, ANNA, NEW)


def test_one_of_the_sessions_is_ended(page: Page, context_of) -> None:
    phone, tablet = (context_of().new_page() for _ in range(2))
    for one in (page, phone, tablet):
        sign_in(one, "bob")
    page.goto(SECURITY)
    sessions = page.get_by_role("region", name="Where you are signed in")
    expect(sessions.get_by_role("listitem")).to_have_count(3)
    # The last used one comes first.
    sessions.get_by_role("button", name="End the session").first.click()
    expect(page.get_by_text("The session is ended.")).to_be_visible()
    expect(sessions.get_by_role("listitem")).to_have_count(2)
    tablet.goto("/mailboxes/")
    expect(tablet.get_by_role("heading", name="Sign in")).to_be_visible()
    phone.goto("/mailboxes/")
    expect(phone.get_by_role("heading", name="Mailboxes")).to_be_visible()
    page.get_by_role("button", name="End all others").click()
    expect(page.get_by_text("1 other session is ended.")).to_be_visible()


def test_a_second_factor_is_required_of_operators(page: Page, configured) -> None:
    configured(require_second_factor="operators")
    Phone.of(page)
    sign_in(page, "bob")
    expect(page.get_by_text("A second factor is required here")).to_be_visible()
    page.get_by_role("link", name="Mailboxes").first.click()
    expect(page.get_by_role("heading", name="Security")).to_be_visible()
    add_passkey(page)
    page.goto("/mailboxes/")
    expect(page.get_by_role("heading", name="Mailboxes")).to_be_visible()


def test_an_operator_resets_the_second_factor_of_an_owner(page: Page, context_of) -> None:
    anna = context_of().new_page()
    sign_in(anna, ANNA)
    set_up_app(anna)
    sign_in(page, "bob")
    page.goto(f"/mailboxes/{ANNA}/")
    page.get_by_role("link", name="Reset second factor").click()
    page.get_by_role("button", name="Reset second factor").click()
    expect(page.get_by_text("has no second factor any more, and is signed out")).to_be_visible()
    anna.goto("/account/")
    sign_in(anna, ANNA)
    assert Entry.objects.get(action="reset_second_factor").actor == "bob"


def test_a_passkey_in_place_of_the_password_asked_again(page: Page) -> None:
    Phone.of(page)
    sign_in(page, "alice")
    add_passkey(page)
    page.goto("/login/again/?next=/operators/add/")
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("heading", name="Add operator")).to_be_visible()


def make_sign_ins_old() -> None:
    """So that the next dangerous act asks who is there."""
    for row in Session.objects.filter(user__isnull=False):
        store = SessionStore(row.pk)
        store[SESSION_KEY] = 0.0
        store.save()


def test_what_was_typed_is_kept_while_the_password_or_a_passkey_is_asked_for(page: Page) -> None:
    Phone.of(page)
    sign_in(page, ANNA)
    add_passkey(page)
    page.goto("/account/forwarding/")
    page.get_by_label("Send my mail to").fill("x@far.example\ny@far.example")
    make_sign_ins_old()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    page.get_by_label("Your password").fill("not it")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    looks_right(page)
    page.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your forwarding is saved")).to_be_visible()
    stored = Forwarding.objects.get()
    assert stored.destination == f"{ANNA}, x@far.example, y@far.example"

    page.goto("/account/forwarding/")
    page.get_by_label("Send my mail to").fill("x@far.example")
    page.get_by_label("Keep a copy").uncheck()
    make_sign_ins_old()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_text("Your forwarding is saved")).to_be_visible()
    stored.refresh_from_db()
    assert stored.destination == "x@far.example"


def test_a_hash_that_the_panel_did_not_write_suspends_the_passkey(page: Page) -> None:
    Phone.of(page)
    sign_in(page, ANNA)
    add_passkey(page)
    Mailbox.objects.update(password=hash_password(NEW, Scheme.SHA512_CRYPT, 5000))
    page.goto("/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("suspended. Sign in with the password.")
    sign_in(page, ANNA, NEW)
    page.goto(SECURITY)
    expect(page.get_by_role("link", name="Add passkey")).to_be_hidden()
    page.get_by_label("Your present password").fill(NEW)
    page.get_by_role("button", name="They are mine").click()
    expect(page.get_by_text("are in force again")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    is_in(page)
