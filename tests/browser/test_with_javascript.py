"""What JavaScript adds, and that nothing needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Kind, User
from audit.actor import Actor
from domains.services import create_domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox
from mailkit.passwords import verify

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_mail_tables")]

PASSWORD = "a long enough secret 7"
SUGGESTED = re.compile(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}")


@pytest.fixture
def alice(transactional_mail_tables: None, root: Actor) -> User:
    user = User(username="alice", kind=Kind.OPERATOR, is_superadmin=True)
    user.set_password(PASSWORD)
    user.save()
    create_domain(actor=root, domain="a.test")
    create_mailbox(actor=root, email="anna@a.test", password=PASSWORD)
    return user


@pytest.fixture
def signed_in(page: Page, live_server, alice: User) -> Page:
    page.goto(live_server.url + "/login/")
    _sign_in(page)
    return page


@pytest.fixture
def without_javascript(browser: Browser, live_server, alice: User) -> Iterator[Page]:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login/")
    _sign_in(page)
    yield page
    context.close()


def _sign_in(page: Page) -> None:
    page.get_by_label("Name or address").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def test_a_password_is_suggested_in_the_browser(signed_in: Page) -> None:
    signed_in.get_by_role("link", name="Add to Mailboxes").click()
    signed_in.get_by_label("Address").fill("bert")
    signed_in.get_by_role("button", name="@a.test").click()
    signed_in.get_by_role("button", name="Suggest a password").click()

    first = signed_in.get_by_label("Password", exact=True)
    password = first.input_value()
    assert SUGGESTED.fullmatch(password)
    expect(first).to_have_attribute("type", "text")
    expect(signed_in.get_by_label("Password again")).to_have_value(password)
    expect(signed_in.get_by_label("Address")).to_have_value("bert@a.test")

    signed_in.get_by_role("button", name="Add mailbox").click()
    expect(signed_in.get_by_role("heading", name="bert@a.test")).to_be_visible()
    assert verify(password, Mailbox.objects.get(pk="bert@a.test").password)


def test_enter_saves(signed_in: Page, live_server) -> None:
    signed_in.goto(live_server.url + "/mailboxes/anna@a.test/password/")
    signed_in.get_by_label("Password", exact=True).fill("a brand new one")
    signed_in.get_by_label("Password again").fill("a brand new one")
    signed_in.keyboard.press("Enter")

    expect(signed_in.get_by_text("is changed")).to_be_visible()
    assert verify("a brand new one", Mailbox.objects.get().password)


def test_the_password_is_shown_and_hidden(signed_in: Page, live_server) -> None:
    signed_in.goto(live_server.url + "/mailboxes/anna@a.test/password/")
    field = signed_in.get_by_label("Password", exact=True)
    field.fill("123")
    expect(signed_in.get_by_text("Too easy to guess")).to_be_visible()

    signed_in.get_by_role("button", name="Show").click()
    expect(field).to_have_attribute("type", "text")
    signed_in.get_by_role("button", name="Show").click()
    expect(field).to_have_attribute("type", "password")


def test_a_list_is_searched_while_typing(signed_in: Page, live_server) -> None:
    Mailbox.objects.create(email="otto@a.test", password="")
    signed_in.goto(live_server.url + "/mailboxes/")
    signed_in.keyboard.press("/")
    expect(signed_in.get_by_label("Search", exact=True)).to_be_focused()
    signed_in.keyboard.type("ot")

    expect(signed_in.get_by_role("link", name="anna@a.test")).to_be_hidden()
    expect(signed_in.get_by_role("link", name="otto@a.test")).to_be_visible()
    expect(signed_in).to_have_url(re.compile(r"q=ot"))
    expect(signed_in.get_by_label("Search", exact=True)).to_have_value("ot")
    export = signed_in.get_by_role("link", name="Export")
    expect(export).to_have_attribute("href", "/export/mailboxes/?q=ot&domain=")

    export.click()
    with signed_in.expect_download() as download:
        signed_in.get_by_role("button", name="Download").click()
    assert re.fullmatch(r"mailboxes-[0-9-]{10}\.csv", download.value.suggested_filename)
    assert download.value.path().read_bytes() == b"email\r\notto@a.test\r\n"


def test_forwardings_that_lead_here_come_after_the_page(signed_in: Page, live_server) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    signed_in.goto(live_server.url + "/mailboxes/anna@a.test/")

    expect(signed_in.get_by_role("link", name="info@a.test")).to_be_visible()


def test_dark_colours_stay_chosen(signed_in: Page, live_server) -> None:
    signed_in.get_by_role("button", name="Dark").click()
    signed_in.goto(live_server.url + "/domains/")

    expect(signed_in.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert signed_in.evaluate("localStorage.getItem('theme')") == "dark"
    expect(signed_in.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_the_menu_opens_on_a_telephone(signed_in: Page) -> None:
    signed_in.set_viewport_size({"width": 375, "height": 812})
    link = signed_in.get_by_role("navigation", name="Main").get_by_role("link", name="Mailboxes")
    expect(link).to_be_hidden()

    signed_in.get_by_role("button", name="Menu").click()
    link.click()

    expect(signed_in.get_by_role("heading", name="Mailboxes")).to_be_visible()


def test_everything_works_without_javascript(without_javascript: Page) -> None:
    page = without_javascript
    page.goto("/domains/add/")
    page.get_by_label("Domain").fill("b.test")
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_role("heading", name="b.test")).to_be_visible()

    page.goto("/mailboxes/add/?domain=b.test")
    page.get_by_label("Address").fill("bert@b.test")
    page.get_by_role("button", name="Suggest a password").click()
    password = page.locator("output").inner_text()
    assert SUGGESTED.fullmatch(password)
    page.get_by_role("button", name="Add mailbox").click()
    expect(page.get_by_role("heading", name="bert@b.test")).to_be_visible()
    assert verify(password, Mailbox.objects.get(pk="bert@b.test").password)

    page.get_by_role("link", name="Look through all forwardings").click()
    expect(page.get_by_text("None: mail comes here by this address only.")).to_be_visible()

    page.goto("/mailboxes/")
    page.get_by_label("Search", exact=True).fill("bert")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="bert@b.test")).to_be_visible()
    expect(page.get_by_role("link", name="anna@a.test")).to_be_hidden()

    page.set_viewport_size({"width": 375, "height": 812})
    expect(page.get_by_role("link", name="Forwardings")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_change_is_previewed_in_the_form(signed_in: Page, live_server) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    signed_in.goto(live_server.url + "/forwardings/info@a.test/")
    signed_in.locator("[name=destination]").fill("x@far.example")
    signed_in.get_by_role("button", name="Preview").click()

    preview = signed_in.locator("form #route-preview")
    expect(preview).to_contain_text("anna@a.test lmtp:unix:private/dovecot-lmtp")
    expect(preview).to_contain_text("x@far.example smtp:far.example")
    expect(signed_in.locator("[name=destination]")).to_have_value("x@far.example")
    assert Forwarding.objects.get().destination == "anna@a.test"

    signed_in.goto(live_server.url + "/forwardings/info@a.test/delete/")
    expect(signed_in.locator("form #route-preview")).to_contain_text("rejected")


def test_a_deletion_is_previewed_with_and_without_what_hangs_on_it(
    signed_in: Page, live_server
) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    signed_in.goto(live_server.url + "/mailboxes/anna@a.test/delete/")
    preview = signed_in.locator("form #route-preview")
    expect(preview).to_contain_text("info@a.test")
    expect(preview).not_to_contain_text("bounced")
    signed_in.locator("#dependents-keep").check()
    expect(preview).to_contain_text("bounced")
    signed_in.locator("#dependents-remove").check()
    expect(preview).not_to_contain_text("bounced")
    assert Mailbox.objects.filter(pk="anna@a.test").exists()


def test_a_change_is_previewed_in_a_new_tab(without_javascript: Page) -> None:
    without_javascript.goto("/forwardings/add/")
    without_javascript.locator("[name=source]").fill("info@a.test")
    without_javascript.locator("[name=destination]").fill("anna@a.test")
    with without_javascript.expect_popup() as opened:
        without_javascript.get_by_role("button", name="Preview").click()

    heading = opened.value.get_by_role("heading", name="What the change does to mail")
    expect(heading).to_be_visible()
    expect(without_javascript.locator("[name=source]")).to_have_value("info@a.test")


@pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without"])
def test_rows_are_chosen_by_keyboard_and_suspended(
    request: pytest.FixtureRequest, live_server, scripted: bool
) -> None:
    page: Page = request.getfixturevalue("signed_in" if scripted else "without_javascript")
    for number in range(3):
        Mailbox.objects.create(email=f"u{number}@a.test", password="{PLAIN}x")
    page.goto(live_server.url + "/mailboxes/?q=u")
    if scripted:
        page.get_by_label("Tick all rows on this page").focus()
        page.keyboard.press("Space")
        expect(page.get_by_text("3 ticked")).to_be_visible()
        page.get_by_label("Choose u1@a.test").uncheck()
        expect(page.get_by_text("2 ticked")).to_be_visible()
    else:
        expect(page.get_by_label("Tick all rows on this page")).to_be_hidden()
        for number in (0, 2):
            page.get_by_label(f"Choose u{number}@a.test").check()
    page.get_by_label("What to do with them").select_option("suspend_mailboxes")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_role("heading", name="2 rows would be done")).to_be_visible()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("heading", name="2 rows were done")).to_be_visible()
    locked = Mailbox.objects.filter(password__startswith="{CRYPT}$!$").order_by("pk")
    assert list(locked.values_list("pk", flat=True)) == ["u0@a.test", "u2@a.test"]
