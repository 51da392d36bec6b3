"""What is switched off is skipped; what could not be told stays unknown."""

from __future__ import annotations

import pytest

from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.results import Check, Severity, Status, Verdict, fail, passed, unknown, verdict
from mailkit.dns.switched_off import without

OFF = dict.fromkeys(CATALOGUE, "because")


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (fail("mx", "mx.missing", Severity.CRITICAL), Status.SKIPPED),
        (unknown("spf", "no answer", "spf.include_unknown"), Status.UNKNOWN),
        (unknown("spf", "no answer"), Status.UNKNOWN),
        (passed("spf"), Status.PASS),
    ],
)
def test_only_a_fault_is_switched_off(check: Check, status: Status) -> None:
    (found,) = without([check], OFF)
    assert found.status == status


def test_unknown_does_not_become_ok() -> None:
    checks = [passed("mx"), unknown("spf", "no answer", "spf.include_unknown")]
    assert verdict(without(checks, OFF)) == Verdict.UNKNOWN
