"""axe finds nothing on any page, in light and in dark colours, and no page scrolls sideways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from accounts.models import Kind, User
from audit.actor import Actor
from domains.models import Transport
from domains.services import create_domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox, suspend_mailbox
from mailserver.lint_runs import begin_lint, lint_all
from tests.dnshealth.samples import store_keys, store_samples

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_mail_tables")]

PASSWORD = "a long enough secret 7"
PAGES = [
    "/",
    "/domains/",
    "/domains/?q=nothing",
    "/domains/add/",
    "/domains/a.test/",
    "/domains/empty.test/",
    "/domains/a.test/delete/",
    "/mailboxes/",
    "/mailboxes/?q=nothing",
    "/mailboxes/?q=a",
    "/mailboxes/add/",
    "/mailboxes/anna@a.test/",
    "/mailboxes/des@a.test/",
    "/mailboxes/anna@a.test/password/",
    "/mailboxes/anna@a.test/delete/",
    "/export/mailboxes/?q=a&domain=a.test",
    "/forwardings/",
    "/forwardings/add/",
    "/forwardings/@a.test/",
    "/forwardings/@a.test/delete/",
    "/transports/",
    "/transports/add/",
    "/transports/*/",
    "/transports/*/delete/",
    "/dns/",
    "/dns/?q=nothing",
    "/dns/?sort=spf&verdict=critical",
    "/dns/mails/",
    "/domains/a.test/dns/",
    "/domains/empty.test/dns/",
    "/domains/a.test/dns/dkim/",
    "/domains/empty.test/dns/dkim/",
    "/domains/a.test/dns/dkim/new/",
    "/domains/a.test/dns/dkim/s-published/switch/",
    "/domains/a.test/dns/dkim/s-old/retire/",
    "/doctor/",
    "/doctor/ask/",
    "/domains/a.test/dns/settings/?off=spf.multiple",
    "/domains/a.test/dns/publish/",
    "/trace/",
    "/trace/?address=info@a.test",
    "/trace/?address=anybody@empty.test",
    "/trace/?address=nobody@far.example",
    "/configuration/?dovecot=2.3",
    "/configuration/?dovecot=2.4",
    "/lint/",
    "/lint/mend/?code=forwarding.twice&table=forwardings&key=info@a.test",
    "/lint/mend/?code=forwarding.twice&table=forwardings&key=carl@a.test",
    "/queue/",
    "/queue/log/",
    "/queue/log/?address=anna",
    "/queue/log/?address=info@a.test",
    "/login/again/",
    "/operators/",
    "/operators/add/",
    "/operators/alice/",
    "/nothing/here/",
]
# What is posted, so that the page answers with errors, warnings or a suggestion.
POSTS = [
    ("/mailboxes/add/", {"email": "bad", "password1": "x", "password2": "y"}),
    ("/mailboxes/add/", {"email": "x@c.test", "password1": "123456", "password2": "123456"}),
    ("/forwardings/add/", {"source": "anna@a.test", "destination": "x@far.example"}),
    ("/domains/a.test/delete/", {"confirm": "wrong"}),
    ("/transports/add/", {"domain": "*", "transport": "nosuch:x"}),
    ("/doctor/", {"bundle": "x"}),
]


@pytest.fixture
def rows(transactional_mail_tables: None, root: Actor) -> None:
    """Something in every table, sound and odd."""
    for name in ("a.test", "xn--mller-kva.test", "empty.test"):
        create_domain(actor=root, domain=name)
    for name in ("anna", "bert", "carl"):
        create_mailbox(actor=root, email=f"{name}@a.test", password=PASSWORD)
    suspend_mailbox(actor=root, email="bert@a.test")
    Mailbox.objects.create(email="des@a.test", password="ab01FAX.bQRSU")
    Mailbox.objects.create(email="cut@a.test", password="{SHA512-CRYPT}$6$yJA")
    Mailbox.objects.create(email="a-rather-long-local-part.of.somebody@a.test", password="")
    Mailbox.objects.bulk_create(Mailbox(email=f"u{n:03}@a.test", password="") for n in range(60))
    Forwarding.objects.create(source="@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="@empty.test", destination="@a.test")
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test, " * 5 + "x@b.test")
    Forwarding.objects.create(source="carl@a.test", destination="carl@a.test, carl@far.example")
    Transport.objects.create(domain="*", transport="relay:[mail.example.org]:587")
    Transport.objects.create(domain="", transport="discard:no link leads here")
    store_samples("a.test", "xn--mller-kva.test")
    store_keys("a.test")
    lint_all.func(begin_lint(actor=root).pk)


@pytest.fixture(params=["light", "dark"])
def signed_in(
    request: pytest.FixtureRequest, browser: Browser, live_server, rows: None
) -> Iterator[Page]:
    """Alice's browser, in these colours."""
    alice = User(username="alice", kind=Kind.OPERATOR, is_superadmin=True)
    alice.set_password(PASSWORD)
    alice.save()
    context = browser.new_context(base_url=live_server.url, color_scheme=request.param)
    page = context.new_page()
    _check(page, "/login/")
    _sign_in(page, "alice")
    yield page
    context.close()


def _sign_in(page: Page, name: str) -> None:
    page.goto("/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def _check(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    _judge(page, path)


def _judge(page: Page, path: str) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{path}\n{found.generate_report()}"


def test_every_page_of_the_operator(signed_in: Page) -> None:
    for path in PAGES:
        _check(signed_in, path)


def test_pages_that_answer_with_errors_and_warnings(signed_in: Page) -> None:
    for path, fields in POSTS:
        signed_in.goto(path)
        for name, value in fields.items():
            signed_in.fill(f"[name={name}]", value)
        signed_in.locator("main form button.btn[type=submit]:not([name])").last.click()
        signed_in.locator("[aria-invalid=true]").first.wait_for()
        _judge(signed_in, f"POST {path}")
    signed_in.goto("/mailboxes/add/")
    signed_in.get_by_role("button", name="Suggest a password").click()
    _judge(signed_in, "a suggested password")


def test_the_pages_of_a_mailbox_owner(signed_in: Page) -> None:
    signed_in.get_by_role("button", name="Sign out").click()
    _sign_in(signed_in, "anna@a.test")

    for path in ("/account/", "/account/password/", "/mailboxes/"):
        _check(signed_in, path)


def test_no_page_scrolls_sideways_on_a_telephone(signed_in: Page) -> None:
    signed_in.set_viewport_size({"width": 375, "height": 812})

    for path in PAGES:
        signed_in.goto(path)
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= 375, path


def test_the_console_stays_silent(signed_in: Page) -> None:
    """No violation of the Content-Security-Policy, no error in a script."""
    said: list[str] = []
    signed_in.on("console", lambda message: said.append(message.text))
    signed_in.on("pageerror", lambda error: said.append(str(error)))

    for path in [path for path in PAGES if "nothing/here" not in path]:
        signed_in.goto(path)
        signed_in.wait_for_load_state("networkidle")

    assert said == []
