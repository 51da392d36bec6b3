"""The owner's pages in Chromium: the meter while typing, what comes later, and axe on each page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from audit.actor import Actor
from domains.services import create_domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox
from mailkit.passwords import Scheme, hash_password, verify
from tests.conftest import PASSWORD

from .conftest import ANNA

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_mail_tables")]

NEW = "another horse 43 battery"
FAR = "anna@far.example"


@pytest.fixture(params=["light", "dark"])
def page_in(
    request: pytest.FixtureRequest,
    browser: Browser,
    live_server,
    transactional_mail_tables: None,
    root: Actor,
) -> Iterator[Page]:
    """A browser in these colours; Anna has a mailbox, and Alice is a superadmin."""
    create_domain(actor=root, domain="a.test")
    create_mailbox(actor=root, email=ANNA, password=PASSWORD)
    alice = User(username="alice", is_superadmin=True)
    alice.set_password(PASSWORD)
    alice.save()
    context = browser.new_context(base_url=live_server.url, color_scheme=request.param)
    yield context.new_page()
    context.close()


def sign_in(page: Page, name: str = ANNA, password: str = PASSWORD) -> None:
    page.goto("/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    # A part of the page that comes later must not set its cookie beside the next sign-in's.
    page.wait_for_load_state("networkidle")


def looks_right(page: Page) -> None:
    """axe has nothing to say, nothing scrolls sideways on a telephone, the console is silent."""
    page.wait_for_load_state("networkidle")
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    size = page.viewport_size
    page.set_viewport_size({"width": 375, "height": 812})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375, page.url
    page.set_viewport_size(size)


@pytest.mark.parametrize("page_in", ["light"], indirect=True)
@pytest.mark.parametrize(
    ("typed", "said", "level"),
    [
        ("abc", "Too easy to guess", "1"),
        ("password1", "Among the first that attackers try", "1"),
        ("iloveyou99!", "Among the first that attackers try", "1"),
        ("annaanna1", "Little more than your own name", "1"),
        ("aaaaaaaaaaaaaaaa", "Too easy to guess", "1"),
        ("1234567890123", "Too easy to guess", "1"),
        ("horsebattery", "Could be longer", "2"),
        ("horse batter", "Good", "3"),
        ("k7mx-4hqd-9wzt-p3fr", "Very good", "4"),
    ],
)
def test_the_meter_says_how_hard_it_is_to_guess(page_in: Page, typed, said, level) -> None:
    sign_in(page_in)
    page_in.goto("/account/password/")
    with page_in.expect_response(re.compile("common-passwords")):
        page_in.get_by_label("New password", exact=True).fill("x")
    page_in.get_by_label("New password", exact=True).fill(typed)
    expect(page_in.locator("[data-password-words]")).to_have_text(said)
    expect(page_in.locator("[data-password-meter]")).to_have_attribute("data-level", level)


def test_the_owner_at_home(page_in: Page) -> None:
    said: list[str] = []
    page_in.on("console", lambda message: said.append(message.text))
    page_in.on("pageerror", lambda error: said.append(str(error)))
    Forwarding.objects.create(source="info@a.test", destination=ANNA)
    sign_in(page_in)
    expect(page_in.get_by_text("info@a.test")).to_be_visible()
    looks_right(page_in)

    page_in.get_by_role("link", name="Forward my mail").click()
    page_in.get_by_label("Send my mail to").fill("no address")
    page_in.get_by_role("button", name="Save").click()
    page_in.locator("[aria-invalid=true]").wait_for()
    looks_right(page_in)
    page_in.get_by_label("Send my mail to").fill(FAR)
    page_in.get_by_role("button", name="Save").click()
    expect(page_in.get_by_text("a copy is kept in this mailbox")).to_be_visible()
    assert Forwarding.objects.get(pk=ANNA).destination == f"{ANNA}, {FAR}"

    page_in.get_by_role("link", name="Set a recovery address").click()
    looks_right(page_in)
    page_in.get_by_label("Recovery address").fill(FAR)
    page_in.get_by_label("Your password").fill(PASSWORD)
    page_in.get_by_role("button", name="Send the link").click()
    expect(page_in.get_by_text("not confirmed")).to_be_visible()
    page_in.goto("/account/recovery/remove/")
    looks_right(page_in)
    assert said == []


def test_a_forgotten_password(page_in: Page) -> None:
    sign_in(page_in)
    page_in.goto("/account/recovery/")
    page_in.get_by_label("Recovery address").fill(FAR)
    page_in.get_by_label("Your password").fill(PASSWORD)
    page_in.get_by_role("button", name="Send the link").click()
    page_in.get_by_role("button", name="Sign out").click()
    page_in.goto(link_of_last_mail())
    looks_right(page_in)
    page_in.get_by_role("button", name="Confirm").click()
    expect(page_in.get_by_text("The recovery address is confirmed.")).to_be_visible()

    page_in.get_by_role("link", name="Forgot your password?").click()
    looks_right(page_in)
    page_in.get_by_label("Your mailbox address").fill(ANNA)
    page_in.get_by_role("button", name="Send the link").click()
    expect(page_in.get_by_role("heading", name="Look into your mail")).to_be_visible()
    looks_right(page_in)

    link = link_of_last_mail()
    page_in.goto(link)
    looks_right(page_in)
    page_in.get_by_label("New password", exact=True).fill(NEW)
    page_in.get_by_label("New password again").fill(NEW)
    page_in.keyboard.press("Enter")
    expect(page_in.get_by_text("Your password is set.")).to_be_visible()
    page_in.goto(link)
    expect(page_in.get_by_role("heading", name="This link does not work")).to_be_visible()
    looks_right(page_in)
    sign_in(page_in, ANNA, NEW)


def test_an_invitation(page_in: Page) -> None:
    sign_in(page_in, "alice")
    page_in.goto("/mailboxes/add/")
    page_in.get_by_label("Address").fill("bert@a.test")
    expect(page_in.get_by_label("Password", exact=True)).to_be_visible()
    page_in.get_by_label("The owner chooses the password").check()
    expect(page_in.get_by_label("Password", exact=True)).to_be_hidden()
    looks_right(page_in)
    page_in.get_by_role("button", name="Add mailbox").click()
    page_in.get_by_role("button", name="Make the link").click()
    link = page_in.get_by_label("The link, shown only now").input_value()
    looks_right(page_in)
    page_in.get_by_role("button", name="Copy").click()
    expect(page_in.get_by_text("The link is copied.")).to_be_visible()
    page_in.get_by_role("button", name="Sign out").click()

    page_in.goto(link)
    looks_right(page_in)
    page_in.get_by_role("button", name="Suggest a password").click()
    password = page_in.get_by_label("New password", exact=True).input_value()
    page_in.get_by_role("button", name="Set password").last.click()
    expect(page_in.get_by_text("Your password is set.")).to_be_visible()
    assert verify(password, Mailbox.objects.get(pk="bert@a.test").password)


def test_suspended_factors(page_in: Page) -> None:
    sign_in(page_in)
    Mailbox.objects.update(password=hash_password(NEW, Scheme.SHA512_CRYPT, 5000))
    page_in.context.clear_cookies()
    sign_in(page_in, "alice")
    page_in.goto(f"/mailboxes/{ANNA}/")
    expect(page_in.get_by_role("button", name="The owner is the same")).to_be_visible()
    looks_right(page_in)
    page_in.context.clear_cookies()
    sign_in(page_in, ANNA, NEW)
    looks_right(page_in)
    page_in.get_by_label("Your present password").fill("wrong")
    page_in.get_by_role("button", name="They are mine").click()
    expect(page_in.get_by_text("This is not your password.")).to_be_visible()
    looks_right(page_in)
    page_in.get_by_label("Your present password").fill(NEW)
    page_in.get_by_role("button", name="They are mine").click()
    expect(page_in.get_by_text("are in force again")).to_be_visible()


def link_of_last_mail() -> str:
    return re.findall(r"http://\S+token=\S+", mail.outbox[-1].body)[0]
