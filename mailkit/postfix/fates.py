"""What becomes of a final recipient: delivered here, handed on, thrown away, returned, kept back.

Postfix's agents do what their service is for; Dovecot takes mail for the mailboxes it finds and
has the rest returned. What a server elsewhere makes of its mail is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mailkit.postfix.master import Settings
from mailkit.postfix.resolve import CachedTables, Class, Resolved, ResolveTables, resolve
from mailkit.postfix.transports import TransportError, parse_transport, split_value

# Dovecot's default auth_username_chars; a name with any other is no user's.
_USER_NAME = re.compile(r"[a-z0-9._@-]+")
# smtp(8) or lmtp(8) dies of these, or finds no socket, and the mail waits.
_DEADLY = frozenset({"transport.bad_host", "transport.bad_port", "transport.bad_socket"})


class Outcome(StrEnum):
    """The end of a mail, or of one recipient of it; `mixed` is for several with different ends."""

    DELIVERED = "delivered"
    RELAYED = "relayed"
    DISCARDED = "discarded"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    MIXED = "mixed"


@dataclass(frozen=True)
class Fate:
    """The end of one recipient; `mailbox` is what Dovecot looked for, None where it is not asked.

    `warnings`: codes of mailkit.postfix.route.Warn.
    """

    outcome: Outcome
    mailbox: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def is_dead(self) -> bool:
        """Whether mail to it is accepted and then returned to a sender, who may be forged.

        This is what forms, undo and the lint call a dead target (backscatter).
        """
        return self.outcome is Outcome.BOUNCED


class MailboxTable(Protocol):
    """The table `users`; keys are asked in lower case."""

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """Those of these addresses that have a row."""


def mailbox_key(address: str, delimiter: str = "+") -> str:
    """The address that Dovecot asks `users` for: in lower case, its extension cut off.

    Unlike Postfix it cuts at a delimiter in the first place too, and with every name.
    """
    local, _at, domain = address.lower().rpartition("@")
    for character in delimiter:
        local = local.partition(character)[0]
    return f"{local}@{domain}"


def fates_of(
    recipients: Collection[Resolved], tables: MailboxTable, settings: Settings
) -> dict[str, Fate]:
    """{address: fate}. Asks `users` once at most."""
    keys = {
        found.address: mailbox_key(found.address, settings.mailbox_delimiter)
        for found in recipients
        if _is_for_dovecot(found, settings)
    }
    there = _mailboxes(keys.values(), tables)
    fates = {}
    for found in recipients:
        key = keys.get(found.address)
        fates[found.address] = _elsewhere(found, settings) if key is None else _here(key, there)
    return fates


def dead_targets(recipients: Iterable[str], tables: ResolveTables, settings: Settings) -> list[str]:
    """Those of the recipients (`Expansion.recipients`) that mail comes back from, in order.

    Asks each table twice at most.
    """
    known = CachedTables(tables)
    resolved = resolve(list(dict.fromkeys(recipients)), known, settings)
    fates = fates_of(resolved.values(), known, settings)
    return [address for address in resolved if fates[address].is_dead]


def is_held(found: Resolved, settings: Settings) -> bool:
    """Whether mail comes back because a transport, the row's or main.cf's, says `error:`."""
    if found.bad_syntax or found.address_class is Class.ALIAS:
        return False
    return settings.services.get(found.service) == "error"


def _mailboxes(keys: Iterable[str], tables: MailboxTable) -> Set[str]:
    asked = sorted({key for key in keys if _USER_NAME.fullmatch(key)})
    return tables.mailboxes(asked) if asked else frozenset()


def _here(key: str, there: Set[str]) -> Fate:
    if key in there:
        return Fate(Outcome.DELIVERED, key)
    return Fate(Outcome.BOUNCED, key, ("dead_target",))


def _is_for_dovecot(found: Resolved, settings: Settings) -> bool:
    """Whether virtual_transport takes it, by the class of its domain or because a row says so."""
    if found.bad_syntax:
        return False
    service, nexthop = split_value(settings.virtual_transport)
    if found.service != service:
        return False
    if settings.services.get(service) in ("smtp", "lmtp"):
        return found.nexthop == (nexthop or found.domain)
    # pipe(8) and virtual(8) go by the recipient.
    return True


def _elsewhere(found: Resolved, settings: Settings) -> Fate:
    kind = settings.services.get(found.service)
    if kind == "error" or found.bad_syntax:
        return Fate(Outcome.BOUNCED)
    if kind == "retry":
        return Fate(Outcome.DEFERRED)
    if kind == "discard":
        return Fate(Outcome.DISCARDED)
    if kind is None:
        return Fate(Outcome.DEFERRED, warnings=("unknown_service",))
    if kind == "local" or found.address_class is Class.LOCAL:
        return Fate(Outcome.DELIVERED)
    if found.row is not None and _is_deadly(found, settings):
        return Fate(Outcome.DEFERRED, warnings=("bad_nexthop",))
    return Fate(Outcome.RELAYED)


def _is_deadly(found: Resolved, settings: Settings) -> bool:
    try:
        parse_transport(f"{found.service}:{found.nexthop}", settings.services)
    except TransportError as error:
        return error.code in _DEADLY
    return False
