"""Whoever carries a job on himself, a command say, hears how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bulk.models import Job

_told: ContextVar[Callable[[Job], None] | None] = ContextVar("told", default=None)


def tell(job: Job) -> None:
    """After a step of the job."""
    told = _told.get()
    if told is not None:
        told(job)


@contextmanager
def told_by(told: Callable[[Job], None]) -> Iterator[None]:
    """Within, `told` is called after each step."""
    token = _told.set(told)
    try:
        yield
    finally:
        _told.reset(token)
