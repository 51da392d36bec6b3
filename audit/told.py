"""Who hears of a change once it is committed: the functions that `TOLD_OF_CHANGES` names.

The list stands in the settings, written by hand: packages to the left of this one, which no
service may import. Each is called with the entries, after the transaction; whatever goes wrong
there is logged and takes nothing back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from audit.models import Entry

_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def nobody_told(*, wanted: bool) -> Iterator[None]:
    """Within, nobody hears of what is logged if that is `wanted`: a mail a row of thousands."""
    token = _quiet.set(wanted or _quiet.get())
    try:
        yield
    finally:
        _quiet.reset(token)


def tell(entries: Sequence[Entry]) -> None:
    """Tell of these entries when the transaction ends well, and not at all otherwise."""
    if not _quiet.get():
        transaction.on_commit(partial(_tell, entries), robust=True)


def _tell(entries: Sequence[Entry]) -> None:
    for name in settings.TOLD_OF_CHANGES:
        import_string(name)(entries)
