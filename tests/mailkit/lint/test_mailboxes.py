"""Mailboxes that do not work, and stored passwords by scheme."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailkit.lint import Code, Collected
from mailkit.lint.mailboxes import _address_problem, judge_mailboxes
from mailkit.passwords import lock

GOOD = "{BLF-CRYPT}$2y$08$mj/gL7tle0hEANaEUTnQceOda3wY.ymBwQ0c/1zhegrfje7MHVWM2"
DES = "rl0uE0wO1zY3Y"
ARGON2 = "$argon2id$v=19$m=65536,t=3,p=4$" + "A" * 22 + "$" + "B" * 43
HEAVY = "{ARGON2ID}" + ARGON2.replace("m=65536", "m=1048576")

# (stored value, codes, scheme)
PASSWORDS: list[tuple[str | None, list[Code], str]] = [
    (GOOD, [], "BLF-CRYPT"),
    (lock(GOOD), [], "BLF-CRYPT"),
    ("{ARGON2ID}" + ARGON2, [], "ARGON2ID"),
    (None, [Code.HASH_EMPTY], "none"),
    ("", [Code.HASH_EMPTY], "none"),
    ("{PLAIN}", [Code.HASH_OPEN], "PLAIN"),
    ("{PLAIN}x", [Code.HASH_WEAK], "PLAIN"),
    ("{NOSUCH}abc", [Code.HASH_UNKNOWN], "unknown"),
    (ARGON2, [Code.HASH_NEEDS_PREFIX], "ARGON2ID"),
    ("{SSHA512}%%%", [Code.HASH_MALFORMED], "SSHA512"),
    (HEAVY, [Code.HASH_HEAVY], "ARGON2ID"),
    (DES, [Code.HASH_REFUSED_24, Code.HASH_WEAK], "DES-CRYPT"),
    # Cut off: a finding of the row, which `find_rows` has.
    ("{SHA512-CRYPT}$6$yJA", [], "SHA512-CRYPT"),
]


@pytest.mark.parametrize(("stored", "codes", "scheme"), PASSWORDS)
def test_a_stored_password(stored: str | None, codes: list[Code], scheme: str) -> None:
    counted = Collected()
    found = list(judge_mailboxes([("anna@a.test", stored)], counted, "+"))
    assert [one.code for one in found] == codes
    assert [(one.scheme, one.count) for one in counted.schemes.values()] == [(scheme, 1)]
    # Not a letter of it.
    assert all(one.detail == (scheme,) and not one.params for one in found)


def test_every_code_of_passwords_has_a_case() -> None:
    met = {code for _stored, codes, _scheme in PASSWORDS for code in codes}
    assert met == {code for code in Code if code.startswith("password.")}


@pytest.mark.parametrize(
    ("email", "delimiter", "problem"),
    [
        ("anna@a.test", "+", ""),
        ("anna+x@a.test", "+", "local.delimiter"),
        ("anna-x@a.test", "+-", "local.delimiter"),
        ("anna-x@a.test", "+", ""),
        ("o'brien@a.test", "+", "local.not_for_sign_in"),
        ("a..b@a.test", "+", "local.dots"),
        ("-anna@a.test", "+", "local.leading_hyphen"),
        ("anna@nodot", "+", "domain.no_dot"),
        # `find_rows` has codes for these.
        ("anna", "+", ""),
        ("@a.test", "+", ""),
        ("an na@a.test", "+", ""),
        ("ännä@a.test", "+", ""),
    ],
)
def test_an_address_that_does_not_work(email: str, delimiter: str, problem: str) -> None:
    found = list(judge_mailboxes([(email, GOOD)], Collected(), delimiter))
    assert [one.problem for one in found] == ([problem] if problem else [])
    assert all(one.code is Code.MAILBOX_ADDRESS for one in found)


def test_it_keeps_the_first_and_counts_all() -> None:
    counted = Collected(limit=3)
    counted.add(judge_mailboxes([(f"u{n}@a.test", DES) for n in range(7)], counted, "+"))
    found = {one.code: one for one in counted.found()}
    assert [one.key for one in found[Code.HASH_WEAK].examples] == [f"u{n}@a.test" for n in range(3)]
    assert found[Code.HASH_WEAK].count == 7
    assert counted.schemes["DES-CRYPT"].weak == 7
    assert counted.schemes["DES-CRYPT"].refused_24 == 7


_LOCAL = st.text("abz09._-+'ä", max_size=70)
_LABELS = st.lists(st.text("az09-_", max_size=66) | st.just("xn--a"), max_size=5).map(".".join)


@given(
    st.builds("{}@{}".format, _LOCAL, _LABELS) | st.text("a@.-_ \n", max_size=9),
    st.sampled_from(["", "+", "-", "+-", "._", "a"]),
)
@example("a" * 65 + "@a.test", "+")
@example("a@" + "b" * 64 + ".test", "+")
@example("a@" + "b." * 126 + "test", "+")
@example("a@xn--a.test", "+")
@example("a@a.test\n", "+")
def test_the_glance_at_an_address_says_what_parsing_it_says(email: str, delimiter: str) -> None:
    found = list(judge_mailboxes([(email, GOOD)], Collected(), delimiter))
    careful = list(_address_problem(email, delimiter))
    assert found == careful
