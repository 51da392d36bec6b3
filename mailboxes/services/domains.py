"""Deleting a virtual domain, alone or with all that hangs on it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from audit.actor import Actor
from audit.kept import keep, keep_deleted
from audit.log import diff, new_entry, record, record_many
from audit.transaction import service
from domains.models import Domain, Transport
from domains.services import locked_row
from mailboxes.dependents import (
    Extent,
    extent_of,
    forwarding_keys,
    forwardings_into,
    mailbox_keys,
    transport_keys_of,
)
from mailboxes.leading import Leading, leading
from mailboxes.models import Forwarding, Mailbox
from mailboxes.open_sessions import end_sessions_in
from mailboxes.records import forget_records
from mailboxes.services.forwardings import remove_target
from mailboxes.services.in_log import in_log
from mailboxes.services.left_behind import look_for_more
from mailboxes.services.mailboxes import Dependents
from mailboxes.targets import forget_targets

BATCH = 500


@service
def delete_domain(*, actor: Actor, domain: str, dependents: Dependents = "remove") -> None:
    """Delete a virtual domain; mail on disk stays.

    With "remove" its mailboxes, forwardings and transports go too, and forwardings of other
    domains lose their targets in it. Raises Domain.DoesNotExist, PermissionDenied.
    """
    if not actor.touches_everything:
        raise PermissionDenied
    row: Domain = locked_row(Domain, domain)
    name = row.domain
    record(
        actor=actor,
        action="delete_domain",
        object_type="domain",
        key=name,
        domain=name,
        before={"domain": name},
        kept=keep("domain", name, None),
    )
    if dependents == "remove":
        find = leading()
        _remove_dependents(actor, extent_of(name), find)
        end_sessions_in(name)
        look_for_more(find, actor=actor, kind="domain", key=name)
    Domain.objects.filter(pk=name).delete()


def _remove_dependents(actor: Actor, extent: Extent, find: Leading) -> None:
    for source, targets in forwardings_into(extent, find):
        remove_target(actor=actor, source=source, targets=targets)
    kinds: list[tuple[str, Any, list[str]]] = [
        ("mailbox", Mailbox, mailbox_keys(extent)),
        ("forwarding", Forwarding, forwarding_keys(extent)),
        ("transport", Transport, transport_keys_of(extent)),
    ]
    for kind, model, keys in kinds:
        for start in range(0, len(keys), BATCH):
            deleted = keep_deleted(kind, keys[start : start + BATCH])
            record_many(
                new_entry(
                    actor=actor,
                    action=f"delete_{kind}",
                    object_type=kind,
                    key=key,
                    domain=extent.name,
                    changes=diff(in_log(kind, kept.before[0]), None),
                    kept=kept,
                )
                for key, kept in deleted
            )
            gone = [key for key, _kept in deleted]
            if model is Mailbox:
                forget_records(gone)
            if model is Forwarding:
                forget_targets(gone)
            model.objects.filter(pk__in=gone).delete()
