"""What was read or asked before changes no finding, and spares questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import pytest

from mailkit.lint import asked as module
from mailkit.lint.asked import Asked
from mailkit.lint.findings import Finding
from mailkit.lint.forwardings import judge_forwardings
from mailkit.postfix.master import Settings
from tests.stack.route_states import Ports, State, random_state

SETTINGS = Settings()
Rows = list[tuple[str, str]]


class Noting:
    """A state's tables that note what they are asked."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.asked: dict[str, list[str]] = {"forwardings": [], "mailboxes": [], "transports": []}

    def domains(self, names: Sequence[str]) -> Set[str]:
        return self.state.domains(names)

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked["forwardings"] += keys
        return self.state.forwardings(keys)

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        self.asked["mailboxes"] += keys
        return self.state.mailboxes(keys)

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked["transports"] += keys
        return self.state.transports(keys)


def findings(rows: Rows, asked: Asked, size: int) -> list[Finding]:
    """As the lint goes over them, so many at a time."""
    found: list[Finding] = []
    for start in range(0, len(rows), size):
        some, tables = asked.forwardings_read(rows[start : start + size])
        found += judge_forwardings(some, tables, SETTINGS)
    return found


@pytest.mark.parametrize("kept", [0, 10_000])
@pytest.mark.parametrize("domains_alone", [True, False])
@pytest.mark.parametrize("seed", range(20))
def test_it_changes_no_finding(
    seed: int, domains_alone: bool, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", kept)
    state = random_state(seed, Ports(2525, 2424))
    if domains_alone:
        domains = {key: value for key, value in state.transport_rows.items() if "@" not in key}
        state = replace(state, transport_rows=domains)
    rows = list(state.rows.items())
    plain = [
        finding
        for start in range(0, len(rows), 3)
        for finding in judge_forwardings(rows[start : start + 3], state, SETTINGS)
    ]
    asked = Asked(state, rows_are_unique=True)
    asked.transports_read(list(state.transport_rows.items()))
    asked.all_transports_read()
    assert findings(rows, asked, 3) == plain
    assert plain


ROWS = [("x@a.test", "anna@a.test"), ("y@a.test", "x@a.test"), ("Z@a.test", "anna@a.test")]
STATE = State(0, ("a.test",), frozenset({"anna@a.test"}), dict(ROWS), {"b.test": "smtp:c"}, ())


@pytest.mark.parametrize("is_unique", [True, False])
def test_a_row_that_was_read_is_not_asked_for(is_unique: bool) -> None:
    tables = Noting(STATE)
    findings(ROWS, Asked(tables, rows_are_unique=is_unique), 1)
    assert ("x@a.test" in tables.asked["forwardings"]) is not is_unique
    # What it is found by is for the database to say.
    assert "z@a.test" in tables.asked["forwardings"]


def test_nothing_is_asked_twice() -> None:
    tables = Noting(STATE)
    findings(ROWS, Asked(tables, rows_are_unique=False), 1)
    for keys in tables.asked.values():
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("batches", "asks_for_addresses"),
    [
        ([[("b.test", "smtp:c"), (".B.test", "smtp:c"), ("*", ":")]], False),
        ([[("b.test", "smtp:c")], [("anna@a.test", "smtp:c")]], True),
        ([[("anna@a.test", "smtp:c")], [("b.test", "smtp:c")]], True),
        # A collation may take it for an @.
        ([[("anna＠a.test", "smtp:c")]], True),
        # The table may be one that the lint cannot read.
        ([], True),
    ],
)
def test_transports_without_addresses_are_not_asked_for_any(
    batches: list[Rows], asks_for_addresses: bool
) -> None:
    tables = Noting(STATE)
    asked = Asked(tables, rows_are_unique=True)
    for rows in batches:
        assert asked.transports_read(rows) is rows
    asked.all_transports_read()
    findings(ROWS, asked, 3)
    assert ("anna@a.test" in tables.asked["transports"]) is asks_for_addresses
    assert "a.test" in tables.asked["transports"]
