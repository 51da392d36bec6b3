"""docs/passwords.md says every scheme, cost, limit and code there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailkit.passwords import COST_RANGES, DEFAULT_COSTS, LOCK_PREFIX, Scheme, hash_width
from mailkit.passwords.schemes import PASSWORD_LIMITS
from mailkit.passwords.stored import KNOWN

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "passwords.md").read_text()


@pytest.mark.parametrize("scheme", KNOWN)
def test_every_scheme_is_in_the_table(scheme: str):
    assert re.search(rf"^\|[^|]*`{re.escape(scheme)}`", TEXT, re.MULTILINE)


@pytest.mark.parametrize("scheme", Scheme)
def test_costs_widths_and_limits_are_true(scheme: Scheme):
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{scheme.value}` ("))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    allowed = COST_RANGES[scheme]
    assert cells[2] == f"{allowed[0]} - {allowed[-1]}"
    assert cells[3] == str(DEFAULT_COSTS[scheme])
    widths = dict.fromkeys((hash_width(scheme, allowed[0]), hash_width(scheme)))
    assert cells[5] == " - ".join(map(str, widths))
    assert cells[6] == f"{PASSWORD_LIMITS[scheme]} bytes"


def test_every_refusal_and_the_lock_are_explained():
    rules = (ROOT / "mailkit" / "passwords" / "rules.py").read_text()
    for code in set(re.findall(r"password\.[a-z_]+", rules)):
        assert f"`{code}`" in TEXT
    assert f"`{LOCK_PREFIX}`" in TEXT
