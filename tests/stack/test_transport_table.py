"""What the real Postfix makes of a value in `transport`, for each value of a long table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from mailkit import tables
from mailkit.postfix.master import DEBIAN_SERVICES
from mailkit.postfix.transports import TransportError, parse_transport
from tests.servers.databases import Database, ServerError
from tests.servers.mailstack import MailStack, Sent
from tests.servers.plugin import DOVECOTS, StackFactory
from tests.servers.processes import wait_until
from tests.stack.transport_values import FATAL, NO_SERVICE, UNDERSTOOD, Seen

pytestmark = pytest.mark.stack

ADDRESS = "u@a.test"
BROKEN = [*FATAL, *(value for value, seen in UNDERSTOOD.items() if seen == NO_SERVICE)]


def prepared(database: Database) -> Database:
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    database.execute("INSERT INTO domains VALUES ('a.test')")
    for address in (ADDRESS, "other@a.test"):
        database.execute("INSERT INTO users (email, password) VALUES (%s, '')", (address,))
    return database


@pytest.fixture(scope="module", params=DOVECOTS)
def stack(
    request: pytest.FixtureRequest, new_database: Callable[..., Database]
) -> Iterator[MailStack]:
    # A second instead of a minute until Postfix tries a service again whose program died.
    main = {
        "inet_protocols": "all",
        "service_throttle_time": "1s",
        "transport_retry_time": "1s",
    }
    with MailStack(prepared(new_database("sqlite")), request.param, main=main) as stack:
        yield stack


@pytest.fixture
def send_by(stack: MailStack) -> Iterator[Callable[[str], Sent]]:
    """Send a mail whose recipient has this transport; the row is gone afterwards."""

    def send(value: str) -> Sent:
        queue = str(stack.directory / "queue")
        value = value.replace("{port}", str(stack.sink.port)).replace("{queue}", queue)
        stack.database.execute("INSERT INTO transport VALUES (%s, %s)", (ADDRESS, value))
        return stack.send(ADDRESS)

    yield send
    stack.database.execute("DELETE FROM transport")


def wait_for_log(stack: MailStack, words: str, start: int = 0) -> None:
    wait_until(lambda: bool(re.search(words, stack.mail_log()[start:])), f"{words} in mail.log")


@pytest.mark.parametrize(("value", "seen"), UNDERSTOOD.items(), ids=ascii)
def test_a_value_does_what_the_table_says(
    stack: MailStack, send_by: Callable[[str], Sent], value: str, seen: Seen
):
    (found,) = stack.outcome(send_by(value))
    assert (found.agent, found.status) == (seen.agent, seen.status), found
    assert seen.text in found.text


@pytest.mark.parametrize("value", FATAL, ids=ascii)
def test_a_malformed_nexthop_kills_the_program_that_delivers(
    stack: MailStack, send_by: Callable[[str], Sent], value: str
):
    service = value.partition(":")[0]
    start = len(stack.mail_log())
    assert send_by(value).accepted
    wait_for_log(stack, rf"postfix/{service}\[\d+\]: (fatal|panic): ", start)
    stack.clear_queue()


def test_other_mail_waits_while_master_starts_no_program_of_the_service(
    new_database: Callable[..., Database], mail_stack: StackFactory
):
    stack = mail_stack(prepared(new_database("sqlite")))
    stack.database.execute("INSERT INTO transport VALUES (%s, 'lmtp:b..test')", (ADDRESS,))
    stack.send(ADDRESS)
    wait_for_log(stack, "sbin/lmtp: bad command startup -- throttling")
    sent = stack.send("other@a.test")
    with pytest.raises(ServerError, match="not within"):
        stack.outcome(sent, seconds=2)
    stack.database.execute("DELETE FROM transport")
    # `reload` would not do: only a minute, or a new master.
    stack.stop_postfix()
    stack.start_postfix()
    assert [found.status for found in stack.outcome(sent)] == ["sent"]


@pytest.mark.parametrize("value", BROKEN, ids=ascii)
def test_we_save_no_value_that_does_harm(value: str):
    value = value.replace("{port}", "2525")
    try:
        saved = str(parse_transport(value, DEBIAN_SERVICES))
    except TransportError:
        return
    # Blanks around it are cut off, which makes it a sound one.
    assert saved == value.strip()
    assert saved not in BROKEN
