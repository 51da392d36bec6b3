"""Each code has its words and its paragraph in docs/rules.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from domains.words import WORDS
from mailkit import addresses
from mailkit.postfix import transports

RULES = (Path(__file__).parents[2] / "docs/rules.md").read_text("utf-8")


@pytest.mark.parametrize("code", [*addresses.CODES, *transports.CODES])
def test_a_code_has_words_and_a_reason(code: str) -> None:
    assert code in WORDS
    assert f"`{code}`" in RULES
