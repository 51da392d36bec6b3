"""Everything that a trace may say has words, and the codes are documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailkit.postfix.master import Settings
from mailkit.postfix.route import Outcome, Warn, trace
from mailserver.trace_picture import MOST_BOXES, draw
from mailserver.trace_words import OUTCOMES, WARNINGS, sentence, summary
from tests.stack.route_states import Ports, random_state

DOCS = (Path(__file__).parents[2] / "docs/trace.md").read_text("utf-8")


@pytest.mark.parametrize("code", Warn)
def test_a_warning_has_words_and_is_documented(code: Warn) -> None:
    assert str(WARNINGS[code])
    assert f"| `{code}` |" in DOCS


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_has_words_and_is_documented(outcome: Outcome) -> None:
    assert str(OUTCOMES[outcome].text)
    assert f"| `{outcome}` |" in DOCS


@pytest.mark.parametrize("seed", range(30))
def test_any_trace_can_be_told_and_drawn(seed: int) -> None:
    state = random_state(seed, Ports(2525, 2424))
    for address in (*state.asked, "", "postmaster", "@a.test"):
        found = trace(address, state, Settings())
        for step in found.steps:
            assert sentence(step)
        assert found.address in summary(found)
        picture = draw(found)
        assert 0 < len(picture.boxes) <= MOST_BOXES
        drawn = {box.title for box in picture.boxes}
        if not picture.more:
            assert {one.inner for one in found.deliveries} <= drawn
        for box in picture.boxes[1:]:
            assert picture.boxes[box.parent].depth == box.depth - 1
            assert box.parent < box.row
