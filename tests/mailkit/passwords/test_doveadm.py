"""Both directions against the real `doveadm pw`: ours by Dovecot, Dovecot's by us."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailkit.passwords import Result, Scheme, hash_password, judge, lock, normalise, parse, verify
from mailkit.passwords.schemes import PASSWORD_LIMITS
from mailkit.passwords.stored import KNOWN

from .samples import (
    MALFORMED,
    NEED_PREFIX,
    OPENS_TO_EMPTY,
    PASSWORD,
    TRUNCATED,
    UNKNOWN,
    VERIFIED,
    WRONG_PASSWORDS,
    Sample,
)
from .strategies import damaged, passwords

pytestmark = pytest.mark.stack

CHEAP = {Scheme.SHA512_CRYPT: 5000, Scheme.BLF_CRYPT: 8, Scheme.ARGON2ID: 1}
DOVEADM = shutil.which("doveadm") or "/usr/bin/doveadm"
# `doveadm pw -s` of these, for both directions.
WRITTEN_BY_DOVECOT = [
    *("SHA512-CRYPT", "SHA256-CRYPT", "BLF-CRYPT", "MD5-CRYPT", "DES-CRYPT", "CRYPT", "MD5"),
    *("ARGON2ID", "ARGON2I", "PBKDF2", "SSHA", "SSHA256", "SSHA512", "SMD5"),
    *("SHA", "SHA1", "SHA256", "SHA512", "PLAIN-MD5", "LDAP-MD5"),
    *("PLAIN", "CLEAR", "CLEARTEXT"),
    *("SHA512-CRYPT.HEX", "SHA512-CRYPT.B64", "MD5.B64", "SHA.HEX", "SHA512.HEX", "SHA256.BASE64"),
    *("SSHA.HEX", "SSHA512.HEX", "SMD5.HEX", "PLAIN-MD5.B64", "LDAP-MD5.HEX", "PLAIN.HEX"),
]


# Costs that keep Dovecot busy for minutes, of broken hashes too.
_DEAR = re.compile(r"[=$][0-9]{6,}|\$2.\$[123]|\$y\$j[A-Z]")
BROKEN = (*TRUNCATED, *MALFORMED, *NEED_PREFIX, *UNKNOWN)


def as_argument(stored: str) -> str:
    """As a command can be given it; a bare value behind the tutorials' default scheme."""
    text = stored.replace("\0", "").encode(errors="replace").decode()
    return text if text.startswith("{") else "{CRYPT}" + text


def doveadm(*arguments: str) -> tuple[str, str]:
    """`doveadm pw ...` without any configuration file; what it printed, and its complaints."""
    done = subprocess.run(
        [DOVEADM, "-O", "pw", *arguments], capture_output=True, check=False, timeout=60
    )
    return done.stdout.decode().removesuffix("\n"), done.stderr.decode(errors="replace")


def dovecot_verifies(password: str, stored: str) -> bool:
    printed, complaint = doveadm("-t", stored, "-p", password)
    assert printed.endswith("(verified)") or "Fatal" in complaint, (printed, complaint)
    return printed.endswith("(verified)")


@pytest.fixture(scope="module")
def newer() -> bool:
    """Whether this is Dovecot 2.4; ARGON2 is a name of its own."""
    return "ARGON2" in doveadm("-l")[0].split()


def test_we_know_every_scheme_that_dovecot_lists():
    listed = set(doveadm("-l")[0].split())
    assert listed <= set(KNOWN)
    assert set(KNOWN) - listed <= {"ARGON2"}


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("password", [PASSWORD, "{PLAIN}x", "-p '\"\\ %u", "x" * 72, "😀 ключ"])
def test_dovecot_verifies_what_we_write(scheme: Scheme, password: str):
    stored = hash_password(password, scheme, CHEAP[scheme])
    assert dovecot_verifies(password, stored)
    assert not dovecot_verifies(password[1:], stored)
    assert not dovecot_verifies(password, lock(stored))


@pytest.mark.parametrize("scheme", Scheme)
def test_dovecot_verifies_the_longest_password_and_the_default_cost(scheme: Scheme):
    password = "x" * PASSWORD_LIMITS[scheme]
    stored = hash_password(password, scheme)
    assert dovecot_verifies(password, stored)
    assert not dovecot_verifies(password[:-1], stored)


@pytest.mark.parametrize("scheme", WRITTEN_BY_DOVECOT)
@pytest.mark.parametrize("password", [PASSWORD, "😀 ключ", "x" * 72])
def test_we_verify_what_dovecot_writes(scheme: str, password: str):
    stored, _ = doveadm("-s", scheme, "-p", password)
    assert stored.startswith(f"{{{scheme}}}")
    assert verify(password, stored) is Result.CORRECT
    wrong = "_" + password
    assert verify(wrong, stored) is Result.WRONG
    found = judge(stored)
    assert found.verifiable
    bare = stored.partition("}")[2]
    if bare.startswith(("$2", "$5$", "$6$", "$1$")) and parse(stored).scheme != "PBKDF2":
        assert verify(password, bare) is Result.CORRECT


@pytest.mark.parametrize("sample", VERIFIED, ids=str)
def test_we_agree_on_every_sample(sample: Sample, newer: bool):
    stored = as_argument(sample.stored)
    knows = newer or not sample.only_24  # `doveadm pw` of 2.4 takes weak schemes too
    assert dovecot_verifies(PASSWORD, stored) is knows
    for wrong in WRONG_PASSWORDS:
        assert dovecot_verifies(wrong, stored) is (knows and bool(verify(wrong, sample.stored)))


@pytest.mark.parametrize("stored", sorted({as_argument(stored) for stored in BROKEN}))
def test_dovecot_lets_nobody_in_with_a_broken_value(stored: str):
    for password in (PASSWORD, stored):
        assert not dovecot_verifies(password, stored)


@pytest.mark.parametrize("stored", OPENS_TO_EMPTY)
def test_dovecot_lets_the_empty_password_in(stored: str):
    assert dovecot_verifies("", stored)
    assert not verify("", stored)
    assert not dovecot_verifies("", lock(stored))


@pytest.mark.parametrize("sample", VERIFIED, ids=str)
def test_dovecot_lets_nobody_in_with_a_locked_value(sample: Sample):
    assert not dovecot_verifies(PASSWORD, lock(sample.stored))
    assert not dovecot_verifies(sample.stored, lock(sample.stored))


@pytest.mark.parametrize("scheme", Scheme)
def test_random_passwords_are_verified_by_dovecot(scheme: Scheme):
    @settings(max_examples=25, deadline=None)
    @given(passwords(PASSWORD_LIMITS[scheme]))
    def holds(password: str) -> None:
        stored = hash_password(password, scheme, CHEAP[scheme])
        assert dovecot_verifies(normalise(password), stored)

    holds()


@pytest.mark.parametrize("scheme", WRITTEN_BY_DOVECOT)
def test_random_passwords_hashed_by_dovecot_are_verified(scheme: str):
    @settings(max_examples=10, deadline=None)
    @given(passwords(72))
    def holds(password: str) -> None:
        stored, _ = doveadm("-s", scheme, "-p", password)
        assert verify(password, stored) is Result.CORRECT

    holds()


@settings(max_examples=300, deadline=None)
@given(
    damaged(of=[s.stored for s in VERIFIED if not s.heavy]),
    st.sampled_from([PASSWORD, WRONG_PASSWORDS[0]]),
)
def test_we_agree_on_damaged_values(stored: str, password: str):
    if not stored.startswith("{") or not stored.isprintable() or _DEAR.search(stored):
        return
    found = judge(stored)
    ours = verify(password, stored)
    if dovecot_verifies(password, stored):
        assert ours is not Result.WRONG
        assert found.usable or found.heavy
    else:
        assert ours is not Result.CORRECT
