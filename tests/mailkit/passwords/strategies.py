"""Random passwords, random stored values and random damage, for hypothesis."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from mailkit.passwords import normalise

from .samples import NOT_VERIFIED, VERIFIED


def passwords(limit: int) -> st.SearchStrategy[str]:
    """Everything that may be set: no control characters, no surrogates, `limit` bytes in NFC."""
    return st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(
        lambda text: len(normalise(text).encode()) <= limit
    )


_WHOLE = [sample.stored for sample in (*VERIFIED, *NOT_VERIFIED)]
_PREFIXES = sorted({stored.partition("}")[0] + "}" for stored in _WHOLE if stored[0] == "{"})
_PIECES = [*"${}!*=,./", "$6$", "$2y$", "$1$", "$y$", "rounds=", "$argon2id$", "\0", "\n", "é"]


@st.composite
def damaged(draw: st.DrawFn, of: Sequence[str] = _WHOLE) -> str:
    """A whole value with one to three places cut, dropped, replaced or put in."""
    text = draw(st.sampled_from(of))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 3)))
        piece = draw(st.sampled_from(_PIECES) | st.text(max_size=3))
        text = draw(
            st.sampled_from([text[:start], text[:start] + piece + text[end:], text[end:] + piece])
        )
    return text


def stored_values() -> st.SearchStrategy[str]:
    """Any text at all, any text behind a real prefix, and damaged values."""
    behind = st.builds(lambda prefix, body: prefix + body, st.sampled_from(_PREFIXES), st.text())
    return st.text(st.characters()) | behind | damaged()
