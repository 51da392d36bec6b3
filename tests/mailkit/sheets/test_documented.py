"""docs/import.md names every code and every name of a column."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailkit.sheets import CODES, FIELDS
from mailkit.sheets.columns import plain

TEXT = (Path(__file__).parents[3] / "docs" / "import.md").read_text()


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_documented(code: str) -> None:
    assert f"`{code}`" in TEXT


def test_the_names_of_columns_are_documented() -> None:
    rows = {
        cells[1].strip().strip("`"): {plain(one) for one in cells[2].replace(";", ",").split(",")}
        for cells in (line.split("|") for line in TEXT.splitlines() if line.startswith("| `"))
        if len(cells) == 4
    }
    for field, names in FIELDS.items():
        assert {plain(one) for one in names} <= rows[field], field
