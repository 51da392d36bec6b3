"""The running Dovecot and the panel's own verify, asked about the same address and password."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from mailkit import tables
from mailkit.doctor.ask import Said, ask_dovecot
from mailkit.doctor.collect import Output
from mailkit.passwords import Scheme, hash_password, lock, verify
from tests.servers.databases import SQLiteServer
from tests.servers.mailstack import MailStack
from tests.servers.plugin import DOVECOTS

pytestmark = pytest.mark.stack

SECRET = "gehëim 'x' $HOME"


@pytest.fixture(scope="module")
def stored() -> dict[str, str]:
    hashed = hash_password(SECRET, Scheme.SHA512_CRYPT, 5000)
    return {
        "good@a.test": hashed,
        "-x@a.test": hashed,
        "locked@a.test": lock(hashed),
        "des@a.test": "rl0uE0wO1zY3Y",
        "empty@a.test": "",
    }


@pytest.fixture(scope="module", params=DOVECOTS)
def stack(
    request: pytest.FixtureRequest, sqlite_server: SQLiteServer, stored: dict[str, str]
) -> Iterator[MailStack]:
    database = sqlite_server.create_database()
    connection = database.connect()
    tables.create(connection, "sqlite")
    connection.close()
    for email, value in stored.items():
        database.execute("INSERT INTO users (email, password) VALUES (%s, %s)", (email, value))
    with MailStack(database, request.param) as stack:
        yield stack


def said(stack: MailStack, email: str, password: str) -> Said:
    def run(command: Sequence[str], stdin: str) -> Output:
        done = stack.run(list(command), check=False, stdin=stdin)
        return Output(done.returncode, done.stdout, done.stderr)

    return ask_dovecot(email, password, stack.directory / "dovecot.conf", run=run).said


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("good@a.test", SECRET),
        ("good@a.test", SECRET + " "),
        ("-x@a.test", SECRET),
        ("locked@a.test", SECRET),
        ("empty@a.test", "x"),
    ],
)
def test_both_say_the_same(
    stack: MailStack, stored: dict[str, str], email: str, password: str
) -> None:
    expected = Said.YES if verify(password, stored[email]) else Said.NO
    assert said(stack, email, password) is expected
    assert SECRET not in stack.dovecot_log()


def test_somebody_who_is_not_there(stack: MailStack) -> None:
    assert said(stack, "nobody@a.test", SECRET) is Said.NO


def test_capitals_are_one_address(stack: MailStack) -> None:
    assert said(stack, "Good@A.test", SECRET) is Said.YES


def test_a_scheme_that_dovecot_24_refuses(stack: MailStack) -> None:
    old = stack.host.dovecot == "2.3"
    assert said(stack, "des@a.test", "x") is (Said.NO if old else Said.TEMPORARY)


def test_dovecot_is_down(stack: MailStack) -> None:
    stack.stop_dovecot()
    assert said(stack, "good@a.test", SECRET) is Said.NOT_ASKED
    stack.start_dovecot()
