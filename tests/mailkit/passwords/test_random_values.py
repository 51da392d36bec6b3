"""Properties that hold for every password and for every stored value, found or damaged."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mailkit.passwords import (
    Result,
    Scheme,
    crypt3,
    hash_password,
    hash_width,
    hashing,
    is_locked,
    judge,
    needs_rehash,
    normalise,
    parse,
    schemes,
    unlock,
    verify,
)
from mailkit.passwords.schemes import PASSWORD_LIMITS

from .strategies import passwords, stored_values

CHEAP = {Scheme.SHA512_CRYPT: 5000, Scheme.BLF_CRYPT: 4, Scheme.ARGON2ID: 1}


@pytest.mark.parametrize(
    ("scheme", "engine"),
    [*((scheme, "libcrypt") for scheme in Scheme), (Scheme.SHA512_CRYPT, "libpass")],
)
def test_every_password_verifies_against_its_own_hash_only(
    scheme: Scheme, engine: str, monkeypatch: pytest.MonkeyPatch
):
    # Cheaper than anybody may choose: it is the passwords that are tried here.
    monkeypatch.setattr(hashing, "ARGON2ID_MEMORY_KIB", 1024)
    ranges = {name: range(1, allowed.stop) for name, allowed in schemes.COST_RANGES.items()}
    monkeypatch.setattr(schemes, "COST_RANGES", ranges)
    if engine == "libpass":
        monkeypatch.setattr(crypt3, "_system", None)

    @settings(max_examples=200, deadline=None)
    @given(passwords(PASSWORD_LIMITS[scheme]), passwords(PASSWORD_LIMITS[scheme]))
    def holds(password: str, other: str) -> None:
        stored = hash_password(password, scheme, CHEAP[scheme])
        assert len(stored) <= hash_width(scheme)
        assert stored.isascii()
        assert verify(password, stored) is Result.CORRECT
        assert verify(unicodedata.normalize("NFD", password), stored) is Result.CORRECT
        if normalise(other) != normalise(password):
            assert verify(other, stored) is Result.WRONG

    holds()


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters()), stored_values())
def test_nothing_that_is_stored_or_typed_makes_it_raise(password: str, stored: str):
    found = judge(stored)
    result = verify(password, stored)
    assert found.locked is is_locked(stored)
    parse(stored)
    unlock(stored)
    for scheme in Scheme:
        needs_rehash(stored, scheme)
    if result is Result.CORRECT:
        # Only plain text can be hit by chance.
        assert found.scheme in ("PLAIN", "CLEAR", "CLEARTEXT")
    if not found.verifiable:
        assert result is not Result.CORRECT
    if found.unknown and password and not found.locked:
        assert result is not Result.CORRECT


@settings(max_examples=400, deadline=None)
@given(stored_values())
def test_what_is_stored_is_never_its_own_password(stored: str):
    assume(not (judge(stored).scheme or "").startswith(("PLAIN", "CLEAR")))
    assert verify(stored, stored) is not Result.CORRECT
    assert verify(parse(stored).body, stored) is not Result.CORRECT
