"""Which final recipients mail comes back from: what forms, undo and the lint warn of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import pytest

from mailkit.postfix.fates import dead_targets
from mailkit.postfix.master import Settings

SETTINGS = Settings()
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
    "error.test": "error:5.1.2 no such domain",
}


class Tables:
    """Counts how often each table is asked."""

    def __init__(self, transports: Mapping[str, str] = TRANSPORTS) -> None:
        self.rows = transports
        self.asked: list[str] = []

    def domains(self, names: Sequence[str]) -> Set[str]:
        self.asked.append("domains")
        return DOMAINS & set(names)

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked.append("forwardings")
        return {key: "x" for key in keys if key == "alias.test"}

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
        # It waits, and may be taken yet.
        ("waiting@a.test", False),
        # A mailbox, but its mail is returned.
        ("off@a.test", True),
        # A domain of nobody's that a transport returns, one that is a forwarding's whole source,
        # and what no server could take.
        ("x@error.test", True),
        ("x@alias.test", True),
        ("-x@far.test", True),
    ],
)
def test_a_dead_target_is_one_whose_mail_is_returned(recipient: str, dead: bool) -> None:
    assert dead_targets([recipient], Tables(), SETTINGS) == ([recipient] if dead else [])


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
    assert bool(dead_targets(["nobody@b.test"], Tables(transports), SETTINGS)) == dead


def test_without_a_delimiter_an_extension_is_part_of_the_address() -> None:
    settings = replace(SETTINGS, recipient_delimiter="", mailbox_delimiter="")
    assert dead_targets(["u@a.test", "u+x@a.test"], Tables(), settings) == ["u+x@a.test"]


def test_they_come_in_order_and_once() -> None:
    recipients = ["z@a.test", "b@a.test", "z@a.test", "u@a.test"]
    assert dead_targets(recipients, Tables(), SETTINGS) == ["z@a.test", "b@a.test"]


def test_many_are_asked_for_in_one_go() -> None:
    tables = Tables()
    recipients = [f"n{number}@a.test" for number in range(50)]
    assert dead_targets(recipients, tables, SETTINGS) == recipients
    assert max(map(tables.asked.count, tables.asked)) <= 2
    assert dead_targets([], Tables(), SETTINGS) == []
