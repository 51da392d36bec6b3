"""How a long task lets its worker stop: it asks between two steps, and is given back to others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class GivenBack(BaseException):
    """The worker is to stop, or another one has this task by now: leave off, nothing is lost.

    No Exception, so that nobody who catches those holds it up.
    """


_asked: ContextVar[Callable[[], bool] | None] = ContextVar("asked", default=None)


def carry_on() -> None:
    """For tasks, between two steps. Raises GivenBack; outside of a worker it does nothing."""
    asked = _asked.get()
    if asked is not None and asked():
        raise GivenBack


@contextmanager
def asked_by(asked: Callable[[], bool]) -> Iterator[None]:
    """Within, `carry_on` raises once `asked` says so."""
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)
