"""What a running Postfix does with the transports that the rules take, and those they refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailkit import tables
from mailkit.postfix.master import DEBIAN_SERVICES
from mailkit.postfix.transports import TransportError, parse_transport
from tests.servers.databases import SQLiteServer
from tests.servers.mailstack import MailStack
from tests.servers.processes import wait_until

pytestmark = pytest.mark.stack


class Postfix:
    """A mail stack with a mailbox and a transport for each value that is tried."""

    def __init__(self, stack: MailStack) -> None:
        self.stack = stack
        self.sink = str(stack.sink.port)
        self._tried = 0
        stack.database.execute("INSERT INTO domains (domain) VALUES ('a.test')")

    def send_by(self, transport: str) -> str:
        """Send a mail to a new address with this transport; the address."""
        self._tried += 1
        address = f"mailbox{self._tried}@a.test"
        execute = self.stack.database.execute
        execute("INSERT INTO users (email, password) VALUES (%s, 'x')", (address,))
        execute("INSERT INTO transport (domain, transport) VALUES (%s, %s)", (address, transport))
        self.sent = self.stack.send(address)
        return address

    def outcome(self, transport: str) -> str:
        """`status dsn text` of the one delivery."""
        self.send_by(transport)
        # The log may be a moment behind the queue.
        wait_until(lambda: bool(self.stack.outcome(self.sent)), "the delivery is logged")
        [delivery] = self.stack.outcome(self.sent)
        return f"{delivery.status} {delivery.dsn} {delivery.text}"


@pytest.fixture(scope="module", params=["2.3", "2.4"])
def postfix(request: pytest.FixtureRequest, sqlite_server: SQLiteServer) -> Iterator[Postfix]:
    database = sqlite_server.create_database()
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    # Not a minute's wait after each value that kills a delivery agent.
    settings = {"service_throttle_time": "1s", "transport_retry_time": "1s"}
    with MailStack(database, request.param, main=settings) as stack:
        yield Postfix(stack)


@pytest.mark.parametrize(
    ("transport", "outcome"),
    [
        ("smtp:[127.0.0.1]:SINK", "sent 2.0.0"),
        ("smtp:127.0.0.1:SINK", "sent 2.0.0"),
        ("relay:[localhost]:SINK", "sent 2.0.0"),
        ("smtp:[127.0.0.1]:1, [127.0.0.1]:SINK", "sent 2.0.0"),
        ("error:5.2.1 mailbox disabled", "bounced 5.2.1 mailbox disabled"),
        ("error:mailbox disabled", "bounced 5.0.0 mailbox disabled"),
        ("error:5.1 gone", "bounced 5.0.0 5.1 gone"),
        ("error:", "bounced 5.0.0 Address is undeliverable"),
        ("retry:4.2.1 later", "deferred 4.2.1 later"),
        ("retry:later", "deferred 4.0.0 later"),
        ("discard:silently gone", "sent 2.0.0 silently gone"),
        ("discard:", "sent 2.0.0 a.test"),
        ("lmtp:unix:private/nosuch", "deferred 4.4.1"),
        ("lmtp:inet:127.0.0.1:1", "deferred 4.4.1"),
        (":", "sent 2.0.0"),
    ],
)
def test_what_the_rules_take_does_what_it_says(
    postfix: Postfix, transport: str, outcome: str
) -> None:
    value = str(parse_transport(transport.replace("SINK", postfix.sink), DEBIAN_SERVICES))
    assert postfix.outcome(value).startswith(outcome)


@pytest.mark.parametrize(
    ("transport", "outcome"),
    [
        # Postfix puts a status of its own where the class does not fit.
        ("error:4.2.1 later", "bounced 5.0.0 later"),
        ("retry:5.2.1 gone", "deferred 4.0.0 gone"),
        ("nosuchservice:", "deferred 4.3.0 mail transport unavailable"),
        ("SMTP:[127.0.0.1]:SINK", "deferred 4.3.0 mail transport unavailable"),
        ("lmtp:unix:", "deferred 4.4.1"),
    ],
)
def test_what_the_rules_refuse_does_something_else(
    postfix: Postfix, transport: str, outcome: str
) -> None:
    value = transport.replace("SINK", postfix.sink)
    with pytest.raises(TransportError):
        parse_transport(value, DEBIAN_SERVICES)
    assert postfix.outcome(value).startswith(outcome)


@pytest.mark.parametrize(
    "transport",
    [
        "smtp:[127.0.0.1",
        "smtp:[127.0.0.1]:70000",
        "smtp:a.test.",
        "smtp:2001:db8::1",
        "smtp:unix:private/x",
        "smtp:,",
    ],
)
def test_a_destination_that_cannot_be_parsed_kills_the_delivery_agent(
    postfix: Postfix, transport: str
) -> None:
    with pytest.raises(TransportError):
        parse_transport(transport, DEBIAN_SERVICES)
    before = len(postfix.stack.mail_log())

    def agent_died() -> bool:
        said = postfix.stack.mail_log()[before:]
        return "/sbin/smtp pid " in said and ("exit status 1" in said or "killed by signal" in said)

    address = postfix.send_by(transport)
    wait_until(agent_died, "smtp(8) dies")
    # No further mail is to run into it.
    postfix.stack.database.execute("DELETE FROM transport WHERE domain = %s", (address,))
