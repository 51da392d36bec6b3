"""lock() and unlock(): nobody signs in meanwhile, and the value comes back whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailkit.passwords import LOCK_PREFIX, is_locked, lock, unlock

from .samples import (
    EMPTY,
    MALFORMED,
    NEED_PREFIX,
    NOT_VERIFIED,
    OPENS_TO_EMPTY,
    TRUNCATED,
    UNKNOWN,
    VERIFIED,
)

STORED = [
    *(sample.stored for sample in (*VERIFIED, *NOT_VERIFIED)),
    *(stored for stored in (*EMPTY, *OPENS_TO_EMPTY) if stored is not None),
    *TRUNCATED,
    *MALFORMED,
    *NEED_PREFIX,
    *UNKNOWN,
]
SHA512 = VERIFIED[0].stored
BARE = SHA512.removeprefix("{SHA512-CRYPT}")


@pytest.mark.parametrize("stored", STORED)
def test_a_value_comes_back_whole(stored: str):
    assert not is_locked(stored)
    locked = lock(stored)
    assert locked == "{CRYPT}$!$" + stored
    assert is_locked(locked)
    assert lock(locked) == locked
    assert unlock(locked) == stored


def test_a_lock_is_ten_characters_long():
    assert len(LOCK_PREFIX) == 10
    assert len(lock(SHA512)) == len(SHA512) + 10


def test_null_is_locked_and_comes_back_empty():
    assert not is_locked(None)
    assert lock(None) == LOCK_PREFIX
    assert unlock(LOCK_PREFIX) == ""
    assert unlock(None) == ""


@pytest.mark.parametrize(
    ("stored", "unlocked"),
    [
        ("!" + SHA512, SHA512),
        ("!" + BARE, BARE),
        ("!!" + BARE, BARE),
        ("{SHA512-CRYPT}!" + BARE, SHA512),
        ("{sha512-crypt}!" + BARE, "{sha512-crypt}" + BARE),
        ("{CRYPT}!" + BARE, "{CRYPT}" + BARE),
        ("{CRYPT}!VsEsrUn4Z8u2A", "{CRYPT}VsEsrUn4Z8u2A"),
        ("{BLF-CRYPT}!$2y$05$cut", "{BLF-CRYPT}$2y$05$cut"),
        ("{SSHA}!wwXf7msYF0d6pfLsNMb/Cku8V+fX4Yrp", "{SSHA}wwXf7msYF0d6pfLsNMb/Cku8V+fX4Yrp"),
        ("{ARGON2ID}!" + SHA512, SHA512),
        ("{ARGON2ID}!" + BARE, BARE),
        ("{crypt}$!$" + SHA512, SHA512),
        ("$!$" + SHA512, SHA512),
        ("!{PLAIN}secret", "{PLAIN}secret"),
        ("!", ""),
        ("!!", ""),
        ("*", ""),
        ("{CRYPT}!", ""),
        ("{CRYPT}*", ""),
        ("{CRYPT}$!$", ""),
    ],
)
def test_it_understands_the_locks_of_others(stored: str, unlocked: str):
    assert is_locked(stored)
    assert lock(stored) == stored
    assert unlock(stored) == unlocked
    assert not is_locked(unlocked)


@pytest.mark.parametrize(
    "stored",
    ["{PLAIN}!secret", "{PLAIN}*", "{CLEARTEXT}!", "{PLAIN}$!$x", "{LOCKED}!x", "*x", "x!", "{!x"],
)
def test_what_is_part_of_a_password_is_no_lock(stored: str):
    assert not is_locked(stored)
    assert unlock(stored) == stored
    assert unlock(lock(stored)) == stored


def test_two_locks_come_off_one_at_a_time():
    assert unlock("{CRYPT}$!$!" + BARE) == "!" + BARE


@given(st.text())
def test_lock_and_unlock_undo_each_other(stored: str):
    locked = lock(stored)
    assert is_locked(locked)
    assert lock(locked) == locked
    if not is_locked(stored):
        assert unlock(locked) == stored
        assert unlock(stored) == stored
