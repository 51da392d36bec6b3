"""The benchmark of DNS checks says what is not as promised, and nothing else."""

from __future__ import annotations

import pytest

from tests.bench_dns import LAST, faults

GOOD = {
    "domains": 2000,
    "dead": 200,
    "domains a CPU-second": 170,
    "queries a domain": 15.0,
    "megabytes": 70,
    "open files": 1024,
    LAST: 19.0,
    "failures of dead domains": 0,
    "unknown": 0,
}
ALONE = {**GOOD, "domains": 1800, "dead": 0, LAST: 10.0}


def test_it_finds_nothing_wrong_where_all_is_well() -> None:
    assert faults("required", 2000, 200, GOOD, ALONE) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"domains": 1999}, "1999 of 2000 domains"),
        ({"dead": 199}, "199 of 200 dead"),
        ({"unknown": 1}, "1 unknown of live domains"),
        ({"failures of dead domains": 1}, "nobody could tell"),
        ({"domains a CPU-second": 149}, "under 150 domains"),
        ({"queries a domain": 20.1}, "over 20 queries"),
        ({"megabytes": 201}, "over 200 megabytes"),
        ({"open files": 4096}, "more than 1024 open files"),
        ({LAST: 20.1}, "waited over 2 times"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_it_says_what_is_not_as_promised(changed: dict[str, float], words: str) -> None:
    (said,) = faults("required", 2000, 200, {**GOOD, **changed}, ALONE)
    assert words in said


def test_live_domains_are_to_be_known_without_dead_ones_too() -> None:
    assert faults("whole", 2000, 200, GOOD, {**ALONE, "unknown": 3}) == [
        "3 unknown of live domains"
    ]
