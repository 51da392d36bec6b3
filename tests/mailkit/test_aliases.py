"""Virtual alias expansion: the cases that matter, each as the real Postfix answers it.

tests/stack/test_alias_expansion.py compares random tables with a running Postfix.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailkit.postfix.aliases import (
    ExpansionError,
    MemoryTables,
    Rules,
    Table,
    alias_keys,
    expand,
    expand_many,
    split_extension,
)

ROWS = {
    "f1@a.test": "u1@a.test",
    "ch1@a.test": "ch2@a.test",
    "ch2@a.test": "ch3@a.test",
    "ch3@a.test": "u2@a.test",
    "list@a.test": "u1@a.test, u2@a.test,ext@far.test",
    "twice@a.test": "u1@a.test U1@A.TEST\nu1@a.test",
    "copy@a.test": "copy@a.test, away@far.test",
    "u2@a.test": "u2@a.test, copy@far.test",
    "toext@a.test": "someone@far.test",
    "@b.test": "u1@a.test",
    "@c.test": "@a.test",
    "real@c.test": "u2@a.test",
    "empty@a.test": "",
    "capitals@a.test": "U1@A.Test.",
    "tagged+x@a.test": "u1@a.test",
    "tagged@a.test": "tagged@far.test",
    "bare@a.test": "root",
    "root": "u1@a.test",
    "names@a.test": 'Anna <u1@a.test>, "B, C" <x@far.test> (who); y@far.test',
    "hack@a.test": "u%far.test far.test!v",
    "strange@a.test": "u1@a.test, @b.test",
    "quoted@a.test": '"a b"@far.test',
    '"in quotes"@a.test': "u1@a.test",
    "no quotes@a.test": "u1@a.test",
}
USERS = frozenset({"u1@a.test", "u2@a.test", "u3@b.test", "copied@a.test", "+plus@a.test"})
TABLES = MemoryTables(ROWS, USERS)
RULES = Rules("+", {"local.test", "origin.test"}, "origin.test")


@pytest.mark.parametrize(
    ("address", "recipients"),
    [
        ("u1@a.test", ["u1@a.test"]),
        ("nobody@a.test", ["nobody@a.test"]),
        ("x@far.test", ["x@far.test"]),
        ("f1@a.test", ["u1@a.test"]),
        ("ch1@a.test", ["u2@a.test", "copy@far.test"]),
        ("list@a.test", ["u1@a.test", "u2@a.test", "ext@far.test", "copy@far.test"]),
        ("twice@a.test", ["u1@a.test"]),
        ("copy@a.test", ["copy@a.test", "away@far.test"]),
        ("F1@A.TEST", ["u1@a.test"]),
        ("capitals@a.test", ["u1@a.test"]),
        # extensions
        ("u1+tag@a.test", ["u1+tag@a.test"]),
        ("f1+tag@a.test", ["u1+tag@a.test"]),
        ("f1+a+b@a.test", ["u1+a+b@a.test"]),
        ("f1+@a.test", ["u1+@a.test"]),
        ("toext+tag@a.test", ["someone+tag@far.test"]),
        ("list+t@a.test", ["u1+t@a.test", "u2+t@a.test", "ext+t@far.test", "copy+t@far.test"]),
        ("tagged+x@a.test", ["u1@a.test"]),
        ("tagged+y@a.test", ["tagged+y@far.test"]),
        ("+plus@a.test", ["+plus@a.test"]),
        # catch-all and domain alias
        ("any@b.test", ["u1@a.test"]),
        ("any+tag@b.test", ["u1@a.test"]),
        ("u3@b.test", ["u3@b.test"]),
        ("u3+tag@b.test", ["u3+tag@b.test"]),
        ("f1@c.test", ["u1@a.test"]),
        ("f1+tag@c.test", ["u1+tag@a.test"]),
        ("nobody+tag@c.test", ["nobody+tag@a.test"]),
        ("real@c.test", ["u2@a.test", "copy@far.test"]),
        # rows that nobody should have written
        ("empty@a.test", ["empty@a.test"]),
        ("bare@a.test", ["u1@a.test"]),
        ("root@local.test", ["u1@a.test"]),
        ("root+t@local.test", ["u1+t@a.test"]),
        ("root@a.test", ["root@a.test"]),
        ("names@a.test", ["u1@a.test", "x@far.test", "y@far.test"]),
        ("hack@a.test", ["u@far.test", "v@far.test"]),
        ("strange@a.test", ["u1@a.test"]),
        ("quoted@a.test", ["a b@far.test"]),
        ('"in quotes"@a.test', ["u1@a.test"]),
        ('"in quotes+t"@a.test', ["u1+t@a.test"]),
        ('"no quotes"@a.test', ["no quotes@a.test"]),
    ],
)
def test_it_expands(address: str, recipients: list[str]) -> None:
    found = expand(address, TABLES, RULES)
    assert (found.error, found.loop) == (None, None)
    assert list(found.recipients) == recipients


def test_a_row_that_no_mail_reaches_is_followed_by_its_key() -> None:
    found = expand("No Quotes@a.test", TABLES, RULES)
    assert found.recipients == ("u1@a.test",)
    assert found.steps[0].key == "no quotes@a.test"


def test_without_the_mailboxes_a_catch_all_takes_their_mail() -> None:
    rows = {"@b.test": "u1@a.test"}
    assert expand("u3@b.test", MemoryTables(rows)).recipients == ("u1@a.test",)
    assert expand("u3@b.test", MemoryTables(rows, {"u3@b.test"})).recipients == ("u3@b.test",)


def test_without_a_domain_of_its_own_a_bare_name_stays() -> None:
    assert expand("a@a.test", MemoryTables({"a@a.test": "root u@b.test"})).recipients == (
        "root",
        "u@b.test",
    )


def test_a_mailbox_without_a_local_part_is_a_catch_all_mailbox() -> None:
    assert expand("any@b.test", MemoryTables({}, {"@b.test"})).recipients == ("any@b.test",)


@pytest.mark.parametrize(
    ("delimiter", "address", "split"),
    [
        ("+", "u+x@a.test", ("u@a.test", "+x")),
        ("+", "u+x+y@a.test", ("u@a.test", "+x+y")),
        ("+", "u+@a.test", ("u@a.test", "+")),
        ("+", "+u@a.test", ("+u@a.test", "")),
        ("+", "u@a.test", ("u@a.test", "")),
        ("+", "u@a+b.test", ("u@a+b.test", "")),
        ("+", "u+x", ("u", "+x")),
        ("", "u+x@a.test", ("u+x@a.test", "")),
        ("-", "u+x@a.test", ("u+x@a.test", "")),
        ("+-", "u-x+y@a.test", ("u@a.test", "-x+y")),
        ("+-", "u+x-y@a.test", ("u@a.test", "+x-y")),
        ("+-", "owner-u@a.test", ("owner-u@a.test", "")),
        ("+-", "u-request@a.test", ("u-request@a.test", "")),
        ("+-", "-request@a.test", ("-request@a.test", "")),
        ("+-", "owner+u@a.test", ("owner@a.test", "+u")),
        ("+-", "mailer-daemon@a.test", ("mailer-daemon@a.test", "")),
        ("-", "double-bounce@a.test", ("double-bounce@a.test", "")),
        ("+", "owner-u+x@a.test", ("owner-u@a.test", "+x")),
    ],
)
def test_an_extension_is_cut_off(delimiter: str, address: str, split: tuple[str, str]) -> None:
    assert split_extension(address, delimiter) == split


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("u@a.test", ["u@a.test", "@a.test"]),
        ("u+x@a.test", ["u+x@a.test", "u@a.test", "@a.test"]),
        ("u+x@local.test", ["u+x@local.test", "u@local.test", "u+x", "u", "@local.test"]),
        ("a b+x@a.test", ['"a b+x"@a.test', '"a b"@a.test', "@a.test"]),
        ("u", ["u"]),
    ],
)
def test_the_keys_in_their_order(address: str, keys: list[str]) -> None:
    assert [key for key, _extension in alias_keys(address, RULES)] == keys


@pytest.mark.parametrize(
    ("rows", "address", "error", "loop"),
    [
        ({"a@x.t": "b@x.t", "b@x.t": "a@x.t"}, "a@x.t", "nesting", "a@x.t b@x.t a@x.t"),
        ({"a@x.t": "b@x.t", "b@x.t": "a@x.t"}, "A@X.T", "nesting", "a@x.t b@x.t a@x.t"),
        (
            {"e@x.t": "a@x.t", "a@x.t": "b@x.t", "b@x.t": "c@x.t", "c@x.t": "a@x.t"},
            "e@x.t",
            "nesting",
            "a@x.t b@x.t c@x.t a@x.t",
        ),
        ({"a@x.t": "u@x.t b@x.t", "b@x.t": "v@x.t a@x.t"}, "a@x.t", "size", "a@x.t b@x.t a@x.t"),
        ({"@x.t": "@y.t", "@y.t": "@x.t"}, "n@x.t", "nesting", "n@x.t n@y.t n@x.t"),
        ({"@x.t": "a@y.t", "a@y.t": "q@x.t"}, "n@x.t", "nesting", "a@y.t q@x.t a@y.t"),
        ({"p@y.t": "p@x.t", "@x.t": "@y.t"}, "p@x.t", "nesting", "p@x.t p@y.t p@x.t"),
        # The extension grows, so that no address comes twice.
        ({"s@x.t": "s+x@x.t"}, "s@x.t", "address_length", "s@x.t s+x@x.t"),
        (
            {"s@x.t": "t+y@x.t", "t@x.t": "s@x.t"},
            "s@x.t",
            "address_length",
            "s@x.t t+y@x.t s+y@x.t",
        ),
        ({"a+t@x.t": "b@x.t", "b@x.t": "a+t@x.t"}, "b@x.t", "nesting", "b@x.t a+t@x.t b@x.t"),
        ({"s@x.t": "u@x.t s+x@x.t"}, "s@x.t", "address_length", "s@x.t s+x@x.t"),
    ],
)
def test_a_loop_is_found_and_named(
    rows: dict[str, str], address: str, error: str, loop: str
) -> None:
    found = expand(address, MemoryTables(rows, {"u@x.t"}))
    assert found.error == ExpansionError(f"alias.{error}")
    assert found.recipients == ()
    assert found.loop == tuple(loop.split())
    assert found.grows == (error == "address_length")


@pytest.mark.parametrize(
    ("rows", "address", "recipients"),
    [
        ({"a@x.t": "a@x.t"}, "a@x.t", "a@x.t"),
        ({"a@x.t": "a@x.t b@x.t", "b@x.t": "a@x.t"}, "a@x.t", "a@x.t"),
        ({"a@x.t": "b@x.t a@x.t", "b@x.t": "c@x.t a@x.t"}, "a@x.t", "c@x.t a@x.t"),
        ({"@x.t": "m@x.t"}, "any@x.t", "m@x.t"),
        ({"s@x.t": "s@x.t"}, "s+t@x.t", "s+t@x.t"),
        ({"s+t@x.t": "s@x.t"}, "s+t@x.t", "s@x.t"),
        ({"a@x.t": "b@y.t", "@x.t": "@y.t", "@y.t": "a@x.t"}, "a@x.t", None),
    ],
)
def test_what_looks_like_a_loop_may_end(
    rows: dict[str, str], address: str, recipients: str | None
) -> None:
    found = expand(address, MemoryTables(rows))
    assert bool(found.loop) == (recipients is None)
    assert found.recipients == tuple((recipients or "").split())


def chain(length: int) -> dict[str, str]:
    return {f"n{number}@x.t": f"n{number + 1}@x.t" for number in range(length)}


def members(count: int) -> str:
    return ", ".join(f"m{number}@x.t" for number in range(count))


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        (chain(999), None),
        (chain(1000), ExpansionError.NESTING),
        ({"n0@x.t": members(1000)}, None),
        ({"n0@x.t": members(1001)}, ExpansionError.SIZE),
        ({"n0@x.t": "m@x.t", "m@x.t": members(1001)}, ExpansionError.SIZE),
        ({"n0@x.t": "n@" + "d" * 996 + ".t"}, None),
        ({"n0@x.t": "n@" + "d" * 997 + ".t"}, ExpansionError.ADDRESS_LENGTH),
        ({"n0@x.t": "n@" + "é" * 499 + ".t"}, ExpansionError.ADDRESS_LENGTH),
        ({"n0@x.t": "  "}, ExpansionError.NO_ADDRESS),
        ({"n0@x.t": ",;"}, ExpansionError.NO_ADDRESS),
        ({"n0@x.t": "n1@x.t", "n1@x.t": " "}, ExpansionError.NO_ADDRESS),
        ({"n0@x.t": ""}, None),
    ],
)
def test_the_limits(rows: dict[str, str], error: ExpansionError | None) -> None:
    users = {f"m{number}@x.t" for number in range(1001)}
    found = expand("n0@x.t", MemoryTables(rows, users))
    assert (found.error, found.loop) == (error, None)


def test_a_loop_beside_a_long_list_is_named() -> None:
    rows = {"a@x.t": "l@x.t u@x.t b@x.t", "b@x.t": "v@x.t a@x.t", "l@x.t": members(600)}
    assert expand("a@x.t", MemoryTables(rows)).loop == ("a@x.t", "b@x.t", "a@x.t")


def test_a_long_list_alone_is_no_loop() -> None:
    rows = {"a@x.t": "a@x.t b@x.t " + members(1000), "b@x.t": "a@x.t"}
    assert expand("a@x.t", MemoryTables(rows)).loop is None


def test_the_steps_say_which_row_answered() -> None:
    found = expand("f1+tag@c.test", TABLES, RULES)
    assert [(step.address, step.table, step.key, step.answer) for step in found.steps] == [
        ("f1+tag@c.test", Table.FORWARDINGS, "@c.test", ("f1+tag@a.test",)),
        ("f1+tag@a.test", Table.FORWARDINGS, "f1@a.test", ("u1+tag@a.test",)),
        ("u1+tag@a.test", Table.EMAIL2EMAIL, "u1@a.test", ("u1+tag@a.test",)),
    ]


class CountingTables(MemoryTables):
    """Counts the questions, each of which is an SQL query."""

    asked = 0

    def forwardings(self, keys: Sequence[str]) -> dict[str, str]:
        self.asked += 1
        assert keys
        return dict(super().forwardings(keys))

    def mailboxes(self, keys: Sequence[str]) -> set[str]:
        self.asked += 1
        assert keys
        return set(super().mailboxes(keys))


@pytest.mark.parametrize(
    ("rows", "addresses", "queries"),
    [
        ({}, ["u@x.t"], 2),
        ({"a@x.t": "b@x.t", "b@x.t": "a@x.t"}, ["a@x.t"], 4),
        ({"s@x.t": "s+x@x.t"}, ["s@x.t"], 4),
        (chain(5), ["n0@x.t"], 12),
        ({"n0@x.t": members(900)}, ["n0@x.t"], 4),
        ({"@y.t": "@x.t", **chain(5)}, [f"n{number}@y.t" for number in range(6)], 12),
    ],
)
def test_the_tables_are_asked_once_a_level(
    rows: dict[str, str], addresses: list[str], queries: int
) -> None:
    tables = CountingTables(rows, {"u@x.t"})
    expand_many(addresses, tables)
    assert tables.asked <= queries


EVERYBODY = [f"{local}@{name}" for local in ("u", "v", "u+t", "w") for name in ("a.t", "b.t")]
ADDRESSES = st.sampled_from(EVERYBODY)
TEXTS = st.lists(ADDRESSES, min_size=1, max_size=3).map(", ".join)
SOURCES = st.one_of(ADDRESSES, st.sampled_from(["@a.t", "@b.t"]))


@settings(deadline=None)
@given(st.dictionaries(SOURCES, TEXTS, max_size=6), st.sets(ADDRESSES, max_size=3), ADDRESSES)
def test_asking_level_by_level_changes_nothing(
    rows: dict[str, str], users: set[str], address: str
) -> None:
    alone = expand(address, MemoryTables(rows, users))
    assert expand_many(EVERYBODY, MemoryTables(rows, users))[address] == alone
    assert (alone.error is None) or not alone.recipients
    # With so few rows nothing but a loop can be the reason.
    assert (alone.error is None) == (alone.loop is None)
