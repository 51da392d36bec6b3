"""A run over several domains whose results are stored as they come."""

from __future__ import annotations

from collections.abc import Iterable

from audit.actor import Actor
from dnshealth.checking import Checked
from dnshealth.models import Outcome
from dnshealth.names import stored_name
from dnshealth.services import BATCH, Result, begin_run, end_run, store_results
from domains.models import Domain


def rows_of(names: Iterable[str]) -> list[str]:
    """The rows of these domains, by their keys; those that have none are left out."""
    found = []
    for name in names:
        row = Domain.objects.by_key(name) or Domain.objects.by_key(stored_name(name))
        if row is not None:
            found.append(str(row.pk))
    return found


class StoredRun:
    """Stores what `add` gets, some domains at a time; only of domains that have a row."""

    def __init__(self, *, actor: Actor, kind: str, row_keys: Iterable[str]) -> None:
        self._row_keys = {stored_name(key): key for key in row_keys}
        self._waiting: list[Result] = []
        # A look at domains that are not ours leaves nothing behind.
        self._run = (
            begin_run(actor=actor, kind=kind, domains=len(self._row_keys))
            if self._row_keys
            else None
        )

    def add(self, result: Checked) -> None:
        """What was found of one domain."""
        row_key = self._row_keys.get(stored_name(result.domain))
        if row_key is None:
            return
        self._waiting.append(Result(row_key, result.checked_at, result.checks))
        if len(self._waiting) >= BATCH:
            self._store()

    def end(self, outcome: Outcome) -> None:
        """The run has ended like this."""
        self._store()
        if self._run is not None:
            end_run(self._run, outcome)

    def _store(self) -> None:
        store_results(self._waiting)
        self._waiting.clear()
