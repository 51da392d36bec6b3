"""Final recipients that Postfix accepts and then returns to the sender: the dead ends of rows.

At RCPT Postfix looks only whether the address has a row. What the row leads to is tried later, and
when it is an address of ours without a mailbox, the mail goes back (backscatter).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from typing import Protocol

from mailkit.postfix.aliases import split_extension
from mailkit.postfix.transports import first_match, split_value, transport_keys

# error(8) returns mail, and retry keeps it until it is returned.
_RETURNING = frozenset({"error", "retry"})


class DeliveryTables(Protocol):
    """What decides about a final recipient; keys are asked in lower case, all at once."""

    def domains(self, names: Sequence[str]) -> Set[str]:
        """Those of these names that have a row in `domains`."""

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """Those of these addresses that have a row in `users`."""

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        """{key as asked: value} of those that have a row in `transport`."""


def dead_targets(
    recipients: Collection[str], tables: DeliveryTables, delimiter: str = "+"
) -> list[str]:
    """Those of the recipients (`Expansion.recipients`) that mail comes back from, in order.

    They are in one of our domains, are no mailbox, and no transport takes them elsewhere. Asks
    each table once at most.
    """
    local = _in_our_domains(recipients, tables)
    if not local:
        return []
    # LMTP cuts the extension off before Dovecot looks for the mailbox.
    bare = {address: split_extension(address, delimiter)[0] for address in local}
    there = tables.mailboxes(sorted(set(bare.values())))
    lacking = [address for address in local if bare[address] not in there]
    if not lacking:
        return []
    keys = {address: transport_keys(address, delimiter) for address in lacking}
    rows = tables.transports(sorted({key for asked in keys.values() for key in asked}))
    return [address for address in lacking if not _taken_elsewhere(keys[address], rows)]


def _in_our_domains(recipients: Collection[str], tables: DeliveryTables) -> list[str]:
    names = {address: address.rpartition("@")[2] for address in recipients if "@" in address}
    ours = tables.domains(sorted(set(names.values()))) if names else frozenset()
    return [address for address, name in names.items() if name in ours]


def _taken_elsewhere(keys: Sequence[str], rows: Mapping[str, str]) -> bool:
    found = first_match(keys, rows)
    if found is None:
        return False
    service, nexthop = split_value(found[1])
    # `:` delivers as if there was no row.
    return service not in _RETURNING and bool(service or nexthop)
