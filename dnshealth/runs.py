"""A run over several domains whose results are stored as they come."""

from __future__ import annotations

import time
from collections.abc import Iterable

from audit.actor import Actor
from dnshealth.changes import announce
from dnshealth.checking import Checked
from dnshealth.lost_runs import end_lost_runs
from dnshealth.models import Outcome, Run
from dnshealth.names import stored_name
from dnshealth.services import BATCH, Result, begin_run, end_run, store_results
from domains.models import Domain

# Seconds between two times that the page's progress is written.
NOTE_EVERY = 1.0
# A superadmin's run is everybody's who may see all.
EVERYTHING = "*"


class Stopped(Exception):
    """Somebody stopped this run."""


def rows_of(names: Iterable[str]) -> list[str]:
    """The rows of these domains, by their keys; those that have none are left out."""
    found = []
    for name in names:
        row = Domain.objects.by_key(name) or Domain.objects.by_key(stored_name(name))
        if row is not None:
            found.append(str(row.pk))
    return found


def scope_of(actor: Actor) -> str:
    """Whose domains a run of this actor over all of them is over."""
    return EVERYTHING if actor.touches_everything else actor.name


class StoredRun:
    """Stores what `add` gets, some domains at a time; only of domains that have a row.

    `run`: one that has begun already, in which `checked` domains are done. `whole`: it is over
    all domains of somebody, so operators are told of what changed.
    """

    def __init__(
        self,
        *,
        row_keys: Iterable[str],
        actor: Actor | None = None,
        kind: str = "",
        run: Run | None = None,
        checked: int = 0,
        whole: bool = False,
    ) -> None:
        self._row_keys = {stored_name(key): key for key in row_keys}
        self._waiting: list[Result] = []
        self._checked = checked
        self._noted_at = 0.0
        self._whole = whole
        self._run = run
        # A look at domains that are not ours leaves nothing behind.
        if run is None and actor is not None and self._row_keys:
            end_lost_runs()
            scope = scope_of(actor) if whole else ""
            self._run = begin_run(actor=actor, kind=kind, domains=len(self._row_keys), scope=scope)

    def add(self, result: Checked) -> None:
        """What was found of one domain. Raises Stopped."""
        row_key = self._row_keys.get(stored_name(result.domain))
        if row_key is None:
            return
        self._waiting.append(Result(row_key, result.checked_at, result.checks))
        self._checked += 1
        if len(self._waiting) >= BATCH:
            self._store()
        if time.monotonic() - self._noted_at > NOTE_EVERY:
            self._noted_at = time.monotonic()
            self._note()

    def end(self, outcome: Outcome) -> None:
        """The run has ended like this."""
        self._store()
        if self._run is None:
            return
        if outcome == Outcome.DONE:
            Run.objects.filter(pk=self._run.pk).update(checked=self._checked)
        if self._whole:
            announce(since=self._run.started_at)
        end_run(self._run, outcome)

    def leave_off(self) -> None:
        """Store what is there; the run itself goes on elsewhere, or was stopped."""
        self._store()

    def break_off(self, outcome: Outcome) -> None:
        """The run has ended like this, and not all is done: nobody is told of changes."""
        if self._run is not None:
            end_run(self._run, outcome)

    def _note(self) -> None:
        if self._run is None:
            return
        rows = Run.objects.filter(pk=self._run.pk, outcome=Outcome.RUNNING)
        if not rows.update(checked=self._checked):
            raise Stopped

    def _store(self) -> None:
        store_results(self._waiting)
        self._waiting.clear()
