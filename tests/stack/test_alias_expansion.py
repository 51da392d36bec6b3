"""Random small tables: the simulated expansion against what the real Postfix makes of them.

Every difference found this way became a case with a name in tests/mailkit/test_aliases.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mailkit.postfix.aliases import ExpansionError, MemoryTables, Rules, expand
from tests.servers.processes import wait_until
from tests.stack.holding_postfix import HoldingPostfix

pytestmark = pytest.mark.stack

DOMAINS = ("a.test", "b.test", "c.test")
# Names that collide often, so that chains, loops and lists that include themselves come about.
LOCAL_PARTS = ("u", "v", "w", "x", "owner-u", "u-request", "postmaster")
EXTENSIONS = ("", "", "", "+t", "+t+s", "-t", "+")
# What the log says when Postfix gives up (cleanup_map1n.c).
REASONS = {
    "map nesting": ExpansionError.NESTING,
    "map expansion size": ExpansionError.SIZE,
    "_maps result": ExpansionError.ADDRESS_LENGTH,
    "map lookup problem": ExpansionError.NO_ADDRESS,
}
ODD_TARGETS = (
    "Anna <u@a.test>",
    '"a b"@a.test',
    "u@a.test (who)",
    "root",
    "x%far.test",
    "far.test!x",
    "@b.test",
    "",
    " ",
    "v @ a.test",
    "U@A.Test.",
    "group: u@a.test, v@b.test;",
)


@dataclass(frozen=True)
class State:
    """What stands in the tables, and whom to ask about."""

    rows: dict[str, str]
    users: frozenset[str]
    asked: tuple[str, ...]


def random_state(seed: int) -> State:
    """A few rows and mailboxes: lists, chains, catch-alls, domain aliases, extensions."""
    dice = random.Random(seed)

    def address() -> str:
        extension = dice.choice(EXTENSIONS)
        return f"{dice.choice(LOCAL_PARTS)}{extension}@{dice.choice((*DOMAINS, 'far.test'))}"

    def source() -> str:
        kind = dice.random()
        if kind < 0.2:
            return "@" + dice.choice(DOMAINS)
        return dice.choice(LOCAL_PARTS) if kind < 0.25 else address()

    def destination(key: str) -> str:
        if key.startswith("@") and dice.random() < 0.5:
            return "@" + dice.choice(DOMAINS)
        targets = [address() for _number in range(dice.choice((1, 1, 1, 2, 2, 3)))]
        if dice.random() < 0.2:
            targets.append(key)
        if dice.random() < 0.1:
            targets.append(dice.choice(ODD_TARGETS))
        dice.shuffle(targets)
        return dice.choice((", ", ",", " ", "\n")).join(targets)

    keys = [source() for _number in range(dice.randint(2, 12))]
    rows = {key: destination(key) for key in keys}
    users = frozenset(address() for _number in range(dice.randint(0, 6)))
    plain = [key for key in (*rows, *users) if "@" in key[1:]]
    asked = dict.fromkeys([*plain, *(address() for _number in range(4)), "u@local.test"])
    return State(rows, users, tuple(asked))


@pytest.fixture(scope="module", params=[("+", "2.3"), ("+-", "2.3"), ("", "2.3"), ("+", "2.4")])
def postfix(request: pytest.FixtureRequest) -> Iterator[HoldingPostfix]:
    delimiter, release = request.param
    with HoldingPostfix(delimiter, release) as running:
        running.fill(domains=DOMAINS)
        yield running


def rules_of(postfix: HoldingPostfix) -> Rules:
    return Rules(postfix.delimiter, frozenset({"local.test", "origin.test"}), "origin.test")


def real(postfix: HoldingPostfix, address: str) -> list[str] | ExpansionError | None:
    """The final recipients in lower case, or why there are none."""
    before = postfix.log_size()
    found = postfix.recipients(address)
    if isinstance(found, list):
        return [one.lower() for one in found]
    assert found.startswith("451 4."), found

    def reason() -> ExpansionError | None:
        said = postfix.log_since(before)
        return next((error for words, error in REASONS.items() if words in said), None)

    # postlogd may be a moment behind.
    wait_until(lambda: reason() is not None, "Postfix logs its reason")
    return reason()


def simulated(address: str, state: State, rules: Rules) -> list[str] | ExpansionError:
    found = expand(address, MemoryTables(state.rows, state.users), rules)
    return found.error or list(found.recipients)


@pytest.mark.parametrize("start", range(0, 24, 8))
def test_random_tables_expand_as_in_postfix(postfix: HoldingPostfix, start: int) -> None:
    rules = rules_of(postfix)
    for seed in range(start, start + 8):
        state = random_state(seed)
        postfix.fill(state.rows, state.users)
        for address in state.asked:
            assert simulated(address, state, rules) == real(postfix, address), (
                f"seed {seed}, {address}: {state}"
            )


# Pieces of address lists. Without `!`: with nothing in front of it Postfix leaves out blanks
# elsewhere, which nobody needs to know.
PIECES = (
    *("u", "v", "@", "a.test", "far.test", ".", ",", ", ", " ", ";", "<", ">", ":", '"'),
    *("(", ")", "\\", "[", "]", "%", "|", "+t", "@a.test", "u@a.test", "Anna ", "é", "\n", "/"),
)


@pytest.mark.parametrize("seed", range(5))
def test_any_text_is_split_as_in_postfix(postfix: HoldingPostfix, seed: int) -> None:
    rules = rules_of(postfix)
    dice = random.Random(seed)
    rows = {
        f"row{number}@a.test": "".join(dice.choices(PIECES, k=dice.randint(1, 9)))
        for number in range(20)
    }
    postfix.fill(rows)
    for address, text in rows.items():
        mine = simulated(address, State(rows, frozenset(), ()), rules)
        assert mine == real(postfix, address), repr(text)


def chain(length: int) -> dict[str, str]:
    return {f"n{number}@a.test": f"n{number + 1}@a.test" for number in range(length)}


def members(count: int) -> dict[str, str]:
    return {"n0@a.test": ", ".join(f"m{number}@a.test" for number in range(count))}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(chain(999), id="a chain of 999"),
        pytest.param(chain(1000), id="a chain of 1000"),
        pytest.param(members(1000), id="1000 members"),
        pytest.param(members(1001), id="1001 members"),
        pytest.param({"n0@a.test": "x@" + "d" * 994 + ".tst"}, id="an address of 1000"),
        pytest.param({"n0@a.test": "x@" + "d" * 995 + ".tst"}, id="an address of 1001"),
    ],
)
def test_the_limits_are_those_of_postfix(postfix: HoldingPostfix, rows: dict[str, str]) -> None:
    postfix.fill(rows)
    mine = simulated("n0@a.test", State(rows, frozenset(), ()), rules_of(postfix))
    assert mine == real(postfix, "n0@a.test")
