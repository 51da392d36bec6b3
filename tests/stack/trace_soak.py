"""Many random states, the trace against the real Postfix: `make trace-soak STATES=10000`.

    python -m tests.stack.trace_soak [--states N] [--first SEED] [--dovecot 2.3|2.4]

Prints each difference as it is found, and at the end how much of everything was met. Exits 1 if
anything differed, or if the run met too little to mean much: an outcome that was rare, few rows in
a table, few addresses in a state.
"""

from __future__ import annotations

import argparse
import sys
import time

from mailkit.postfix.route import Outcome
from tests.servers.databases import SQLiteServer
from tests.stack.route_compare import Comparison
from tests.stack.route_states import random_state
from tests.stack.routing_stack import RoutingStack

FEWEST_OF_AN_OUTCOME = 0.03
FEWEST_ROWS = 8
FEWEST_ADDRESSES = 20
# The log of one stack would grow without end.
STATES_A_STACK = 200


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--dovecot", choices=("2.3", "2.4"), default="2.3")
    options = parser.parse_args()
    comparison: Comparison | None = None
    started = time.monotonic()
    with SQLiteServer() as server:
        seeds = list(range(options.first, options.first + options.states))
        for start in range(0, len(seeds), STATES_A_STACK):
            with RoutingStack(server.create_database(), options.dovecot) as stack:
                settings = stack.settings
                comparison = comparison or Comparison(settings)
                comparison.settings = settings
                for seed in seeds[start : start + STATES_A_STACK]:
                    run(stack, seed, comparison)
    assert comparison is not None
    print(comparison.report())
    print(f"{time.monotonic() - started:.0f} s")
    lacks = [f"too rare: {name}" for name in rare_outcomes(comparison)] + too_small(comparison)
    for text in lacks:
        print(text)
    return 1 if comparison.differences or lacks else 0


def run(stack: RoutingStack, seed: int, comparison: Comparison) -> None:
    before = len(comparison.differences)
    state = random_state(seed, stack.ports)
    comparison.add(state, stack.ask(state))
    for text in comparison.differences[before:]:
        print(f"DIFFERENCE {text}\n", flush=True)


def too_small(comparison: Comparison) -> list[str]:
    """What is wrong with the smallest of the states that were compared."""
    found = []
    if comparison.fewest_rows < FEWEST_ROWS:
        found.append(f"a table of {comparison.fewest_rows} rows")
    if comparison.fewest_addresses < FEWEST_ADDRESSES:
        found.append(f"a state of {comparison.fewest_addresses} addresses")
    return found


def rare_outcomes(comparison: Comparison) -> list[str]:
    least = FEWEST_OF_AN_OUTCOME * comparison.addresses
    return [one.value for one in Outcome if comparison.outcomes[one] < least]


if __name__ == "__main__":
    sys.exit(main())
