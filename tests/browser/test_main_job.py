"""The main job: what is clicked in the panel, a running Postfix and Dovecot do at once.

A browser signs in, makes domains, mailboxes, forwardings and transports on MariaDB; mail is sent
by SMTP, and fetched over IMAP and POP3 with the passwords from the panel.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.servers.mailstack import MailStack
from tests.servers.panel import PASSWORD, Panel

pytestmark = [pytest.mark.browser, pytest.mark.stack]

FIRST = "first password of anna 1"
SECOND = "second password of anna 2"
THIRD = "third password of anna 3"


class Operator:
    """A person at the panel: goes to pages, fills in, clicks."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base

    def sign_in(self, username: str, password: str) -> None:
        self.page.goto(f"{self.base}/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")

    def sign_out(self) -> None:
        self.page.context.clear_cookies()

    def save(self, path: str, *, force: bool = False, **fields: str) -> None:
        """Fill in a form and save it; where it warns first, confirm."""
        self.page.goto(self.base + path)
        for name, value in fields.items():
            self.page.fill(f"[name={name}]", value)
        self._click()
        if force:
            expect(self.page.get_by_role("alert").first).to_be_visible()
            self.page.check("[name=force]")
            self._click()
        assert self.page.locator("[aria-invalid=true]").count() == 0, self.page.content()

    def _click(self) -> None:
        with self.page.expect_navigation():
            self.page.click("main form .form-actions button[type=submit]")

    def mailbox(self, email: str, password: str) -> None:
        self.save("/mailboxes/add/", email=email, password1=password, password2=password)

    def forwarding(self, source: str, destination: str, *, force: bool = False) -> None:
        self.save("/forwardings/add/", source=source, destination=destination, force=force)

    def transport(self, key: str, value: str, *, force: bool = False) -> None:
        self.save("/transports/add/", domain=key, transport=value, force=force)


@pytest.fixture(scope="module")
def stage(mariadb_server) -> Iterator[tuple[Panel, MailStack]]:
    database = mariadb_server.create_database()
    panel = Panel(database.url)
    assert panel.manage("setup").returncode == 0
    with MailStack(database) as stack:
        # The transports' services are those of the running Postfix.
        panel.environ["MAILADMIN_POSTFIX_CONFIG"] = str(stack.config)
        panel.serve()
        try:
            yield panel, stack
        finally:
            panel.stop()


def received(stack: MailStack, email: str, password: str) -> list[str]:
    return [str(message["Subject"]) for message in stack.fetch_imap(email, password)]


def delivered(stack: MailStack, to: str, subject: str) -> None:
    sent = stack.send(to, subject)
    outcome = stack.outcome(sent)
    assert {one.status for one in outcome} == {"sent"}, outcome


def test_the_main_job(stage, page):
    panel, stack = stage
    me = Operator(page, panel.base)
    me.sign_in("admin", PASSWORD)
    expect(page).to_have_url(f"{panel.base}/")

    # Before: nothing is ours.
    assert stack.send("anna@a.test", "too early").rcpt["anna@a.test"].code == 554

    # A virtual domain, a mailbox; mail arrives and is read with the panel's password.
    me.save("/domains/add/", domain="A.test")
    me.mailbox("Anna@a.test", FIRST)
    delivered(stack, "anna@a.test", "hello anna")
    assert received(stack, "anna@a.test", FIRST) == ["hello anna"]
    assert [str(one["Subject"]) for one in stack.fetch_pop3("anna@a.test", FIRST)] == ["hello anna"]
    assert not stack.imap_login("anna@a.test", "wrong")
    assert stack.send("nobody@a.test").rcpt["nobody@a.test"].code == 550

    # A list.
    me.mailbox("ben@a.test", FIRST)
    me.forwarding("list@a.test", "anna@a.test\nben@a.test\nfriend@far.test")
    delivered(stack, "list@a.test", "to the list")
    assert "to the list" in received(stack, "anna@a.test", FIRST)
    assert "to the list" in received(stack, "ben@a.test", FIRST)
    stack.sink.wait_for("friend@far.test", "to the list")

    # Keep a copy.
    me.forwarding("ben@a.test", "ben@a.test, friend@far.test")
    delivered(stack, "ben@a.test", "with a copy")
    assert "with a copy" in received(stack, "ben@a.test", FIRST)
    stack.sink.wait_for("friend@far.test", "with a copy")

    # A catch-all: whatever has no row of its own; a mailbox keeps its mail.
    me.save("/domains/add/", domain="b.test")
    me.mailbox("eva@b.test", FIRST)
    me.forwarding("@b.test", "anna@a.test")
    delivered(stack, "anything@b.test", "caught")
    assert "caught" in received(stack, "anna@a.test", FIRST)
    delivered(stack, "eva@b.test", "for eva")
    assert "for eva" in received(stack, "eva@b.test", FIRST)

    # A domain alias.
    me.save("/domains/add/", domain="c.test")
    me.forwarding("@c.test", "@a.test")
    delivered(stack, "anna@c.test", "by the other name")
    assert "by the other name" in received(stack, "anna@a.test", FIRST)

    # Transports: a relay to the sink, a refusal, silence.
    me.save("/domains/add/", domain="relay.test")
    me.mailbox("out@relay.test", FIRST)
    me.transport("relay.test", f"smtp:[127.0.0.1]:{stack.sink.port}", force=True)
    delivered(stack, "out@relay.test", "relayed")
    stack.sink.wait_for("out@relay.test", "relayed")
    me.mailbox("gone@a.test", FIRST)
    me.transport("gone@a.test", "error:5.2.1 mailbox disabled", force=True)
    outcome = stack.outcome(stack.send("gone@a.test", "to nobody"))
    assert [(one.status, one.dsn) for one in outcome] == [("bounced", "5.2.1")]
    refused = stack.send("gone@a.test", port=stack.access_port).rcpt["gone@a.test"]
    assert refused.code == 554
    assert "mailbox disabled" in refused.text
    me.mailbox("hole@a.test", FIRST)
    me.transport("hole@a.test", "discard:silently gone", force=True)
    delivered(stack, "hole@a.test", "into the hole")
    assert received(stack, "hole@a.test", FIRST) == []

    # Authenticated submission.
    sent = stack.submit("anna@a.test", FIRST, "friend@far.test", "from anna")
    assert sent.accepted
    stack.sink.wait_for("friend@far.test", "from anna")
    wrong = stack.submit("anna@a.test", "wrong", "friend@far.test", "never")
    assert not wrong.accepted

    # A new password: the old one is refused, the new one works, everywhere.
    me.save("/mailboxes/anna@a.test/password/", password1=SECOND, password2=SECOND)
    assert not stack.imap_login("anna@a.test", FIRST)
    assert stack.imap_login("anna@a.test", SECOND)
    assert not stack.submit("anna@a.test", FIRST, "friend@far.test", "never").accepted
    assert stack.submit("anna@a.test", SECOND, "friend@far.test", "again").accepted

    # Suspended: mail arrives, nobody signs in; resumed, as before.
    page.goto(f"{panel.base}/mailboxes/anna@a.test/")
    page.get_by_role("button", name="Suspend").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert not stack.imap_login("anna@a.test", SECOND)
    delivered(stack, "anna@a.test", "while suspended")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Suspend")).to_be_visible()
    assert "while suspended" in received(stack, "anna@a.test", SECOND)

    # The owner signs in to the panel, changes the password, and Dovecot takes the new one.
    me.sign_out()
    me.sign_in("anna@a.test", SECOND)
    expect(page).to_have_url(f"{panel.base}/account/")
    me.save("/account/password/", old_password=SECOND, new_password1=THIRD, new_password2=THIRD)
    assert not stack.imap_login("anna@a.test", SECOND)
    assert stack.imap_login("anna@a.test", THIRD)
    page.goto(f"{panel.base}/account/")
    expect(page).to_have_url(f"{panel.base}/account/")
    me.sign_out()
    me.sign_in("anna@a.test", SECOND)
    expect(page.get_by_role("alert").first).to_be_visible()

    # Deleted: mail is refused, the list goes on without the address.
    me.sign_in("admin", PASSWORD)
    me.save("/mailboxes/anna@a.test/delete/", confirm="anna@a.test")
    assert stack.send("anna@a.test").rcpt["anna@a.test"].code == 550
    assert not stack.imap_login("anna@a.test", THIRD)
    delivered(stack, "list@a.test", "without anna")
    assert "without anna" in received(stack, "ben@a.test", FIRST)
    me.save("/domains/b.test/delete/", confirm="b.test")
    assert stack.send("eva@b.test").rcpt["eva@b.test"].code == 554
    assert not stack.imap_login("eva@b.test", FIRST)


def test_a_password_that_the_panel_made_signs_in(stage, page):
    panel, stack = stage
    me = Operator(page, panel.base)
    me.sign_in("admin", PASSWORD)
    page.goto(f"{panel.base}/domains/add/")
    me.save("/domains/add/", domain="made.test")
    page.goto(f"{panel.base}/mailboxes/add/")
    page.fill("[name=email]", "max@made.test")
    page.click("button[name=generate]")
    expect(page.locator("[name=password1]")).not_to_have_value("")
    password = page.input_value("[name=password1]")
    assert page.input_value("[name=password2]") == password
    assert page.input_value("[name=email]") == "max@made.test"
    with page.expect_navigation():
        page.click("main form .form-actions button[type=submit]")
    assert stack.imap_login("max@made.test", password)
    # Shown once: no later page has it.
    for path in ("/mailboxes/max@made.test/", "/mailboxes/", "/mailboxes/add/", "/"):
        page.goto(panel.base + path)
        assert password not in page.content()


def test_an_address_deleted_by_sql_and_made_anew_starts_afresh(stage, page, browser):
    panel, stack = stage
    me = Operator(page, panel.base)
    me.sign_in("admin", PASSWORD)
    me.save("/domains/add/", domain="anew.test")
    me.mailbox("paul@anew.test", FIRST)
    theirs = browser.new_context().new_page()
    former = Operator(theirs, panel.base)
    former.sign_in("paul@anew.test", FIRST)
    expect(theirs).to_have_url(f"{panel.base}/account/")
    connection = stack.database.connect()
    connection.cursor().execute("DELETE FROM users WHERE email = 'paul@anew.test'")
    connection.commit()
    connection.close()
    theirs.goto(f"{panel.base}/account/")
    expect(theirs).to_have_url(f"{panel.base}/login/?next=/account/")
    me.mailbox("paul@anew.test", SECOND)
    # The operator is told that the former owner's mail may still lie there.
    expect(page.locator("main")).to_contain_text("There was a mailbox paul@anew.test before")
    former.sign_in("paul@anew.test", FIRST)
    expect(theirs.get_by_role("alert").first).to_be_visible()
    assert not stack.imap_login("paul@anew.test", FIRST)
    assert stack.imap_login("paul@anew.test", SECOND)
    theirs.context.close()
