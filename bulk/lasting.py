"""Things that a job needs for as long as it is carried on here: helper processes, say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_kept: ContextVar[tuple[ExitStack, dict[Any, Any]] | None] = ContextVar("kept", default=None)


@contextmanager
def one_run() -> Iterator[None]:
    """What is made within is ended with it."""
    with ExitStack() as stack:
        token = _kept.set((stack, {}))
        try:
            yield
        finally:
            _kept.reset(token)


def for_this_run(make: Callable[[], AbstractContextManager[T]]) -> T:
    """What `make` gives, entered; made once in a run. Outside of one: a new one each time, which
    its owner has to end."""
    kept = _kept.get()
    if kept is None:
        return make().__enter__()
    stack, made = kept
    if make not in made:
        made[make] = stack.enter_context(make())
    found: T = made[make]
    return found
