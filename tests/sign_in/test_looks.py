"""Every page of sign-in and Security: axe, both colours, a telephone's width, no JavaScript."""

from __future__ import annotations

import pyotp
import pytest
from playwright.sync_api import Page, expect

from mailboxes.models import Mailbox
from mailkit.passwords import Scheme, hash_password
from tests.account.test_in_browser import looks_right

from .browsing import (
    SECURITY,
    Phone,
    add_passkey,
    is_in,
    make_codes,
    sign_in,
    sign_out,
    type_password,
)
from .conftest import ANNA, number, wrong_number

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_mail_tables")]

NEW = "another horse 43 battery"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page(page: Page, context_of, colours: str) -> None:
    page = context_of(color_scheme=colours).new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    phone = Phone.of(page)

    type_password(page, ANNA, "not it")
    page.locator("[aria-invalid=true]").wait_for()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Nothing was signed.")).to_be_visible()
    looks_right(page)

    sign_in(page, ANNA)
    page.goto(SECURITY)
    looks_right(page)
    page.goto(SECURITY + "passkeys/add/")
    looks_right(page)
    add_passkey(page)
    looks_right(page)
    make_codes(page)
    page.goto(SECURITY + "authenticator/")
    page.get_by_label("Number that the app shows").fill("1")
    page.keyboard.press("Enter")
    page.locator("[aria-invalid=true]").wait_for()
    looks_right(page)
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.get_by_label("Number that the app shows").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your app")).to_be_visible()
    page.goto(SECURITY + "recovery-codes/")
    looks_right(page)
    page.get_by_role("button", name="Make recovery codes").click()
    looks_right(page)
    for path in ("authenticator/remove/", "passkeys/{}/", "passkeys/{}/remove/"):
        page.goto(SECURITY)
        key = page.get_by_role("link", name="Rename my phone").get_attribute("href")
        page.goto(SECURITY + path.format((key or "").rstrip("/").rpartition("/")[2]))
        looks_right(page)
    page.goto("/login/again/")
    looks_right(page)
    sign_out(page)

    type_password(page, ANNA)
    page.get_by_label("Number from your authenticator app").fill(wrong_number(secret))
    page.keyboard.press("Enter")
    page.locator("[aria-invalid=true]").wait_for()
    looks_right(page)
    page.get_by_role("link", name="Use a recovery code").click()
    looks_right(page)
    page.get_by_role("link", name="Back to the other ways").click()
    page.get_by_label("Number from your authenticator app").fill(number(1, secret))
    page.keyboard.press("Enter")
    is_in(page)
    other = context_of().new_page()
    Mailbox.objects.update(password=hash_password(NEW, Scheme.SHA512_CRYPT, 5000))
    sign_in(other, ANNA, NEW)
    sign_in(page, ANNA, NEW)
    page.goto(SECURITY)
    expect(page.get_by_role("button", name="End all others")).to_be_visible()
    looks_right(page)
    sign_out(page)

    sign_in(page, "alice")
    for path in (SECURITY, f"/mailboxes/{ANNA}/reset-second-factor/", "/operators/bob/"):
        page.goto(path)
        looks_right(page)
    assert phone.passkeys()
    assert said == []


def test_the_qr_code_is_whole_and_what_is_typed_is_the_same(page: Page) -> None:
    sign_in(page, "alice")
    page.goto(SECURITY + "authenticator/")
    box = page.locator(".qr-code svg").bounding_box()
    drawn = page.locator(".qr-code svg path").last.evaluate(
        "path => { const box = path.getBoundingClientRect();"
        " return [box.left, box.top, box.right, box.bottom]; }"
    )
    # Four dots of white around it, and all of it in sight.
    assert box is not None
    assert box["x"] < drawn[0] < drawn[2] < box["x"] + box["width"]
    assert box["y"] < drawn[1] < drawn[3] < box["y"] + box["height"]
    assert abs(box["width"] - box["height"]) < 1
    href = page.get_by_role("link", name="Open it there").get_attribute("href") or ""
    app = pyotp.parse_uri(href)
    assert app.secret == page.locator("[data-secret]").inner_text().replace(" ", "")
    assert app.name == "alice"


def test_recovery_codes_are_copied_and_saved(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    Phone.of(page)
    sign_in(page, "alice")
    add_passkey(page)
    page.get_by_role("button", name="Make recovery codes").click()
    codes = page.locator(".codes li").all_inner_texts()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("The codes are copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").split() == codes
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    assert download.value.suggested_filename == "recovery-codes.txt"
    lines = download.value.path().read_text().split("\n")
    assert lines[0].startswith("alice, localhost")
    assert lines[2:12] == codes


def test_without_javascript(page: Page, context_of) -> None:
    plain = context_of(java_script_enabled=False).new_page()
    plain.goto("/login/")
    expect(plain.get_by_role("button", name="Use a passkey")).to_be_hidden()
    sign_in(plain, "bob")
    sign_in(page, "bob")
    plain.goto(SECURITY + "passkeys/add/")
    expect(plain.get_by_text("Passkeys need JavaScript")).to_be_visible()
    expect(plain.get_by_role("button", name="Make a passkey")).to_be_hidden()
    plain.goto(SECURITY)
    plain.get_by_role("button", name="End the session").click()
    expect(plain.get_by_text("The session is ended.")).to_be_visible()
    plain.get_by_role("link", name="Set up").click()
    secret = plain.locator("[data-secret]").inner_text().replace(" ", "")
    plain.get_by_label("Number that the app shows").fill(pyotp.TOTP(secret).now())
    plain.keyboard.press("Enter")
    codes = make_codes(plain)
    sign_out(plain)
    type_password(plain, "bob")
    plain.get_by_label("Number from your authenticator app").fill(number(1, secret))
    plain.keyboard.press("Enter")
    is_in(plain)
    sign_out(plain)
    type_password(plain, "bob")
    plain.get_by_role("link", name="Use a recovery code").click()
    plain.get_by_label("Recovery code").fill(codes[3])
    plain.keyboard.press("Enter")
    is_in(plain)


def test_by_keyboard_alone(page: Page) -> None:
    phone = Phone.of(page)
    sign_in(page, "alice")
    page.goto(SECURITY + "passkeys/add/")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Make recovery codes")).to_be_visible()
    assert len(phone.passkeys()) == 1
    sign_out(page)
    expect(page.get_by_label("Name or address")).to_be_focused()
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough secret 7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    # The only way here, so it comes first.
    expect(page.get_by_role("button", name="Use a passkey")).to_be_focused()
    page.keyboard.press("Enter")
    is_in(page)
