"""judge(): the scheme and cost of a stored value, and what is wrong with it."""

from __future__ import annotations

import dataclasses
import re

import pytest

from mailkit.passwords import Judgement, Scheme, hash_password, judge, lock, parse

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
    Sample,
)

FAULTS = ("empty", "opens_to_empty", "locked", "unknown", "malformed", "truncated", "needs_prefix")


def faults(judgement: Judgement) -> set[str]:
    return {name for name in FAULTS if getattr(judgement, name)}


@pytest.mark.parametrize("sample", [*VERIFIED, *NOT_VERIFIED], ids=str)
def test_it_names_scheme_and_cost_and_finds_no_fault_in_whole_values(sample: Sample):
    found = judge(sample.stored)
    assert faults(found) == set()
    assert (found.scheme, found.cost) == (sample.scheme, sample.cost)
    assert found.weak is sample.weak
    assert found.refused_by_dovecot_24 is sample.refused_24
    assert found.heavy is sample.heavy
    assert found.verifiable is (sample in VERIFIED)
    assert found.usable is not sample.heavy


@pytest.mark.parametrize(
    ("stored", "prefix"),
    [
        ("{CRYPT}$6$x", "CRYPT"),
        ("{sha512-crypt.hex}24", "SHA512-CRYPT"),
        ("$6$x", None),
        ("$1$x$y", None),
        ("{LOCKED}x", None),
        ("!{BLF-CRYPT}$2y$", "BLF-CRYPT"),
        ("{CRYPT}$!${SSHA}abc", "SSHA"),
    ],
)
def test_it_says_what_stood_in_braces(stored: str, prefix: str | None):
    assert judge(stored).prefix == prefix


@pytest.mark.parametrize("stored", TRUNCATED)
def test_it_sees_what_a_narrow_column_cut(stored: str):
    found = judge(stored)
    assert faults(found) == {"truncated", "malformed"}
    assert not found.usable
    assert not found.verifiable


def test_it_sees_every_cut_of_what_we_write():
    for scheme, cost in [(Scheme.SHA512_CRYPT, 5001), (Scheme.BLF_CRYPT, 8), (Scheme.ARGON2ID, 1)]:
        stored = hash_password(PASSWORD, scheme, cost)
        for length in range(1, len(stored)):
            if len(stored) - length == 21 and scheme is Scheme.ARGON2ID:
                continue  # looks like a digest of 16 bytes instead of 32
            found = judge(stored[:length])
            assert faults(found) in ({"truncated", "malformed"}, {"empty"}), stored[:length]
            assert not found.usable
            assert not found.weak


@pytest.mark.parametrize("stored", MALFORMED)
def test_it_sees_what_is_no_hash(stored: str):
    found = judge(stored)
    assert faults(found) == {"malformed"}
    assert not found.usable
    assert not found.weak


@pytest.mark.parametrize("stored", NEED_PREFIX)
def test_it_sees_argon2_without_its_prefix(stored: str):
    assert faults(judge(stored)) == {"malformed", "needs_prefix"}


@pytest.mark.parametrize("stored", UNKNOWN)
def test_it_sees_unknown_schemes_and_keeps_nothing_of_their_names(stored: str):
    found = judge(stored)
    assert faults(found) == {"unknown"}
    assert found.scheme is None
    assert found.prefix is None
    assert "secret" not in repr(found)


@pytest.mark.parametrize("stored", EMPTY)
def test_it_sees_empty_values(stored: str | None):
    found = judge(stored)
    assert faults(found) == {"empty"}
    assert not found.usable


@pytest.mark.parametrize("stored", OPENS_TO_EMPTY)
def test_it_warns_of_values_that_let_the_empty_password_in(stored: str):
    assert faults(judge(stored)) == {"empty", "opens_to_empty"}


@pytest.mark.parametrize("sample", VERIFIED, ids=str)
def test_of_a_locked_value_it_judges_what_is_inside(sample: Sample):
    found = judge(lock(sample.stored))
    assert faults(found) == {"locked"}
    assert (found.scheme, found.cost, found.weak) == (sample.scheme, sample.cost, sample.weak)
    # As it stands, Dovecot 2.4 refuses it cleanly.
    assert not found.refused_by_dovecot_24
    assert not found.usable
    assert not found.verifiable


@pytest.mark.parametrize(
    ("stored", "refused"),
    [
        ("!{SHA512-CRYPT}$6$x", True),
        ("!$6$x", True),
        ("{CRYPT}!$6$x", True),
        ("{CRYPT}$!$VsEsrUn4Z8u2A", False),
        ("$!$VsEsrUn4Z8u2A", False),
        ("!", False),
        ("{CRYPT}!", False),
        ("{CRYPT}*", False),
        (None, False),
        ("", False),
        ("secret", True),
        ("{SHA512-CRYPT}yJA", True),
        ("{SHA512-CRYPT}$6$yJA", False),
        ("{MD5-CRYPT}", False),
    ],
)
def test_it_knows_what_dovecot_24_answers_with_a_temporary_failure(
    stored: str | None, refused: bool
):
    assert judge(stored).refused_by_dovecot_24 is refused


@pytest.mark.parametrize("stored", [*(s.stored for s in VERIFIED), *UNKNOWN])
def test_neither_judgement_nor_parts_show_the_hash(stored: str):
    shown = f"{judge(stored)!r} {judge(stored)} {parse(stored)!r}"
    for piece in re.split(r"[${},]", re.sub(r"^\{[A-Za-z0-9.-]+\}", "", stored)):
        assert len(piece) < 6 or piece in ("argon2id", "argon2i") or piece not in shown


def test_a_judgement_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        judge("x").weak = True  # type: ignore[misc]
