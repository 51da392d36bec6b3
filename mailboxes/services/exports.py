"""Exports are logged before the first row is read; those with password hashes by an own name."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from audit.actor import Actor
from audit.log import record
from audit.transaction import service
from mailboxes.exports.wanted import Format, Wanted

ROWS, HASHES = "export_rows", "export_hashes"
# What the log calls an export of all four tables.
ALL = "all"


def log_export(*, actor: Actor, wanted: Wanted, format: Format) -> None:
    """Write down that somebody takes these rows away."""
    _log_export(
        actor=actor,
        what=str(wanted.kind),
        domain=wanted.domain,
        hashes=wanted.hashes,
        said={
            "format": str(format),
            "domain": wanted.domain,
            "q": wanted.q,
            "state": wanted.state,
            "source": wanted.source,
            "to": wanted.to,
        },
    )


def log_export_of_all(*, actor: Actor, domain: str, hashes: bool) -> None:
    """The same of every table."""
    said = {"format": str(Format.JSON), "domain": domain}
    _log_export(actor=actor, what=ALL, domain=domain, hashes=hashes, said=said)


@service
def _log_export(
    *, actor: Actor, what: str, domain: str, hashes: bool, said: dict[str, str]
) -> None:
    if hashes and not actor.touches_everything:
        raise PermissionDenied
    record(
        actor=actor,
        action=HASHES if hashes else ROWS,
        object_type="export",
        key=what,
        domain=domain,
        after={name: text for name, text in said.items() if text},
    )
