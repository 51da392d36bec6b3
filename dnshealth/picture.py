"""The history of a domain's verdicts as a picture: coloured spans on a line of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dnshealth.models import PastVerdict
from dnshealth.states import Look, State, look

# In the picture's own units; it is drawn as wide as its place.
WIDTH = 600
# A short trouble must stay to be seen.
NARROWEST = 3.0
SPANS = 60


@dataclass(frozen=True)
class Span:
    """A stretch of time with one verdict; `x` and `width` in the picture's units."""

    state: State
    look: Look
    x: float
    width: float
    height: int
    begin: datetime
    end: datetime

    @property
    def y(self) -> int:
        """The worse, the taller, so that it is told without colour too."""
        return 44 - self.height


@dataclass(frozen=True)
class Picture:
    """The spans, oldest first, and the moments at both ends."""

    spans: list[Span]
    begin: datetime
    end: datetime
    width: int = WIDTH

    @property
    def newest_first(self) -> list[Span]:
        """For the list below the picture."""
        return list(reversed(self.spans))


_HEIGHTS: dict[State, int] = {
    State.OK: 10,
    State.NOTICE: 16,
    State.UNKNOWN: 22,
    State.WARNING: 26,
    State.ERROR: 35,
    State.CRITICAL: 44,
}


def draw(spans: Sequence[PastVerdict], now: datetime) -> Picture | None:
    """The picture of these spans, in the order of their time; None where there is none."""
    if not spans:
        return None
    begin, end = spans[0].first_seen, max(now, spans[-1].last_seen)
    whole = max(end - begin, timedelta(hours=1))
    # Until the next check nobody has seen anything else.
    ends = [following.first_seen for following in spans[1:]] + [end]
    drawn = []
    for span, until in zip(spans, ends, strict=True):
        x = (span.first_seen - begin) / whole * WIDTH
        width = max((until - span.first_seen) / whole * WIDTH, NARROWEST)
        state = State(span.verdict)
        x = round(min(x, WIDTH - NARROWEST), 1)
        width = round(min(width, WIDTH - x), 1)
        drawn.append(Span(state, look(state), x, width, _HEIGHTS[state], span.first_seen, until))
    return Picture(drawn, begin, end)


def history_of(name: str, now: datetime) -> Picture | None:
    """The picture of a domain's last spans, by its stored name."""
    newest: Any = PastVerdict.objects.filter(domain=name).order_by("-id")[:SPANS]
    return draw(list(newest)[::-1], now)
