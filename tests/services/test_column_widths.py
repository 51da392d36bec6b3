"""What does not fit its column is refused, with the remedy that helps for this column."""

from __future__ import annotations

import pytest

from audit.refusals import Findings
from domains.checks import check_width

UPGRADE = "mailtables upgrade"


@pytest.mark.parametrize(
    ("table", "column", "width", "remedy"),
    [
        ("domains", "domain", 50, UPGRADE),
        ("users", "email", 80, UPGRADE),
        ("users", "password", 20, UPGRADE),
        ("forwardings", "destination", 255, UPGRADE),
        # MariaDB's TEXT, which `upgrade` leaves as it is.
        ("forwardings", "destination", 65_535, "several forwardings"),
        ("transport", "transport", 128, "shorter"),
        ("transport", "domain", 128, UPGRADE),
        ("users", "email", 255, "shorter"),
    ],
)
def test_it_names_the_remedy(monkeypatch, table, column, width, remedy):
    monkeypatch.setattr("domains.checks.too_wide", lambda *_: width)
    findings = Findings()

    check_width(findings, "field", table, column, "x" * (width + 1))

    (refusal,) = findings.refusals["field"]
    assert refusal.code == "too_wide"
    (words,) = refusal.messages
    assert f"{table}.{column} holds only {width}" in words
    assert remedy in words
    assert (UPGRADE in words) is (remedy == UPGRADE)
