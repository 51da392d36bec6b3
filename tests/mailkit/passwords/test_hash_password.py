"""hash_password(): what is written, how wide it is, what it costs, when it is to be made anew."""

from __future__ import annotations

import re
import time

import pytest

from mailkit.passwords import (
    COST_RANGES,
    DEFAULT_COSTS,
    DEFAULT_SCHEME,
    Result,
    Scheme,
    checked_cost,
    crypt3,
    hash_password,
    hash_width,
    judge,
    lock,
    needs_rehash,
    verify,
    verify_dummy,
)

PASSWORD = "correct horse"
CHEAP = {Scheme.SHA512_CRYPT: 5000, Scheme.BLF_CRYPT: 8, Scheme.ARGON2ID: 1}
FORMS = {
    (Scheme.SHA512_CRYPT, 5000): r"\{SHA512-CRYPT\}\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}",
    (Scheme.SHA512_CRYPT, 6000): (
        r"\{SHA512-CRYPT\}\$6\$rounds=6000\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}"
    ),
    (Scheme.BLF_CRYPT, 8): r"\{BLF-CRYPT\}\$2y\$08\$[./0-9A-Za-z]{53}",
    (Scheme.ARGON2ID, 1): (
        r"\{ARGON2ID\}\$argon2id\$v=19\$m=65536,t=1,p=1\$[+/0-9A-Za-z]{22}\$[+/0-9A-Za-z]{43}"
    ),
}


@pytest.mark.parametrize(("scheme", "cost"), FORMS)
def test_it_writes_the_prefix_and_the_hash_in_dovecots_form(scheme: Scheme, cost: int):
    stored = hash_password(PASSWORD, scheme, cost)
    assert re.fullmatch(FORMS[scheme, cost], stored)
    assert len(stored) == hash_width(scheme, cost)
    assert hash_password(PASSWORD, scheme, cost) != stored  # a fresh salt
    found = judge(stored)
    assert (found.scheme, found.prefix, found.cost) == (scheme.value, scheme.value, cost)
    assert found.usable
    assert not found.weak
    assert not found.refused_by_dovecot_24


@pytest.mark.parametrize("cost", [5000, 6000])
def test_libpass_writes_the_same_form(monkeypatch: pytest.MonkeyPatch, cost: int):
    monkeypatch.setattr(crypt3, "_system", None)
    stored = hash_password(PASSWORD, Scheme.SHA512_CRYPT, cost)
    monkeypatch.undo()
    assert re.fullmatch(FORMS[Scheme.SHA512_CRYPT, cost], stored)
    assert verify(PASSWORD, stored)


def test_libpass_and_libcrypt_make_the_same_hash(monkeypatch: pytest.MonkeyPatch):
    made = crypt3.make_sha512("pä".encode(), "saltsalt", 7000)
    monkeypatch.setattr(crypt3, "_system", None)
    assert crypt3.make_sha512("pä".encode(), "saltsalt", 7000) == made


def test_the_default_is_sha512_crypt():
    assert DEFAULT_SCHEME is Scheme.SHA512_CRYPT
    assert hash_password(PASSWORD).startswith("{SHA512-CRYPT}$6$rounds=50000$")
    assert 5_000 < DEFAULT_COSTS[Scheme.SHA512_CRYPT] < 656_000


@pytest.mark.parametrize("scheme", Scheme)
def test_default_costs_lie_in_their_ranges_and_fit_varchar_255_even_locked(scheme: Scheme):
    assert checked_cost(scheme) == DEFAULT_COSTS[scheme]
    assert DEFAULT_COSTS[scheme] in COST_RANGES[scheme]
    widths = [
        hash_width(scheme, cost) for cost in (COST_RANGES[scheme][0], COST_RANGES[scheme][-1])
    ]
    assert hash_width(scheme) == max(widths)
    assert hash_width(scheme) + len(lock("")) <= 255


@pytest.mark.parametrize(
    ("scheme", "cost"),
    [
        (Scheme.SHA512_CRYPT, 4_999),
        (Scheme.SHA512_CRYPT, 1_000_001),
        (Scheme.BLF_CRYPT, 7),
        (Scheme.BLF_CRYPT, 15),
        (Scheme.ARGON2ID, 0),
        (Scheme.ARGON2ID, 11),
    ],
)
def test_a_cost_out_of_range_is_refused(scheme: Scheme, cost: int):
    with pytest.raises(ValueError, match=scheme.value):
        hash_password(PASSWORD, scheme, cost)
    with pytest.raises(ValueError, match=scheme.value):
        hash_width(scheme, cost)


@pytest.mark.parametrize("scheme", Scheme)
def test_what_was_just_written_needs_no_rehash(scheme: Scheme):
    stored = hash_password(PASSWORD, scheme, CHEAP[scheme])
    assert not needs_rehash(stored, scheme, CHEAP[scheme])
    assert needs_rehash(stored, scheme, CHEAP[scheme] + 1)
    for other in set(Scheme) - {scheme}:
        assert needs_rehash(stored, other)
    # Without the prefix it hangs on default_pass_scheme.
    assert needs_rehash(stored.partition("}")[2], scheme, CHEAP[scheme])
    assert not needs_rehash(lock(stored), scheme, CHEAP[scheme] + 1)


@pytest.mark.parametrize(
    ("stored", "scheme", "cost", "needed"),
    [
        (None, Scheme.SHA512_CRYPT, None, False),
        ("", Scheme.SHA512_CRYPT, None, False),
        ("{PLAIN}secret", Scheme.SHA512_CRYPT, None, True),
        ("VsEsrUn4Z8u2A", Scheme.SHA512_CRYPT, None, True),
        ("{CRYPT}$6$rounds=60000$salt$" + "." * 86, Scheme.SHA512_CRYPT, None, True),
        ("{SHA512-CRYPT}$6$rounds=60000$salt$" + "." * 86, Scheme.SHA512_CRYPT, 50000, False),
        ("{SHA512-CRYPT}$6$salt$" + "." * 86, Scheme.SHA512_CRYPT, None, True),
        (
            "{ARGON2ID}$argon2id$v=19$m=19456,t=9,p=1$" + "A" * 22 + "$" + "A" * 43,
            Scheme.ARGON2ID,
            2,
            True,
        ),
    ],
)
def test_it_says_when_a_hash_should_be_made_anew(
    stored: str | None, scheme: Scheme, cost: int | None, needed: bool
):
    assert needs_rehash(stored, scheme, cost) is needed


@pytest.mark.parametrize("scheme", Scheme)
def test_the_dummy_takes_as_long_as_a_wrong_password(scheme: Scheme):
    cost = {Scheme.SHA512_CRYPT: 100_000, Scheme.BLF_CRYPT: 10, Scheme.ARGON2ID: 1}[scheme]
    stored = hash_password(PASSWORD, scheme, cost)

    def fastest(work) -> float:
        times = []
        for _ in range(5):
            started = time.process_time()
            work()
            times.append(time.process_time() - started)
        return min(times)

    real = fastest(lambda: verify("wrong", stored))
    dummy = fastest(lambda: verify_dummy(scheme, cost))
    assert verify("wrong", stored) is Result.WRONG
    assert 0.5 < dummy / real < 2
