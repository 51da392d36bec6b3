"""Destinations as they stand in a row, taken apart as Postfix does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailkit.addresses import split_destination
from mailkit.postfix.aliases import MemoryTables, Rules, expand


@pytest.mark.parametrize(
    ("stored", "destinations"),
    [
        ("", []),
        (" ,\n ", []),
        ("a@x.t", ["a@x.t"]),
        ("a@x.t,b@x.t, c@x.t d@x.t\ne@x.t\tf@x.t\r\ng@x.t", [f"{one}@x.t" for one in "abcdefg"]),
        ("@x.t", ["@x.t"]),
        ("@x.t, a@x.t", ["@x.t", "a@x.t"]),
        ("a@x.t, @x.t", ["a@x.t", "@x.t"]),
        ("Anna <a@x.t>; b@x.t", ["a@x.t", "b@x.t"]),
        ("a@x.t (comment, with comma)", ["a@x.t"]),
        ('"a b"@x.t', ['"a b"@x.t']),
        ("a @ x.t", ["a@x.t"]),
        ("root", ["root"]),
        ("|/bin/cat", ["|/bin/cat"]),
        (":include:/etc/x", [":include:/etc/x"]),
        ("a@x.t\u00a0b@x.t", ["a@x.t\u00a0b@x.t"]),
        ("A@X.T", ["A@X.T"]),
    ],
)
def test_stored_destinations_are_split_as_postfix_does(
    stored: str, destinations: list[str]
) -> None:
    assert split_destination(stored) == destinations


ENTRIES = st.sampled_from(
    [
        "a@x.t",
        "A <b@x.t>",
        '"a b"@x.t',
        '"q\\"x"@x.t',
        "c@x.t (who)",
        "root",
        "|cat",
        "a%x.t",
        "b@x.t.",
    ]
)


@settings(deadline=None)
@given(st.lists(st.tuples(ENTRIES, st.sampled_from([", ", ",", "; ", ",\n"]))))
def test_split_destinations_can_be_stored_again(parts: list[tuple[str, str]]) -> None:
    once = split_destination("".join(entry + separator for entry, separator in parts))
    assert len(once) == len(parts)
    assert split_destination(", ".join(once)) == once


@settings(deadline=None)
@given(st.text(alphabet='ab@.,;<>()[]"\\:|%!+ \n\té', max_size=20))
def test_nothing_that_stands_in_a_row_is_an_error(stored: str) -> None:
    split_destination(stored)
    expand("a@x.t", MemoryTables({"a@x.t": stored}), Rules(origin="o.t"))
