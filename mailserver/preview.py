"""What a change of a row would do to mail: an address traced in the tables before and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from audit.actor import Actor
from domains.keys import address_for
from mailboxes.models import Mailbox
from mailboxes.routing import DatabaseTables
from mailkit.addresses import parse_destinations, parse_source
from mailkit.postfix.alias_tables import Changed
from mailkit.postfix.route import Trace
from mailkit.postfix.transports import parse_transport_key
from mailserver.tracing import OutsideDomainsError, follow


@dataclass(frozen=True)
class Change:
    """Rows as they would be, by their keys in lower case; None (False) for one that is gone."""

    forwardings: Mapping[str, str | None] = field(default_factory=dict)
    transports: Mapping[str, str | None] = field(default_factory=dict)
    users: Mapping[str, bool] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        return [*self.forwardings, *self.transports, *self.users]


@dataclass(frozen=True)
class Preview:
    """One address before and after the change."""

    address: str
    before: Trace
    after: Trace

    @property
    def differs(self) -> bool:
        """Whether a sender or a recipient would notice."""
        return _seen(self.before) != _seen(self.after)


def _seen(found: Trace) -> tuple[object, ...]:
    return found.outcome, found.reply, found.deliveries


class _ChangedTables:
    """All four tables after a change."""

    def __init__(self, tables: DatabaseTables, change: Change) -> None:
        self._tables = tables
        self._aliases = Changed(tables, change.forwardings, change.users)
        self._transports = change.transports

    def domains(self, names: Sequence[str]) -> Set[str]:
        return self._tables.domains(names)

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        return self._aliases.forwardings(keys)

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        return self._aliases.mailboxes(keys)

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        asked = [key for key in keys if key not in self._transports]
        found = dict(self._tables.transports(asked)) if asked else {}
        changed = ((key, self._transports.get(key)) for key in keys)
        return found | {key: value for key, value in changed if value is not None}


def forwarding_change(source: str, destination: str, *, old: str = "") -> Change:
    """A forwarding as typed, in the place of `old`. Raises AddressError."""
    rows: dict[str, str | None] = {old.lower(): None} if old else {}
    rows[parse_source(source)] = ", ".join(parse_destinations(destination))
    return Change(forwardings=rows)


def transport_change(key: str, value: str, *, old: str = "") -> Change:
    """A transport as typed, in the place of `old`. Raises AddressError, TransportError."""
    rows: dict[str, str | None] = {old.lower(): None} if old else {}
    rows[parse_transport_key(key)] = value.strip()
    return Change(transports=rows)


def preview_change(actor: Actor, change: Change) -> list[Preview]:
    """The addresses that show what a change does. Raises OutsideDomainsError for keys of others."""
    for key in change.keys:
        if not actor.may_touch(key.rpartition("@")[2]):
            raise OutsideDomainsError(key)
    now = DatabaseTables()
    then = _ChangedTables(now, change)
    return [
        Preview(address, follow(actor, address, now), follow(actor, address, then))
        for address in dict.fromkeys(_addresses(change))
    ]


def _addresses(change: Change) -> list[str]:
    found = [address_for(key) for key in (*change.forwardings, *change.users)]
    for key in change.transports:
        # A mailbox shows what happens to mail of a whole domain; an unknown address is refused.
        mailbox = None if "@" in key else Mailbox.objects.in_domain(key).order_by("pk").first()
        found.append(mailbox.email.lower() if mailbox else address_for(key))
    return [one for one in found if one]
