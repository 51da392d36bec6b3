"""Deleting a virtual domain, alone or with all that hangs on it."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied

from audit.actor import Actor
from audit.log import record, record_many
from audit.transaction import service
from domains.models import Domain, Transport
from domains.services import locked_row
from mailboxes.dependents import (
    forwarding_keys,
    forwardings_into,
    mailbox_keys,
    transport_keys_of,
)
from mailboxes.models import Forwarding, Mailbox
from mailboxes.passwords import label
from mailboxes.records import forget_records
from mailboxes.services.forwardings import forwarding_row, remove_target
from mailboxes.services.mailboxes import Dependents

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
    group = uuid.uuid4()
    record(
        actor=actor,
        action="delete_domain",
        object_type="domain",
        key=name,
        domain=name.lower(),
        before={"domain": name},
        group=group,
    )
    if dependents == "remove":
        _remove_dependents(actor, name.lower(), group)
    Domain.objects.filter(pk=name).delete()


def _remove_dependents(actor: Actor, name: str, group: uuid.UUID) -> None:
    for source, targets in forwardings_into(name):
        remove_target(actor=actor, source=source, targets=targets, group=group)
    kinds: list[tuple[str, Any, list[str], Any]] = [
        ("mailbox", Mailbox, mailbox_keys(name), _mailbox_in_log),
        ("forwarding", Forwarding, forwarding_keys(name), forwarding_row),
        ("transport", Transport, transport_keys_of(name), _transport_in_log),
    ]
    for kind, model, keys, in_log in kinds:
        for start in range(0, len(keys), BATCH):
            rows = list(model.objects.filter(pk__in=keys[start : start + BATCH]))
            record_many(
                actor=actor,
                action=f"delete_{kind}",
                object_type=kind,
                domain=name,
                rows=[(row.pk, in_log(row)) for row in rows],
                group=group,
            )
            if model is Mailbox:
                forget_records(row.pk for row in rows)
            model.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _mailbox_in_log(mailbox: Mailbox) -> dict[str, str | None]:
    return {"email": mailbox.email, "password": label(mailbox.password)}


def _transport_in_log(transport: Transport) -> dict[str, str | None]:
    return {"domain": transport.domain, "transport": transport.transport}
