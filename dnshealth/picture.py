"""The history of a domain's verdicts as a picture: coloured spans on a line of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from audit.actor import Actor
from dnshealth.models import PastVerdict
from dnshealth.querysets import PlacedQuerySet
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
    places = _places([(span.first_seen - begin) / whole * WIDTH for span in spans])
    drawn = []
    for number, (span, until) in enumerate(zip(spans, ends, strict=True)):
        x, following = places[number], places[number + 1]
        state = State(span.verdict)
        width = round(following - x, 1)
        drawn.append(
            Span(state, look(state), round(x, 1), width, _HEIGHTS[state], span.first_seen, until)
        )
    return Picture(drawn, begin, end)


def _places(wanted: list[float]) -> list[float]:
    """Where each span begins, and where the last one ends: none is too narrow to be seen."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + NARROWEST) if places else place)
    places.append(float(WIDTH))
    for at in range(len(places) - 2, -1, -1):
        places[at] = min(places[at], places[at + 1] - NARROWEST)
    return places


def history_of(actor: Actor, name: str, now: datetime) -> Picture | None:
    """The picture of a domain's last spans, by its stored name."""
    seen: Any = PlacedQuerySet(PastVerdict).visible_to(actor)
    newest = seen.filter(domain=name).order_by("-id")[:SPANS]
    return draw(list(newest)[::-1], now)
