"""Findings that the lint mends: the rows before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.actor import command_actor
from audit.models import Entry
from domains.models import Transport
from mailboxes.models import Forwarding
from mailserver.mend_views import mend_url
from undo.services import undo

ROOT = command_actor("root")
CAPITALS = (
    "NOT TESTED where the column finds a key whatever its capitals, so that there is no such "
    "finding; `make test` runs it on SQLite"
)
HASH = "{BLF-CRYPT}$2y$08$mj/gL7tle0hEANaEUTnQceOda3wY.ymBwQ0c/1zhegrfje7MHVWM2"


@dataclass(frozen=True)
class Case:
    """A finding, the rows it is about, and what the row of `key` becomes (None: it goes)."""

    code: str
    table: str
    key: str
    rows: Mapping[str, str]
    new_key: str
    value: str | None


MENDED = [
    Case(
        "row.blanks",
        "forwardings",
        " x@a.test",
        {" x@a.test": "anna@a.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "row.non_ascii",
        "forwardings",
        "x@bü.test",
        {"x@bü.test": "anna@a.test"},
        "x@xn--b-eha.test",
        "anna@a.test",
    ),
    Case(
        "row.capitals_dead",
        "forwardings",
        "X@a.test",
        {"X@a.test": "anna@a.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "row.capitals_alive",
        "forwardings",
        "X@a.test",
        {"X@a.test": "anna@a.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "row.capitals_dead",
        "transport",
        "Far.test",
        {"Far.test": "smtp:[192.0.2.1]"},
        "far.test",
        "smtp:[192.0.2.1]",
    ),
    Case("row.no_destination", "forwardings", "x@a.test", {"x@a.test": ""}, "x@a.test", None),
    Case(
        "forwarding.dead_target",
        "forwardings",
        "x@a.test",
        {"x@a.test": "no@a.test, anna@a.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "forwarding.to_itself",
        "forwardings",
        "anna@a.test",
        {"anna@a.test": "anna@a.test"},
        "anna@a.test",
        None,
    ),
    Case(
        "forwarding.twice",
        "forwardings",
        "x@a.test",
        {"x@a.test": "anna@a.test, Anna@A.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "transport.key",
        "transport",
        "@far.test",
        {"@far.test": "smtp:[192.0.2.1]"},
        "@far.test",
        None,
    ),
    Case("transport.empty", "transport", "far.test", {"far.test": ""}, "far.test", None),
]


def fill(table: str, rows: Mapping[str, str]) -> None:
    for key, value in rows.items():
        if table == "forwardings":
            Forwarding.objects.create(source=key, destination=value)
        else:
            Transport.objects.create(domain=key, transport=value)


def rows_of(table: str) -> dict[str, str]:
    model: Any = Forwarding if table == "forwardings" else Transport
    return dict(model.objects.values_list())


def undo_last() -> None:
    undo(actor=ROOT, entry_id=Entry.objects.latest("pk").pk, force=True)


def url_of(code: str, key: str, table: str = "forwardings") -> str:
    found = mend_url(code, table, key)
    assert found
    return found
