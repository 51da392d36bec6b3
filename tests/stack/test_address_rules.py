"""The rules for local parts against a running Postfix and Dovecot: they take what works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailkit import tables
from mailkit.addresses import (
    AddressError,
    parse_address,
    parse_mailbox_address,
    parse_source,
)
from tests.servers.databases import SQLiteServer
from tests.servers.mailstack import MailStack

pytestmark = pytest.mark.stack

PASSWORD = "pw"
LOCAL_PARTS = [
    *("anna", "anna.b", "anna-b", "anna_b", "_anna", "anna-", "0", "00.1"),
    *("-anna", "+anna", "anna+tag", "anna%b", "anna!b", "o'brien", "anna/b", "anna=b", "anna&b"),
    *("anna#b", "anna~b", "anna*", "anna|b", "{anna}", "$anna", "`anna`", "anna^", "anna?"),
]


@pytest.fixture(scope="module", params=["2.3", "2.4"])
def stack(request: pytest.FixtureRequest, sqlite_server: SQLiteServer) -> Iterator[MailStack]:
    database = sqlite_server.create_database()
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    with MailStack(database, request.param) as running:
        for name in ("boxes.test", "sources.test", "targets.test"):
            database.execute("INSERT INTO domains (domain) VALUES (%s)", (name,))
        yield running


def takes(parse: object, address: str) -> bool:
    try:
        parse(address)
    except AddressError:
        return False
    return True


def arrives(stack: MailStack, address: str) -> bool:
    sent = stack.send(address)
    return sent.accepted and all(one.status == "sent" for one in stack.outcome(sent))


@pytest.mark.parametrize("local_part", LOCAL_PARTS)
def test_a_mailbox_gets_mail_and_signs_in_exactly_if_the_rules_take_it(
    stack: MailStack, local_part: str
) -> None:
    address = f"{local_part}@boxes.test"
    stack.database.execute(
        "INSERT INTO users (email, password) VALUES (%s, %s)", (address, "{PLAIN}" + PASSWORD)
    )
    works = arrives(stack, address) and stack.imap_login(address, PASSWORD)
    assert takes(parse_mailbox_address, address) == works
    stack.database.execute("DELETE FROM users WHERE email = %s", (address,))


@pytest.mark.parametrize("local_part", LOCAL_PARTS)
def test_a_source_is_reached_exactly_if_the_rules_take_it(
    stack: MailStack, local_part: str
) -> None:
    address = f"{local_part}@sources.test"
    stack.database.execute(
        "INSERT INTO forwardings (source, destination) VALUES (%s, 'x@far.test')", (address,)
    )
    assert takes(parse_source, address) == arrives(stack, address)


@pytest.mark.parametrize("local_part", LOCAL_PARTS)
def test_a_destination_gets_mail_exactly_if_the_rules_take_it(
    stack: MailStack, local_part: str
) -> None:
    address = f"{local_part}@far.test"
    source = f"to{LOCAL_PARTS.index(local_part)}@targets.test"
    stack.database.execute(
        "INSERT INTO forwardings (source, destination) VALUES (%s, %s)", (source, address)
    )
    assert takes(parse_address, address) == arrives(stack, source)
