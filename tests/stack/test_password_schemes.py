"""Signing in at Dovecot 2.3 and 2.4 over IMAP: our verify() and judge() agree with them."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailkit import tables
from mailkit.passwords import (
    Scheme,
    generate_password,
    hash_password,
    judge,
    lock,
    normalise,
    unlock,
    verify,
)
from mailkit.passwords.schemes import PASSWORD_LIMITS
from tests.mailkit.passwords.samples import (
    MALFORMED,
    NEED_PREFIX,
    OPENS_TO_EMPTY,
    PASSWORD,
    TRUNCATED,
    UNKNOWN,
    VERIFIED,
)
from tests.mailkit.passwords.strategies import passwords
from tests.servers.databases import SQLiteServer
from tests.servers.mailstack import MailStack, TemporaryFailureError

pytestmark = pytest.mark.stack

WRONG = "not the password"
CHEAP = {Scheme.SHA512_CRYPT: 5000, Scheme.BLF_CRYPT: 8, Scheme.ARGON2ID: 1}
IN, REFUSED, UNAVAILABLE = "in", "refused", "unavailable"


class Mailboxes:
    """Mailboxes in a running stack, one for each stored value."""

    def __init__(self, stack: MailStack, version: str) -> None:
        self.stack = stack
        self.newer = version == "2.4"
        self._count = 0

    def add(self, stored: str | None) -> str:
        """A new mailbox with this value in `password`; its address."""
        self._count += 1
        email = f"m{self._count}@a.test"
        self.stack.database.execute("INSERT INTO users VALUES (%s, %s)", (email, stored))
        return email

    def set(self, email: str, stored: str) -> None:
        self.stack.database.execute(
            "UPDATE users SET password = %s WHERE email = %s", (stored, email)
        )

    def sign_in(self, email: str, password: str) -> str:
        try:
            return IN if self.stack.imap_login(email, password) else REFUSED
        except TemporaryFailureError:
            return UNAVAILABLE

    def answers(self, logins: Mapping[str | None, str]) -> dict[str | None, str]:
        """Dovecot's answer to a password for each stored value; many at a time, for it dawdles."""
        with ThreadPoolExecutor(12) as pool:
            jobs = {
                stored: pool.submit(self.sign_in, self.add(stored), password)
                for stored, password in logins.items()
            }
            return {stored: job.result() for stored, job in jobs.items()}


@pytest.fixture(scope="module", params=["2.3", "2.4"])
def mailboxes(request: pytest.FixtureRequest, sqlite_server: SQLiteServer) -> Iterator[Mailboxes]:
    database = sqlite_server.create_database()
    # As a tutorial's, where a password may be NULL.
    database.execute("CREATE TABLE users (email varchar(80) PRIMARY KEY, password varchar(255))")
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    database.execute("INSERT INTO domains (domain) VALUES ('a.test')")
    with MailStack(database, request.param) as stack:
        yield Mailboxes(stack, request.param)
    sqlite_server.drop_database(database)


@pytest.mark.parametrize("scheme", Scheme)
def test_what_the_panel_writes_signs_in_until_it_is_locked(mailboxes: Mailboxes, scheme: Scheme):
    password = generate_password()
    stored = hash_password(password, scheme)
    email = mailboxes.add(stored)
    assert mailboxes.sign_in(email, password) == IN
    assert mailboxes.sign_in(email, password + "x") == REFUSED
    mailboxes.set(email, lock(stored))
    assert mailboxes.sign_in(email, password) == REFUSED
    assert mailboxes.sign_in(email, lock(stored)) == REFUSED
    mailboxes.set(email, unlock(lock(stored)))
    assert mailboxes.sign_in(email, password) == IN


def test_the_right_password_signs_in_with_every_scheme_we_verify(mailboxes: Mailboxes):
    def expected(stored: str, *, only_24: bool) -> str:
        found = judge(stored)
        if mailboxes.newer and found.refused_by_dovecot_24:
            return UNAVAILABLE
        if found.heavy or (only_24 and not mailboxes.newer):
            return REFUSED
        assert verify(PASSWORD, stored)
        return IN

    answers = mailboxes.answers({sample.stored: PASSWORD for sample in VERIFIED})
    assert answers == {
        sample.stored: expected(sample.stored, only_24=sample.only_24) for sample in VERIFIED
    }


def test_a_wrong_password_signs_in_with_none(mailboxes: Mailboxes):
    answers = mailboxes.answers({sample.stored: WRONG for sample in VERIFIED})
    assert answers == {
        sample.stored: UNAVAILABLE if mailboxes.newer and sample.refused_24 else REFUSED
        for sample in VERIFIED
    }


def test_locked_values_are_refused_without_a_temporary_failure(mailboxes: Mailboxes):
    stored = [*(sample.stored for sample in VERIFIED), *OPENS_TO_EMPTY, ""]
    answers = mailboxes.answers({lock(value): PASSWORD for value in stored})
    assert answers == {lock(value): REFUSED for value in stored}


def test_locks_of_others_are_refused_as_judged(mailboxes: Mailboxes):
    one_a_scheme = {sample.scheme: sample.stored for sample in VERIFIED}.values()
    locked = [
        *("!" + stored for stored in one_a_scheme),
        *("$!$" + stored for stored in one_a_scheme),
        *("!", "*", "{CRYPT}!", "{CRYPT}*"),
    ]
    answers = mailboxes.answers(dict.fromkeys(locked, PASSWORD))
    assert answers == {
        stored: UNAVAILABLE if mailboxes.newer and judge(stored).refused_by_dovecot_24 else REFUSED
        for stored in locked
    }


def test_broken_values_let_nobody_in(mailboxes: Mailboxes):
    broken = [
        stored
        for stored in (*TRUNCATED, *MALFORMED, *NEED_PREFIX, *UNKNOWN)
        if "\0" not in stored and not any("\ud800" <= char <= "\udfff" for char in stored)
    ]
    answers = mailboxes.answers(dict.fromkeys(broken, PASSWORD))
    assert {stored for stored, answer in answers.items() if answer == IN} == set()


def test_null_and_empty_let_nobody_in(mailboxes: Mailboxes):
    for password in ("", PASSWORD):
        assert mailboxes.answers({None: password, "": password}) == {None: REFUSED, "": REFUSED}


def test_plain_with_nothing_behind_it_lets_the_empty_password_in(mailboxes: Mailboxes):
    answers = mailboxes.answers(dict.fromkeys(OPENS_TO_EMPTY, ""))
    assert answers == dict.fromkeys(OPENS_TO_EMPTY, IN)


@pytest.mark.parametrize("char", ["\x01", "\t", "\r", "\n"])
def test_dovecot_refuses_these_characters_even_if_the_hash_fits(mailboxes: Mailboxes, char: str):
    password = f"a{char}b"
    stored = "{SHA256.B64}" + sha256_base64(password)
    assert mailboxes.answers({stored: password}) == {stored: REFUSED}
    assert not verify(password, stored)


def test_other_control_characters_sign_in_where_somebody_set_them(mailboxes: Mailboxes):
    password = "a\x7fb\x02"
    stored = "{SHA256.B64}" + sha256_base64(password)
    assert mailboxes.answers({stored: password}) == {stored: IN}
    assert verify(password, stored)


@pytest.mark.parametrize("scheme", Scheme)
def test_the_longest_password_signs_in(mailboxes: Mailboxes, scheme: Scheme):
    password = "é" + "x" * (PASSWORD_LIMITS[scheme] - 2)
    email = mailboxes.add(hash_password(password, scheme, CHEAP[scheme]))
    assert mailboxes.sign_in(email, password) == IN
    assert mailboxes.sign_in(email, password[:-1]) == REFUSED
    assert mailboxes.stack.submit(email, password, "u@far.test").accepted


@pytest.mark.parametrize("scheme", Scheme)
def test_random_passwords_sign_in(mailboxes: Mailboxes, scheme: Scheme):
    @settings(max_examples=15, deadline=None)
    @given(passwords(PASSWORD_LIMITS[scheme]), st.booleans())
    def holds(password: str, decomposed: bool) -> None:
        typed = unicodedata.normalize("NFD", password) if decomposed else normalise(password)
        stored = hash_password(password, scheme, CHEAP[scheme])
        # Dovecot compares bytes; the panel also takes what is the same character.
        expected = IN if typed == normalise(password) else REFUSED
        assert mailboxes.sign_in(mailboxes.add(stored), typed) == expected
        assert verify(typed, stored)

    holds()


def sha256_base64(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
