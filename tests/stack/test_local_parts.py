"""Which addresses of mailboxes work from a stranger's SMTP to the owner's sign-in.

With Dovecot's default auth_username_chars (letters, digits and .-_@). docs/mail-stack.md has the
results as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from mailkit import tables
from mailkit.addresses import AddressError, parse_mailbox_address
from tests.servers.databases import Database
from tests.servers.mailstack import MailStack
from tests.servers.plugin import DOVECOTS

pytestmark = pytest.mark.stack

PASSWORD = "secret"


@dataclass(frozen=True)
class Seen:
    """What a stranger is told at RCPT, what became of the mail, whether the owner signs in."""

    rcpt: int
    status: str
    signs_in: bool


WORKS = Seen(250, "sent", True)
# Dovecot takes such a user name for an unknown one.
BOUNCES = Seen(250, "bounced", False)
# A stranger may not choose the route, and % and ! mean a route (allow_untrusted_routing = no).
NOT_OURS = Seen(554, "", False)
BAD_SYNTAX = Seen(501, "", True)
TEMPORARY = Seen(250, "deferred", True)

# RFC 5321, section 4.1.2: the characters of an atom besides letters and digits; and the dot.
LOCAL_PARTS = {
    **{f"a{character}b": WORKS for character in "_-."},
    **{f"a{character}b": BOUNCES for character in "#$&'*/=?^`{|}~"},
    **{f"a{character}b": NOT_OURS for character in "!%"},
    # The rest is an extension: Dovecot asks for `a`, which is no mailbox here.
    "a+b": BOUNCES,
    "+ab": BOUNCES,
    "-ab": BAD_SYNTAX,  # allow_min_user = no
    "ab-": WORKS,
    "_ab": WORKS,
    # Written in quotes in SMTP; the row has none.
    ".ab": WORKS,
    "ab.": WORKS,
    "a..b": WORKS,
    "..": WORKS,  # its home is the directory of all mail: never let this in
    "a" * 64: WORKS,
    "a" * 65: WORKS,
    "a" * 249: WORKS,
    # Longer than a file name may be (255): Dovecot cannot make the home.
    "a" * 260: TEMPORARY,
}
DOMAINS = {
    "b.test": WORKS,
    "xn--mller-kva.test": WORKS,
    "b_c.test": WORKS,
    "single": WORKS,
    "b.123": WORKS,
    "d" * 63 + ".test": WORKS,
    "d" * 64 + ".test": BAD_SYNTAX,
    ".".join(["d" * 49] * 5) + ".ab": WORKS,  # 252 characters
    ".".join(["d" * 49] * 5) + ".abcde": WORKS,  # 255
    ".".join(["d" * 49] * 5) + ".abcdef": BAD_SYNTAX,  # 256
    "-b.test": BAD_SYNTAX,
    "b-.test": BAD_SYNTAX,
    "b..test": BAD_SYNTAX,
    ".b.test": BAD_SYNTAX,
    "1.2": BAD_SYNTAX,
    "127.0.0.1": BAD_SYNTAX,
    # Postfix asks for the domain without the dot, and the row is not found.
    "e.test.": Seen(554, "", True),
}
ADDRESSES = {
    **{f"{local}@a.test": seen for local, seen in LOCAL_PARTS.items()},
    **{f"u@{domain}": seen for domain, seen in DOMAINS.items()},
}


def name_of(address: str) -> str:
    return address if len(address) < 40 else f"{address[:6]}-{len(address)}-{address[-6:]}"


@pytest.fixture(scope="module", params=DOVECOTS)
def stack(
    request: pytest.FixtureRequest, new_database: Callable[..., Database]
) -> Iterator[MailStack]:
    database = new_database("sqlite")
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    for domain in ("a.test", *DOMAINS):
        database.execute("INSERT INTO domains VALUES (%s)", (domain,))
    for address in ADDRESSES:
        row = (address, f"{{PLAIN}}{PASSWORD}")
        database.execute("INSERT INTO users (email, password) VALUES (%s, %s)", row)
    with MailStack(database, request.param) as stack:
        yield stack


@pytest.mark.parametrize("address", ADDRESSES, ids=name_of)
def test_a_mailbox_works_or_not(stack: MailStack, address: str):
    sent = stack.send(address)
    status = stack.outcome(sent)[0].status if sent.accepted else ""
    seen = Seen(sent.rcpt[address].code, status, stack.imap_login(address, PASSWORD))
    assert seen == ADDRESSES[address]


@pytest.mark.parametrize("address", ADDRESSES, ids=name_of)
def test_we_make_no_mailbox_that_would_not_work(address: str):
    try:
        made = parse_mailbox_address(address)
    except AddressError:
        return
    assert ADDRESSES.get(made, WORKS) == WORKS


def test_two_dots_as_local_part_lead_out_of_the_domain(stack: MailStack):
    stack.outcome(stack.send("..@a.test", "found where it should not be"))
    stray = [*(stack.directory / "vmail" / "Maildir").glob("new/*")]
    assert any("found where it should not be" in file.read_text() for file in stray)
    with pytest.raises(AddressError):
        parse_mailbox_address("..@a.test")
