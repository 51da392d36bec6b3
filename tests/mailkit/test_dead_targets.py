"""Which final recipients mail comes back from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import pytest

from mailkit.postfix.dead_targets import dead_targets

DOMAINS = {"a.test", "b.test"}
MAILBOXES = {"u@a.test", "off@a.test", "u+x@b.test"}
TRANSPORTS = {
    "relayed@a.test": "smtp:[192.0.2.1]",
    "gone@a.test": "discard:gone",
    "off@a.test": "error:5.2.1 off",
    "returned@a.test": "error:5.1.1 gone",
    "waiting@a.test": "retry:4.2.1 later",
    "null@a.test": ":",
    "other@a.test": ":unix:private/other",
    "empty@a.test": "",
    "sub@a.test": "relay",
}


class Tables:
    """Counts how often each table is asked."""

    def __init__(self, transports: Mapping[str, str] = TRANSPORTS) -> None:
        self.rows = transports
        self.asked: list[str] = []

    def domains(self, names: Sequence[str]) -> Set[str]:
        self.asked.append("domains")
        return DOMAINS & set(names)

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        self.asked.append("mailboxes")
        return MAILBOXES & set(keys)

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked.append("transports")
        return {key: self.rows[key] for key in keys if key in self.rows}


@pytest.mark.parametrize(
    ("recipient", "dead"),
    [
        ("u@a.test", False),
        ("u+tag@a.test", False),
        ("nobody@a.test", True),
        ("nobody+tag@a.test", True),
        ("nobody@far.test", False),
        ("nobody", False),
        ("@a.test", True),
        # Dovecot looks for u@b.test.
        ("u+x@b.test", True),
        ("relayed@a.test", False),
        ("relayed+tag@a.test", False),
        ("gone@a.test", False),
        ("other@a.test", False),
        ("sub@a.test", False),
        ("null@a.test", True),
        ("empty@a.test", True),
        ("returned@a.test", True),
        ("waiting@a.test", True),
        # A mailbox that is disabled for a while is there nevertheless.
        ("off@a.test", False),
    ],
)
def test_a_dead_end_is_an_address_of_ours_without_mailbox_or_transport(
    recipient: str, dead: bool
) -> None:
    assert dead_targets([recipient], Tables()) == ([recipient] if dead else [])


@pytest.mark.parametrize(
    ("transports", "dead"),
    [
        ({"b.test": "smtp:[192.0.2.1]"}, False),
        ({".test": "smtp:[192.0.2.1]"}, False),
        ({"*": "smtp:[192.0.2.1]"}, False),
        ({"b.test": "error:closed", "*": "smtp:[192.0.2.1]"}, True),
        ({".b.test": "smtp:[192.0.2.1]"}, True),
    ],
)
def test_a_transport_of_the_whole_domain_counts(transports: Mapping[str, str], dead: bool) -> None:
    assert bool(dead_targets(["nobody@b.test"], Tables(transports))) == dead


def test_without_a_delimiter_an_extension_is_part_of_the_address() -> None:
    assert dead_targets(["u+x@b.test", "u+x@a.test"], Tables(), "") == ["u+x@a.test"]


@pytest.mark.parametrize(
    ("recipients", "asked"),
    [
        ([], []),
        (["x@far.test"], ["domains"]),
        (["u@a.test", "x@far.test"], ["domains", "mailboxes"]),
        ([f"n{number}@a.test" for number in range(50)], ["domains", "mailboxes", "transports"]),
    ],
)
def test_each_table_is_asked_once(recipients: list[str], asked: list[str]) -> None:
    tables = Tables()
    assert dead_targets(recipients, tables) == [one for one in recipients if one.startswith("n")]
    assert tables.asked == asked
