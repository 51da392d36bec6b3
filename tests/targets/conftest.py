"""Forwardings so many that the table of targets is asked, as if five were five thousand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes import leading
from mailboxes.models import Forwarding, ForwardingTarget
from mailboxes.target_refresh import refresh_targets
from mailboxes.targets import key_of, targets_in
from tests.account.conftest import anna, forwardings  # noqa: F401 - rows as SQL makes them
from tests.pages.conftest import admin, bob, client_of  # noqa: F401 - who asks
from worker.loop import Loop


@pytest.fixture
def compared(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Call it: the table is in step, and asked from now on."""
    monkeypatch.setattr(leading, "FEW", 0)
    return refresh_targets


@pytest.fixture
def work(db: None) -> Callable[[], None]:
    """Do what a worker would do now."""

    def run() -> None:
        loop = Loop(interval=0.0)
        while loop.step():
            pass

    return run


def in_step() -> bool:
    """Whether the table has just what the forwardings say."""
    wanted = {
        (key_of(row.source), key_of(target))
        for row in Forwarding.objects.all()
        for target in targets_in(row.destination or "")
    }
    stored = list(ForwardingTarget.objects.values_list("source", "target"))
    return sorted(stored) == sorted(wanted)


def by_sql(source: str, destination: str) -> None:
    Forwarding.objects.create(source=source, destination=destination)
