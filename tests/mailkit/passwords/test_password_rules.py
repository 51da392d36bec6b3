"""check_password(): what may be set as a password; refused with a code, never cut."""

from __future__ import annotations

import unicodedata

import pytest

from mailkit.passwords import (
    PasswordError,
    Scheme,
    check_password,
    hash_password,
    normalise,
    verify,
)

CHEAP = {Scheme.SHA512_CRYPT: 5000, Scheme.BLF_CRYPT: 8, Scheme.ARGON2ID: 1}
LIMITS = {Scheme.SHA512_CRYPT: 511, Scheme.BLF_CRYPT: 72, Scheme.ARGON2ID: 1024}
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password.empty"),
        ("\0", "password.control"),
        ("secret\n", "password.control"),
        ("\ud800", "password.unencodable"),
        ("a\udc80b", "password.unencodable"),
    ],
)
def test_it_refuses(scheme: Scheme, password: str, code: str):
    for refuse in (check_password, lambda text, by: hash_password(text, by, CHEAP[by])):
        with pytest.raises(PasswordError) as caught:
            refuse(password, scheme)
        assert caught.value.code == code
        assert caught.value.params == {}


@pytest.mark.parametrize("char", CONTROLS)
def test_it_refuses_every_control_character(char: str):
    with pytest.raises(PasswordError, match=r"^password\.control$"):
        check_password(f"se{char}cret", Scheme.SHA512_CRYPT)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize(("char", "width"), [("x", 1), ("é", 2), ("€", 3), ("😀", 4)])
def test_it_counts_bytes_and_cuts_nothing(scheme: Scheme, char: str, width: int):
    limit = LIMITS[scheme]
    whole = char * (limit // width) + "x" * (limit % width)
    check_password(whole, scheme)
    assert verify(whole, hash_password(whole, scheme, CHEAP[scheme]))
    with pytest.raises(PasswordError) as caught:
        check_password(whole + "x", scheme)
    assert caught.value.code == "password.too_long"
    assert caught.value.params == {"length": limit + 1, "limit": limit, "scheme": scheme.value}


def test_it_counts_after_composing():
    decomposed = unicodedata.normalize("NFD", "é" * 36)
    assert len(decomposed.encode()) == 108
    check_password(decomposed, Scheme.BLF_CRYPT)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize(
    "password",
    [
        "{PLAIN}x",
        "{SHA512-CRYPT}$6$abc$def",
        "$6$abc$def",
        "$2y$10$abcdefghijklmnopqrstuv",
        "{CRYPT}$!$x",
        "!x",
        " leading and trailing ",
        "'\"`\\%s%u:;|&",
        "-x",
        "👩‍👩‍👧‍👦 family",
        "пароль с пробелом",
    ],
)
def test_whatever_it_looks_like_it_is_a_password(scheme: Scheme, password: str):
    stored = hash_password(password, scheme, CHEAP[scheme])
    assert stored.startswith(f"{{{scheme.value}}}$")
    assert password not in stored
    assert verify(password, stored)
    assert not verify(password + " ", stored)
    assert not verify(password[1:], stored)


def test_an_error_never_holds_the_password():
    for password in ("hunter2\n", "hunter2" * 200):
        with pytest.raises(PasswordError) as caught:
            hash_password(password, Scheme.BLF_CRYPT)
        shown = f"{caught.value!r} {caught.value} {caught.value.params} {caught.value.args}"
        assert "hunter2" not in shown
        assert caught.value.__cause__ is None


def test_normalise_composes():
    assert normalise("e\u0301") == "é"
    assert normalise("ﬁ") == "ﬁ"  # NFKC would make two letters of it
