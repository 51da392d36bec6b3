"""A glance at a whole hash says what looking at it with care says, and nothing of its secret."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailkit.passwords import Scheme, hash_password, judge, lock
from mailkit.passwords.at_a_glance import beginning
from mailkit.passwords.judge import judge_with_care

from .samples import NOT_VERIFIED, VERIFIED
from .strategies import stored_values

PREFIXES = (
    "",
    *("{CRYPT}", "{SHA512-CRYPT}", "{SHA256-CRYPT}", "{BLF-CRYPT}", "{MD5-CRYPT}", "{DES-CRYPT}"),
    *("{ARGON2ID}", "{MD5}", "{PLAIN}", "{crypt}", "{CRYPT}$!$", "{CRYPT}$!${CRYPT}", "!", "$!$"),
)
_B64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _of(size: int, least: int | None = None) -> st.SearchStrategy[str]:
    return st.text(_B64, min_size=size if least is None else least, max_size=size)


_COSTS = st.integers(0, 99).map(lambda cost: f"{cost:02d}")
_ROUNDS = st.sampled_from(["", "rounds=1000$", "rounds=5000$", "rounds=4999$", "rounds=0999$"])
_WHOLE = st.one_of(
    st.builds("$6${}{}${}".format, _ROUNDS, _of(16, 0), _of(86, 85)),
    st.builds("$5${}{}${}".format, _ROUNDS, _of(16, 0), _of(43, 42)),
    st.builds("$2{}${}${}".format, st.sampled_from("abxyz"), _COSTS, _of(53, 52)),
    st.builds("$1${}${}".format, _of(8, 0), _of(22, 21)),
    _of(13, 12),
    st.builds(
        "$argon2id$v=19$m={},t={},p=1${}${}".format,
        st.integers(0, 2**21),
        st.integers(0, 20),
        _of(22, 21),
        _of(43, 42),
    ),
)


@given(st.builds("{}{}".format, st.sampled_from(PREFIXES), _WHOLE))
def test_a_hash_is_judged_alike(stored: str) -> None:
    assert judge(stored) == judge_with_care(stored)


@given(stored_values())
@example("{CRYPT}$!$")
@example("rl0uE0wO1zY3Y\n")
@example("{ARGON2ID}rl0uE0wO1zY3Y")
def test_any_other_value_is_judged_alike(stored: str) -> None:
    assert judge(stored) == judge_with_care(stored)
    assert judge(lock(stored)) == judge_with_care(lock(stored))


@given(st.sampled_from([one.stored for one in (*VERIFIED, *NOT_VERIFIED)]), st.data())
def test_one_that_was_cut_is_judged_alike(stored: str, data: st.DataObject) -> None:
    cut = stored[: data.draw(st.integers(0, len(stored)))]
    assert judge(cut) == judge_with_care(cut)


@pytest.mark.parametrize("scheme", Scheme)
def test_what_the_panel_writes_is_told_at_a_glance(scheme: Scheme) -> None:
    stored = hash_password("a long enough secret 7", scheme)
    begins = beginning(stored)
    assert begins is not None
    # Neither digest nor salt.
    assert begins.endswith("$")
    assert stored.startswith(begins)
    assert len(stored) - len(begins) >= 53
    assert beginning(lock(stored)) == f"{{CRYPT}}$!${begins}"
    assert all(beginning(stored[:-end]) is None for end in range(1, len(stored)))


@pytest.mark.parametrize(
    ("stored", "begins"),
    [
        ("rl0uE0wO1zY3Y", "13"),
        ("{CRYPT}rl0uE0wO1zY3Y", "{CRYPT}13"),
        ("{CRYPT}$!$rl0uE0wO1zY3Y", "{CRYPT}$!$13"),
        ("{PLAIN}rl0uE0wO1zY3", None),
        ("{CRYPT}$!$", None),
        ("", None),
    ],
)
def test_a_hash_of_des_is_known_by_its_length(stored: str, begins: str | None) -> None:
    assert beginning(stored) == begins
