"""The trace against a running Postfix and Dovecot: the same answer for every address.

Random tables here, and the differences that were ever found, each with a name. `make trace-soak`
does as many states as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mailkit.postfix.master import read_settings
from mailkit.postfix.route import Outcome
from tests.servers.databases import Database
from tests.servers.plugin import DOVECOTS
from tests.stack.route_compare import Comparison
from tests.stack.route_states import State, random_state
from tests.stack.routing_stack import RoutingStack
from tests.stack.trace_soak import rare_outcomes, too_small

pytestmark = pytest.mark.stack

# So many random states on each release; 2.3 is Debian 12, 2.4 is Debian 13.
STATES = {"2.3": 32, "2.4": 8}
ENOUGH_FOR_SHARES = 30


@pytest.fixture(scope="module", params=DOVECOTS)
def stack(
    request: pytest.FixtureRequest, new_database: Callable[..., Database]
) -> Iterator[RoutingStack]:
    with RoutingStack(new_database("sqlite"), request.param) as running:
        yield running


def test_random_tables(stack: RoutingStack, capsys: pytest.CaptureFixture[str]) -> None:
    comparison = Comparison(stack.settings)
    release = stack.stack.host.dovecot
    for seed in range(STATES[release]):
        state = random_state(seed, stack.ports)
        comparison.add(state, stack.ask(state))
    with capsys.disabled():
        print(f"\nDovecot {release}: {comparison.report()}")
    assert not comparison.differences, "\n\n".join(comparison.differences)
    assert not too_small(comparison)
    # Few states have chance shares, but every outcome among them.
    assert all(comparison.outcomes[one] for one in Outcome)
    if STATES[release] >= ENOUGH_FOR_SHARES:
        assert not rare_outcomes(comparison)


def found(
    *asked: str,
    users: tuple[str, ...] = ("u@a.test",),
    rows: dict[str, str] | None = None,
    transports: dict[str, str] | None = None,
    domains: tuple[str, ...] = ("a.test", "b.test"),
) -> State:
    return State(0, domains, frozenset(users), rows or {}, transports or {}, asked)


ODD_ADDRESSES = (
    *("@a.test", "@b.test", "u@", "u", "postmaster", "POSTMASTER", "", "@", '"@"@a.test'),
    *("u@-a", "-u@a.test", "u@a.test.", "u@A.TEST", " u@a.test ", "<u@a.test>", "u @a.test"),
    *("u!a.test", "a.test!u", "u%a.test", "u%far.test@a.test", "u@b@a.test", "u,v@a.test"),
    *('"u"@a.test', '"u@a.test"', "u@a..test", "u@a_b", "u@1.2.3.4", "u@[192.0.2.1]"),
    *("ü@a.test", "u@ü.test", "a\tb@a.test", "x" * 300 + "@a.test", "+x@a.test", "u+@a.test"),
)
# Every difference between the trace and Postfix that was ever found.
NAMED = {
    "odd addresses at RCPT": found(*ODD_ADDRESSES, rows={"@a.test": "u@a.test"}),
    "odd addresses at RCPT, no catch-all": found(*ODD_ADDRESSES),
    "a source that is one of our domains makes it a virtual alias domain": found(
        *("u@a.test", "f@a.test", "nobody@a.test", "u@b.test"),
        users=("u@a.test", "u@b.test"),
        rows={"a.test": "anything", "f@a.test": "u@a.test"},
    ),
    "no transport for a virtual alias domain": found(
        *("f@a.test", "u@a.test", "nobody@a.test"),
        rows={"a.test": "anything", "f@a.test": "u@a.test"},
        transports={"a.test": "discard:", "u@a.test": "retry:"},
    ),
    "a source that is a domain of somebody else": found(
        "f@far.test", "g@far.test", rows={"far.test": "anything", "f@far.test": "u@a.test"}
    ),
    "a mailbox whose name is a domain": found("x@far.test", users=("far.test",)),
    "RCPT finds a name with two dots or a blank unquoted, cleanup only quoted": found(
        *('"a b"@a.test', "u..v@a.test", '"u..v"@a.test', '"x y"@a.test', "x..y+t@a.test"),
        users=("a b@a.test", "u..v@a.test"),
        rows={"x y@a.test": "u@far.test", "x..y@a.test": "u@far.test"},
        transports={"u..v@a.test": "discard:", '"a b"@a.test': "retry:"},
    ),
    "rows in quotes": found(
        *('"a b"@a.test', "u..v@a.test", '"x y"@a.test', "x..y@a.test"),
        users=('"a b"@a.test', '"u..v"@a.test'),
        rows={'"x y"@a.test': "u@far.test", '"x..y"@a.test': "u@far.test"},
    ),
    "unknown under a domain with a transport": found(
        *("x@a.test", "x@b.test", "x@c.test", "x@d.test", "x@e.test"),
        domains=("a.test", "b.test", "c.test", "d.test", "e.test"),
        transports={
            "a.test": "error:5.2.1 moved",
            "b.test": "retry:",
            "c.test": "error",
            "d.test": "error:4.7.1 later",
            "e.test": "discard:",
        },
    ),
    "a final address that no server could take": found(
        *("one@a.test", "two@a.test", "three@a.test", "four@a.test"),
        rows={
            "one@a.test": "u@-bad.test, u@a.test",
            "two@a.test": "-u@a.test",
            "three@a.test": "u@b..test",
            "four@a.test": "u@[x], u@[192.0.2.1]",
        },
        transports={"b..test": "discard:", "-u@a.test": "discard:", "*": "retry:"},
    ),
    "null and empty transports": found(
        *("u@a.test", "v@a.test", "w@a.test", "x@a.test"),
        users=("u@a.test", "v@a.test", "w@a.test", "x@a.test"),
        transports={"u@a.test": ":", "v@a.test": "", "a.test": "discard:"},
    ),
    "Dovecot knows no such name": found(
        "a#b@a.test", "+u@a.test", users=("a#b@a.test", "+u@a.test")
    ),
}


@pytest.mark.parametrize("state", NAMED.values(), ids=NAMED)
def test_a_difference_that_was_found(stack: RoutingStack, state: State) -> None:
    comparison = Comparison(stack.settings)
    comparison.add(state, stack.ask(state))
    assert not comparison.differences, "\n\n".join(comparison.differences)


def test_error_rows_refused_at_rcpt(stack: RoutingStack) -> None:
    """With the lookup table `access`, which the stack has on a port of its own."""
    comparison = Comparison(read_settings(stack.stack.config))
    for seed in range(300, 304):
        state = random_state(seed, stack.ports)
        comparison.add(state, stack.ask(state, stack.stack.access_port))
    state = found(
        *("u@a.test", "u+x@a.test", "v@b.test", "w@c.test", "x@sub.d.test", "y@d.test", "z@a.test"),
        *("f@b.test", "nobody@b.test", "nobody@a.test"),
        domains=("a.test", "b.test", "c.test", "d.test", "sub.d.test"),
        users=("u@a.test", "v@b.test", "w@c.test", "x@sub.d.test", "y@d.test", "z@a.test"),
        rows={"f@b.test": "u@a.test"},
        transports={
            "u@a.test": "error:5.2.1 off",
            # An error: of the domain speaks for an address that has another transport.
            "v@b.test": "discard:",
            "b.test": "error:closed",
            "w@c.test": "error",
            ".d.test": "error:",
            "z@a.test": "error:4.7.1 later",
            "*": "error:not asked for",
        },
    )
    comparison.add(state, stack.ask(state, stack.stack.access_port))
    assert not comparison.differences, "\n\n".join(comparison.differences)
