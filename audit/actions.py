"""What one action of somebody changes belongs together: its entries in the log have one group.

A service opens the action (`audit.transaction.service`); services that it calls join it. A caller
of several services, a bulk edit say, opens it around them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_group: ContextVar[uuid.UUID | None] = ContextVar("group", default=None)


@contextmanager
def one_action(group: uuid.UUID | None = None) -> Iterator[uuid.UUID]:
    """Everything logged within is one action, that of the outermost `with`; gives its group.

    `group`: that of an action which is not at its end yet.
    """
    outer = _group.get()
    if outer is not None:
        yield outer
        return
    group = group or uuid.uuid4()
    token = _group.set(group)
    try:
        yield group
    finally:
        _group.reset(token)


def group_of_action() -> uuid.UUID:
    """The group of the action that is open, or a new one."""
    return _group.get() or uuid.uuid4()
