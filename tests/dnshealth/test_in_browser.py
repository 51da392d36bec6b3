"""“Check now” and the copy buttons in a real browser, with scripts and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.models import Kind, User
from dnshealth import check_now
from domains.models import Domain
from tests.dnshealth.zones import NO_SPF, TWO_SPF, Use, answers

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_mail_tables")]
PASSWORD = "a long enough secret 7"
PAGE = "/domains/a.test/dns/"

Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, live_server, transactional_mail_tables: None) -> Iterator[Open]:
    """Opens the page of a.test in Alice's browser."""
    alice = User(username="alice", kind=Kind.OPERATOR, is_superadmin=True)
    alice.set_password(PASSWORD)
    alice.save()
    Domain.objects.create(domain="a.test")
    contexts: list[BrowserContext] = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto("/login/")
        page.fill("[name=username]", "alice")
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Sign out").wait_for()
        page.goto(PAGE)
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_progress_result_and_copying(
    opened: Open, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(answers(a_test=TWO_SPF))
    jobs: list[Callable[[], None]] = []
    monkeypatch.setattr(check_now, "start", jobs.append)
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    page.get_by_role("button", name="Check now").click()
    page.get_by_text("0 of 15").wait_for()
    # The browser's own event loop runs in this thread.
    worker = Thread(target=jobs[0])
    worker.start()
    worker.join()
    page.get_by_role("heading", name="There are several SPF records").wait_for()

    page.locator("[data-copy-from=spf-1-add-1-value]").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("v=spf1 ")
    # The matrix leads to the family's first finding, also where it is folded away.
    page.goto("/dns/")
    page.get_by_role("link", name="MTA-STS: notice").click()
    page.get_by_role("heading", name="Senders are not told to insist on encryption").wait_for()
    assert said == []


def test_without_scripts_it_comes_back_with_the_result(opened: Open, use: Use) -> None:
    use(answers(a_test=NO_SPF))
    page = opened(java_script_enabled=False)

    page.get_by_role("button", name="Check now").click()

    page.get_by_text("Checked just now.").wait_for()
    assert page.get_by_text("Nothing says which servers may send").first.is_visible()
    assert page.locator("[data-copy-from]").first.is_hidden()


def test_the_list_is_narrowed_as_one_types_and_sorts(opened: Open, use: Use) -> None:
    use(answers(a_test=NO_SPF))
    Domain.objects.create(domain="b.test")
    page = opened()
    page.goto("/dns/")

    page.get_by_role("searchbox").fill("b.t")
    page.get_by_text("a.test").wait_for(state="detached")
    assert page.get_by_role("link", name="b.test").is_visible()
    page.get_by_role("link", name="in order").click()
    page.get_by_text("No domain found").wait_for()
    assert "verdict=ok" in page.url
    assert "q=b.t" in page.url
