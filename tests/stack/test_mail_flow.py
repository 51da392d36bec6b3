"""Mail through the real Postfix and Dovecot over the four tables, on each database and release."""

from __future__ import annotations

import smtplib
import ssl
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.servers.databases import Database, MariaDBServer, PostgreSQLServer
from tests.servers.mailstack import Delivery, MailStack, Sent
from tests.servers.plugin import DOVECOTS, EVERY_DIALECT, StackFactory
from tests.stack.mail_flow import CASES, PASSWORD, Case, Fate, make_tables

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module", params=EVERY_DIALECT)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module", params=DOVECOTS)
def stack(
    request: pytest.FixtureRequest, dialect: str, new_database: Callable[..., Database]
) -> Iterator[MailStack]:
    with MailStack(new_database(dialect), request.param) as stack:
        make_tables(stack.database, stack.sink.port)
        yield stack


@pytest.fixture
def subject() -> str:
    return f"mail {uuid.uuid4()}"


def without_tag(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def assert_fate(
    stack: MailStack, sent: Sent, found: Delivery, expected: Fate, subject: str
) -> None:
    """The log says so, and the mail is where the log says."""
    assert (found.to, found.agent, found.status) == (
        expected.address,
        expected.agent,
        expected.status,
    ), found
    assert expected.text in found.text
    if expected.status == "bounced":
        assert stack.sink.wait_for(sent.sender, subject).sender == ""
    elif expected.agent == "lmtp":
        assert any(subject in text for text in stack.maildir(without_tag(found.to)))
    elif expected.agent == "smtp":
        assert stack.sink.wait_for(found.to, subject).sender == sent.sender


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_strangers_mail_goes_where_the_rows_say(stack: MailStack, case: Case, subject: str):
    sent = stack.send(case.to, subject)
    assert str(sent.rcpt[case.to]).startswith(case.rcpt)
    if not case.data:
        assert sent.data is None
        return
    assert str(sent.data).startswith(case.data)
    if not sent.accepted:
        return
    outcome = stack.outcome(sent)
    expected = sorted(case.fates, key=lambda fate: fate.address)
    assert [found.to for found in outcome] == [fate.address for fate in expected]
    for found, fate in zip(outcome, expected, strict=True):
        assert_fate(stack, sent, found, fate, subject)


def test_mail_is_read_over_imap_and_pop3(stack: MailStack, subject: str):
    sent = stack.send("u2@a.test", subject)
    stack.outcome(sent)
    for messages in (
        stack.fetch_imap("u2@a.test", PASSWORD),
        stack.fetch_imap("U2@A.TEST", PASSWORD),
        stack.fetch_pop3("u2@a.test", PASSWORD),
    ):
        found = [message for message in messages if message["Subject"] == subject]
        assert [message["Delivered-To"] for message in found] == ["u2@a.test"]


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), PASSWORD + " "])
def test_a_wrong_password_is_refused(stack: MailStack, password: str):
    assert not stack.imap_login("u1@a.test", password)
    sent = stack.submit("u1@a.test", password, "someone@far.test")
    assert sent.auth is not None
    assert sent.auth.code in (501, 535)
    assert not sent.accepted


def test_nobody_signs_in_as_an_unknown_mailbox(stack: MailStack):
    assert not stack.imap_login("nobody@a.test", PASSWORD)
    assert not stack.imap_login("f1@a.test", PASSWORD)


def test_a_mailbox_owner_submits_mail_to_anywhere(stack: MailStack, subject: str):
    recipients = ["someone@far.test", "u2@a.test", "u1@relayed.test"]
    sent = stack.submit("u1@a.test", PASSWORD, recipients, subject)
    assert sent.auth is not None
    assert sent.auth.code == 235
    outcome = {found.to: found for found in stack.outcome(sent)}
    assert {found.status for found in outcome.values()} == {"sent"}
    assert outcome["u2@a.test"].agent == "lmtp"
    assert outcome["u1@relayed.test"].relay.endswith(f":{stack.sink.port}")
    for recipient in ("someone@far.test", "u1@relayed.test"):
        assert stack.sink.wait_for(recipient, subject).sender == "u1@a.test"


def test_submission_wants_a_sign_in(stack: MailStack):
    sent = stack.send("u1@a.test", port=stack.submission_port, tls=True)
    assert sent.rcpt["u1@a.test"].code == 554
    with smtplib.SMTP("127.0.0.1", stack.submission_port, timeout=30) as client:
        client.ehlo()
        # No password goes over the wire in clear.
        assert "auth" not in client.esmtp_features
        assert client.mail("u1@a.test")[0] == 530
        client.starttls(context=ssl._create_unverified_context())
        client.ehlo()
        assert "PLAIN" in client.esmtp_features["auth"]


@pytest.mark.parametrize(
    ("to", "reply"),
    [
        ("disabled@a.test", "554 5.2.1"),
        ("disabled+x@a.test", "554 5.2.1"),
        ("nocode@a.test", "554 5.7.1"),
        ("u1@e.test", "554 5.1.2"),
        ("nobody@e.test", "554 5.1.2"),
        ("u1@sub.e.test", "250"),
        ("todisabled@a.test", "250"),
        ("held@a.test", "250"),
        ("u1@a.test", "250"),
        ("nobody@a.test", "550 5.1.1"),
        ("u1@far.test", "554 5.7.1"),
    ],
)
def test_the_access_table_refuses_error_transports_at_rcpt(stack: MailStack, to: str, reply: str):
    sent = stack.send(to, port=stack.access_port)
    assert str(sent.rcpt[to]).startswith(reply)


def test_mail_held_back_is_delivered_once_the_row_is_gone(stack: MailStack, subject: str):
    database = stack.database
    database.execute("INSERT INTO transport VALUES ('u1@c.test', 'retry:4.2.1 later')")
    sent = stack.send("u1@c.test", subject)
    assert [found.status for found in stack.outcome(sent)] == ["deferred"]
    database.execute("DELETE FROM transport WHERE domain = 'u1@c.test'")
    # qmgr(8) remembers for 30 s where it sent the last mail: let it send another.
    stack.outcome(stack.send("u1@a.test"))
    stack.flush()
    stack.wait_until_gone(sent)
    assert [found.status for found in stack.outcome(sent)] == ["sent"]
    assert any(subject in text for text in stack.maildir("u1@c.test"))


def test_changed_rows_count_for_the_next_mail(stack: MailStack, subject: str):
    database, address = stack.database, "new@new.test"
    assert stack.send(address).rcpt[address].code == 554
    database.execute("INSERT INTO domains VALUES ('new.test')")
    assert stack.send(address).rcpt[address].code == 550
    database.execute(
        "INSERT INTO users (email, password) VALUES (%s, %s)", (address, "{PLAIN}first")
    )
    stack.outcome(stack.send(address, subject))
    assert [message["Subject"] for message in stack.fetch_imap(address, "first")] == [subject]
    database.execute("UPDATE users SET password = '{PLAIN}second' WHERE email = %s", (address,))
    assert not stack.imap_login(address, "first")
    assert stack.imap_login(address, "second")
    database.execute("DELETE FROM users WHERE email = %s", (address,))
    assert stack.send(address).rcpt[address].code == 550
    assert not stack.imap_login(address, "second")
    database.execute("DELETE FROM domains WHERE domain = 'new.test'")
    assert stack.send(address).rcpt[address].code == 554


def test_qmgr_remembers_where_it_sent_the_same_senders_last_mail(stack: MailStack):
    # For 30 s, docs/mail-stack.md; that is why `send` has another sender each time.
    database = stack.database
    sender, address = "again@far.test", "u1@c.test"
    stack.outcome(stack.send(address, sender=sender))
    database.execute("INSERT INTO transport VALUES (%s, 'discard:')", (address,))
    try:
        (old,) = stack.outcome(stack.send(address, sender=sender))
        (new,) = stack.outcome(stack.send(address))
    finally:
        database.execute("DELETE FROM transport WHERE domain = %s", (address,))
    assert (old.agent, new.agent) == ("lmtp", "discard")


def test_a_star_transport_takes_every_mail_our_mailboxes_too(stack: MailStack):
    database = stack.database
    database.execute("INSERT INTO transport VALUES ('*', 'error:5.0.0 everything is off')")
    try:
        # Else it takes up to 30 s until Postfix has seen a row `*`.
        stack.reload()
        (found,) = stack.outcome(stack.send("u1@b.test"))
    finally:
        database.execute("DELETE FROM transport WHERE domain = '*'")
        stack.reload()
    assert (found.status, found.text) == ("bounced", "everything is off")


@pytest.mark.parametrize("server_type", [MariaDBServer, PostgreSQLServer])
def test_mail_waits_while_the_database_is_away(
    server_type: type[MariaDBServer | PostgreSQLServer], mail_stack: StackFactory
):
    with server_type() as server:
        stack = mail_stack(server.create_database())
        make_tables(stack.database, stack.sink.port)
        assert stack.send("u1@a.test").accepted
        server.stop()
        assert stack.send("u1@a.test").rcpt["u1@a.test"].code == 451
        server.start()
        stack.reload()
        assert stack.send("u1@a.test").accepted
