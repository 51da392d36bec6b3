"""Random rows in the panel's own database, whether or not it tells capitals apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domains.models import Domain, Transport
from domains.schema import schema
from mailboxes.models import Forwarding, Mailbox
from tests.stack.route_states import State


def store(state: State) -> State:
    """Store the rows; returns what is found of them by the keys in lower case that are asked for.

    Where case does not count there is one row of those that differ by capitals alone, and it is
    found in lower case.
    """
    domains = _stored("domains", dict.fromkeys(state.domain_rows, ""))
    users = _stored("users", dict.fromkeys(state.users, ""))
    rows = _stored("forwardings", state.rows)
    transports = _stored("transport", state.transport_rows)
    Domain.objects.bulk_create(Domain(domain=one) for one in domains)
    Mailbox.objects.bulk_create(Mailbox(email=one, password="") for one in users)
    Forwarding.objects.bulk_create(Forwarding(source=k, destination=v) for k, v in rows.items())
    Transport.objects.bulk_create(Transport(domain=k, transport=v) for k, v in transports.items())
    return replace(
        state,
        domain_rows=tuple(_found("domains", domains)),
        users=frozenset(_found("users", users)),
        rows=_found("forwardings", rows),
        transport_rows=_found("transport", transports),
    )


def _stored(table: str, rows: Mapping[str, str]) -> dict[str, str]:
    if table not in schema().blind:
        return dict(rows)
    first: dict[str, str] = {}
    for key in rows:
        first.setdefault(key.lower(), key)
    return {key: rows[key] for key in first.values()}


def _found(table: str, rows: Mapping[str, str]) -> dict[str, str]:
    if table not in schema().blind:
        return dict(rows)
    return {key.lower(): value for key, value in rows.items()}
