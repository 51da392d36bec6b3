"""A trace as a picture: boxes under one another, arrows from each address to what it becomes.

Laid out like a tree of files, so that it is as narrow on a telephone as a list. All sizes are in
the picture's own units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailkit.postfix.route import Delivery, Kind, Step, Trace
from mailserver.trace_words import OUTCOMES

BOX_WIDTH = 300
BOX_HEIGHT = 46
ROW_HEIGHT = 62
INDENT = 22
MARGIN = 4
# More boxes than this are counted, not drawn.
MOST_BOXES = 60
# So many characters fit into a box.
_CHARACTERS = 38
_SMALL_CHARACTERS = 46


@dataclass(frozen=True)
class Box:
    """One box: `kind` is its look (`address`, `loop`, `hidden`, or an outcome's colour)."""

    depth: int
    row: int
    title: str
    text: str
    kind: str
    # The row of the box that the arrow comes from; -1 for the first box.
    parent: int = -1

    @property
    def x(self) -> int:
        return MARGIN + self.depth * INDENT

    @property
    def y(self) -> int:
        return MARGIN + self.row * ROW_HEIGHT

    @property
    def title_y(self) -> int:
        return self.y + 19

    @property
    def text_y(self) -> int:
        return self.y + 36

    @property
    def text_x(self) -> int:
        return self.x + 12

    @property
    def shown_title(self) -> str:
        return _cut(self.title, _CHARACTERS)

    @property
    def shown_text(self) -> str:
        return _cut(self.text, _SMALL_CHARACTERS)

    @property
    def arrow(self) -> str:
        """The path of the arrow to this box, "" for the first one."""
        if self.parent < 0:
            return ""
        start = MARGIN + self.parent * ROW_HEIGHT + BOX_HEIGHT
        x = MARGIN + (self.depth - 1) * INDENT + INDENT // 2
        return f"M{x} {start}V{self.y + BOX_HEIGHT // 2}H{self.x - 5}"

    @property
    def arrow_head(self) -> str:
        """The corners of the arrow's head."""
        middle = self.y + BOX_HEIGHT // 2
        return f"{self.x - 6},{middle - 4} {self.x},{middle} {self.x - 6},{middle + 4}"


@dataclass(frozen=True)
class Picture:
    """`more` boxes were not drawn."""

    boxes: list[Box]
    more: int
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT

    @property
    def width(self) -> int:
        deepest = max(box.depth for box in self.boxes)
        return 2 * MARGIN + BOX_WIDTH + deepest * INDENT

    @property
    def height(self) -> int:
        return 2 * MARGIN + (len(self.boxes) - 1) * ROW_HEIGHT + BOX_HEIGHT


def draw(found: Trace) -> Picture:
    """The picture of a trace."""
    boxes: list[Box] = []
    more = 0
    for depth, parent, title, text, kind in _Walk(found).boxes():
        if len(boxes) < MOST_BOXES:
            boxes.append(Box(depth, len(boxes), title, text, kind, parent))
        else:
            more += 1
    return Picture(boxes, more)


class _Walk:
    """Goes from the address to its ends, each address once."""

    def __init__(self, found: Trace) -> None:
        self.found = found
        self.start = found.steps[0].address
        self.aliases: dict[str, Step] = {}
        self.hidden: dict[str, Step] = {}
        for step in found.steps:
            # A mailbox that stays what it is needs no box of its own.
            if step.kind is Kind.ALIAS and step.becomes not in ((), (step.address,)):
                self.aliases.setdefault(step.address, step)
            elif step.kind is Kind.ALIAS and step.note == "hidden":
                self.hidden[step.address] = step
        self.ends = {one.inner: one for one in found.deliveries}
        self.count = 0
        self.seen: set[str] = set()

    def boxes(self) -> Iterator[tuple[int, int, str, str, str]]:
        """(depth, row of the parent, title, text, kind), from top to bottom."""
        waiting = [(self.start, 0, -1, False)]
        while waiting:
            address, depth, parent, is_end = waiting.pop()
            step = None if is_end else self.aliases.get(address)
            known = address in self.seen and not is_end
            self.seen.add(address)
            row = self.count
            yield from self._box(address, depth, parent, step, known)
            if step is None or known:
                continue
            for one in reversed(dict.fromkeys(step.becomes)):
                waiting.append((one, depth + 1, row, one == address))
        if self.found.refused:
            yield from self._refusal()

    def _box(
        self, address: str, depth: int, parent: int, step: Step | None, known: bool
    ) -> Iterator[tuple[int, int, str, str, str]]:
        self.count += 1
        if known:
            yield depth, parent, address, _("as above"), "loop" if self.found.refused else "again"
        elif step is not None:
            yield depth, parent, address, _row_of(step), "address"
        elif address in self.hidden:
            yield depth, parent, address, _("in a domain that is not yours"), "hidden"
        elif address in self.ends:
            end = self.ends[address]
            yield depth, parent, address, _end(end), _color(end)
        else:
            yield depth, parent, address, "", "address"

    def _refusal(self) -> Iterator[tuple[int, int, str, str, str]]:
        words = OUTCOMES[self.found.outcome]
        yield 1, 0, str(words.label), self.found.reply, words.color


def _row_of(step: Step) -> str:
    return _("forwarding %(key)s") % {"key": step.question}


def _end(delivery: Delivery) -> str:
    if delivery.fate is None:
        return ""
    label = str(OUTCOMES[delivery.fate.outcome].label)
    if not delivery.transport:
        return label
    return f"{label} · {delivery.transport}:{delivery.nexthop}"


def _color(delivery: Delivery) -> str:
    return OUTCOMES[delivery.fate.outcome].color if delivery.fate else "hidden"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
