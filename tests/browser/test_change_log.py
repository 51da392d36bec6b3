"""The change log and undo in Chromium: axe, a telephone, the console, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Kind, User
from audit.actor import Actor, ActorKind
from audit.log import record_refused_sign_in, record_sign_in
from audit.models import Entry
from domains.services import create_domain, create_transport
from mailboxes.models import Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import change_forwarding, create_forwarding, delete_forwarding
from mailboxes.services.mailboxes import create_mailbox, set_mailbox_password, suspend_mailbox
from tests.conftest import PASSWORD
from undo.services import undo

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_mail_tables")]

ALICE = Actor(ActorKind.SUPERADMIN, "alice", "2001:db8:1234:5678:9abc:def0:1234:5678", domains=None)
# Nowhere to break it, and as long as a key may be.
LONG = "averylonglocalpartofsomebodywithoutasign@averylongnameofadomainwithoutasign.test"
BIG = "big.test"


@pytest.fixture
def history(transactional_mail_tables: None, root: Actor) -> dict[str, int]:
    """{what: id of an entry}: changes of every sort, long ones, one undone, two in the way."""
    found: dict[str, int] = {}

    def note(name: str) -> None:
        found[name] = Entry.objects.order_by("-pk").values_list("pk", flat=True)[0]

    for name in ("a.test", BIG, LONG.partition("@")[2]):
        create_domain(actor=ALICE, domain=name)
    for email in ("anna@a.test", LONG, *(f"user{n:02}@{BIG}" for n in range(25))):
        create_mailbox(actor=ALICE, email=email, password=PASSWORD)
    create_forwarding(actor=ALICE, source="info@a.test", destination="anna@a.test")
    targets = "\n".join(["anna@a.test", *(f"user{n:02}@{BIG}" for n in range(9))])
    change_forwarding(actor=ALICE, key="info@a.test", source="all@a.test", destination=targets)
    note("rename")
    create_forwarding(actor=ALICE, source="long@a.test", destination=f"{LONG}, anna@a.test")
    create_transport(actor=root, domain="*", transport="relay:[mail.example.org]:587", force=True)
    set_mailbox_password(actor=ALICE, email=LONG, password=PASSWORD + "2")
    note("password")
    suspend_mailbox(actor=root, email="anna@a.test")
    note("undone")
    undo(actor=ALICE, entry_id=found["undone"])
    note("undo")
    create_forwarding(actor=ALICE, source="one@a.test", destination="two@a.test", force=True)
    delete_forwarding(actor=ALICE, key="one@a.test")
    note("warned")
    create_forwarding(actor=ALICE, source="two@a.test", destination="one@a.test", force=True)
    Mailbox.objects.create(email="<script>alert(1)</script>@a.test", password="x")
    delete_domain(actor=ALICE, domain=BIG)
    note("deleted")
    delete_domain(actor=ALICE, domain=LONG.partition("@")[2])
    note("in the way")
    Mailbox.objects.create(email=LONG, password="x")
    record_sign_in(actor=ALICE)
    note("sign-in")
    for _ in range(3):
        record_refused_sign_in(name="x" * 200 + "@a.test", address=ALICE.address, known=False)
    note("refused")
    return found


def paths(history: dict[str, int]) -> list[str]:
    group = Entry.objects.get(pk=history["deleted"]).group
    return [
        "/audit/",
        "/audit/?q=anna&kind=mailbox&address=2001:db8::1",
        "/audit/?actor=alice&since=yesterday",
        "/audit/?action=refuse_sign_in",
        f"/audit/?group={group}",
        "/audit/?before=1",
        *(f"/audit/{pk}/" for pk in history.values()),
        *(
            f"/audit/{history[name]}/undo/"
            for name in ("deleted", "in the way", "warned", "rename")
        ),
        f"/audit/{history['deleted']}/undo/?only=1",
        f"/audit/{history['undone']}/undo/",
    ]


@pytest.fixture(params=["light", "dark"])
def browsing(
    request: pytest.FixtureRequest, browser: Browser, live_server, history: dict[str, int]
) -> Iterator[BrowserContext]:
    """A browser in these colours; Alice is a superadmin."""
    alice = User(username="alice", kind=Kind.OPERATOR, is_superadmin=True)
    alice.set_password(PASSWORD)
    alice.save()
    context = browser.new_context(base_url=live_server.url, color_scheme=request.param)
    yield context
    context.close()


def sign_in(page: Page) -> None:
    page.goto("/login/")
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    page.wait_for_load_state("networkidle")


def test_every_page(browsing: BrowserContext, history: dict[str, int]) -> None:
    page = browsing.new_page()
    sign_in(page)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in paths(history):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(path)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        page.set_viewport_size({"width": 375, "height": 812})
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 375, f"{path} {width}"
    assert said == []


@pytest.mark.parametrize("browsing", ["light"], indirect=True)
def test_the_search_takes_the_export_along(browsing: BrowserContext) -> None:
    page = browsing.new_page()
    sign_in(page)
    page.goto("/audit/")
    page.get_by_role("searchbox").fill("anna")
    expect(page).to_have_url(re.compile("q=anna"))
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_text("Filters").click()
    page.get_by_label("Network address").fill(ALICE.address)
    expect(page.locator("tbody tr")).to_have_count(2)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export as CSV").click()
    text = downloading.value.path().read_text()
    assert text.count("\n") == 3
    assert "anna@a.test" in text


@pytest.mark.parametrize("browsing", ["light"], indirect=True)
def test_undo_without_javascript(
    browser: Browser, browsing: BrowserContext, history: dict[str, int], live_server
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto("/audit/")
    page.get_by_role("searchbox").fill(BIG)
    page.get_by_role("button", name="Search").click()
    page.locator("tbody a.row-link").first.click()
    page.get_by_role("link", name="Undo the whole action").click()
    expect(page.get_by_text(re.compile("Mailbox: 25 come back"))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("27 changes are undone.")).to_be_visible()
    assert Mailbox.objects.filter(email__endswith=f"@{BIG}").count() == 25
    page.goto(f"/audit/{history['deleted']}/undo/")
    expect(page.get_by_role("alert")).to_contain_text("This is undone already")

    page.goto(f"/audit/{history['warned']}/undo/")
    expect(page.get_by_role("alert")).to_contain_text("in a circle")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_contain_text("in a circle")
    page.get_by_label("Do it all the same").check()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 change is undone.")).to_be_visible()
    context.close()
