"""verify(): who signs in, who does not, and when we cannot tell; by libcrypt and by libpass."""

from __future__ import annotations

import threading
import time
import unicodedata

import bcrypt
import pytest
from passlib.hash import md5_crypt, sha512_crypt

from mailkit.passwords import Result, crypt3, hash_password, judge, lock, verify

from .samples import (
    EMPTY,
    MALFORMED,
    NEED_PREFIX,
    NOT_VERIFIED,
    OPENS_TO_EMPTY,
    PASSWORD,
    TRUNCATED,
    UNKNOWN,
    VERIFIED,
    WRONG_PASSWORDS,
    Sample,
)

SHA512 = next(sample.stored for sample in VERIFIED if sample.scheme == "SHA512-CRYPT")
DES = "{DES-CRYPT}VsEsrUn4Z8u2A"


@pytest.fixture(params=["libcrypt", "libpass"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "libpass":
        monkeypatch.setattr(crypt3, "_system", None)
    return request.param


def test_debian_has_libcrypt():
    assert crypt3._system is not None


@pytest.mark.parametrize("sample", VERIFIED, ids=str)
def test_it_tells_the_right_password_from_wrong_ones(sample: Sample, engine: str):
    if sample.scheme == "YESCRYPT" and engine == "libpass":
        assert verify(PASSWORD, sample.stored) is Result.CANNOT_TELL
        return
    assert verify(PASSWORD, sample.stored) is Result.CORRECT
    for wrong in WRONG_PASSWORDS:
        # Of a password, DES reads eight characters, and seven bits of each.
        same = sample.scheme == "DES-CRYPT" and wrong.encode()[:8] == PASSWORD.encode()[:8]
        assert verify(wrong, sample.stored) is (Result.CORRECT if same else Result.WRONG)


@pytest.mark.parametrize("sample", NOT_VERIFIED, ids=str)
def test_it_says_so_when_it_cannot_tell(sample: Sample, engine: str):
    started = time.monotonic()
    assert verify(PASSWORD, sample.stored) is Result.CANNOT_TELL
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("stored", UNKNOWN)
def test_an_unknown_scheme_cannot_be_told(stored: str):
    assert verify(PASSWORD, stored) is Result.CANNOT_TELL


@pytest.mark.parametrize("stored", [*TRUNCATED, *MALFORMED, *NEED_PREFIX])
def test_a_broken_value_lets_nobody_in(stored: str, engine: str):
    for password in (PASSWORD, stored, stored.partition("}")[2]):
        assert verify(password, stored) is Result.WRONG


@pytest.mark.parametrize("stored", [*EMPTY, *OPENS_TO_EMPTY])
@pytest.mark.parametrize("password", ["", PASSWORD])
def test_an_empty_value_lets_nobody_in(stored: str | None, password: str):
    assert not verify(password, stored)


@pytest.mark.parametrize("sample", VERIFIED, ids=str)
def test_a_locked_value_lets_nobody_in(sample: Sample):
    for stored in (lock(sample.stored), "!" + sample.stored, "$!$" + sample.stored):
        assert verify(PASSWORD, stored) is Result.WRONG


def test_only_correct_is_true():
    assert [bool(result) for result in Result] == [
        result is Result.CORRECT for result in (Result.CORRECT, Result.WRONG, Result.CANNOT_TELL)
    ]


@pytest.mark.parametrize("char", ["\0", "\x01", "\t", "\r", "\n"])
def test_what_dovecot_refuses_at_sign_in_is_wrong_even_if_the_hash_fits(char: str):
    assert verify(f"a{char}b", "{PLAIN}a" + char + "b") is Result.WRONG


@pytest.mark.parametrize("sample", [s for s in VERIFIED if not s.heavy], ids=str)
def test_no_password_makes_it_raise(sample: Sample, engine: str):
    for password in ("\ud800", "a\udfffb", "\x00", "x" * 100_000, "😀" * 5000):
        assert verify(password, sample.stored) is not Result.CORRECT


def test_a_password_may_be_typed_decomposed():
    composed = unicodedata.normalize("NFC", "Ångström é")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    stored = hash_password(composed, cost=5000)
    assert verify(decomposed, stored)
    assert verify(composed, stored)
    # Somebody else hashed it as it was typed: then it signs in as it is typed.
    assert verify(decomposed, "{PLAIN}" + decomposed)
    assert not verify(composed, "{PLAIN}" + decomposed)


def test_bcrypt_goes_by_the_first_72_bytes_as_dovecot_does():
    long = "x" * 72
    stored = "{BLF-CRYPT}" + bcrypt.hashpw(long.encode(), b"$2y$04$abcdefghijklmnopqrstuu").decode()
    assert verify(long, stored)
    assert verify(long + "more", stored)
    assert not verify(long[:-1], stored)


def test_the_old_faulty_bcrypt_is_told_for_ascii_only():
    stored = bcrypt.hashpw(b"secret", b"$2y$04$abcdefghijklmnopqrstuu").decode().replace("2y", "2x")
    assert verify("secret", stored) is Result.CORRECT
    assert verify("Secret", stored) is Result.WRONG
    assert verify(PASSWORD, stored) is Result.CANNOT_TELL


@pytest.mark.parametrize("length", [511, 512, 4000])
def test_crypt_knows_no_password_over_511_bytes(length: int, engine: str):
    # libpass makes such hashes; Dovecot's libcrypt does not verify them.
    stored = "{SHA512-CRYPT}" + sha512_crypt.using(rounds=5000).hash("x" * length)
    assert verify("x" * length, stored) is (Result.CORRECT if length < 512 else Result.WRONG)


def test_md5_crypt_has_no_such_limit(engine: str):
    assert verify("x" * 600, "{MD5-CRYPT}" + md5_crypt.hash("x" * 600)) is Result.CORRECT


def test_a_salt_that_libpass_does_not_take_is_told_by_libcrypt_alone(engine: str):
    stored = "{MD5-CRYPT}$1$a-b$t0NLjs2qBop4wgx4f0IM2."
    expected = Result.CORRECT if engine == "libcrypt" else Result.CANNOT_TELL
    assert verify(PASSWORD, stored) is expected


def test_a_hash_that_asks_for_thousands_of_threads_is_not_computed():
    digest = "A" * 22 + "$" + "A" * 43
    stored = f"{{ARGON2ID}}$argon2id$v=19$m=131072,t=1,p=9999${digest}"
    assert verify(PASSWORD, stored) is Result.CANNOT_TELL


def test_pbkdf2_looks_like_md5_crypt_and_is_told_by_its_prefix():
    body = "$1$EXoBnNSRHLyuOONs$5000$335bdd37cfa3fb9c8d03797b059b78a7aa949332"
    assert judge("{PBKDF2}" + body).scheme == "PBKDF2"
    assert verify(PASSWORD, "{PBKDF2}" + body) is Result.CORRECT
    assert verify(PASSWORD, "{MD5-CRYPT}" + body) is Result.WRONG
    assert verify(PASSWORD, body) is Result.WRONG


def test_threads_do_not_disturb_each_other():
    jobs = [(PASSWORD, SHA512, True), ("other", SHA512, False), (PASSWORD, DES, True)] * 8
    wrong: list[tuple[str, str]] = []

    def work(password: str, stored: str, expected: bool) -> None:
        for _ in range(10):
            if bool(verify(password, stored)) is not expected:
                wrong.append((password, stored))

    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
