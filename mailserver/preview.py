"""What a change of rows would do to mail: some addresses traced before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from audit.actor import Actor
from domains.keys import address_for
from domains.models import Domain
from mailboxes.dependents import COUNTED, extent_of, forwardings_into, forwardings_naming
from mailboxes.leading import Leading, leading
from mailboxes.models import Forwarding, Mailbox
from mailboxes.routing import DatabaseTables
from mailkit.postfix.route import Trace
from mailserver.changes import Change, ChangedTables
from mailserver.tracing import OutsideDomainsError, follow, is_own

# So many addresses are traced; the others are counted, up to COUNTED of each kind.
SHOWN = 5


@dataclass(frozen=True)
class Line:
    """One address before and after the change."""

    address: str
    before: Trace
    after: Trace

    @property
    def differs(self) -> bool:
        """Whether a sender or a recipient would notice."""
        return _seen(self.before) != _seen(self.after)


@dataclass(frozen=True)
class Preview:
    """`others`: how many addresses the change concerns beside those of the lines.

    `more`: there are at least so many. `many`: it concerns all addresses of many domains.
    """

    lines: list[Line]
    others: int = 0
    more: bool = False
    many: bool = False


def _seen(found: Trace) -> tuple[object, ...]:
    return found.outcome, found.reply, found.deliveries


def preview_change(actor: Actor, change: Change) -> Preview:
    """What a change does, shown by a few addresses: its own rows', then those that hang on it.

    Raises OutsideDomainsError for keys of others.
    """
    for key in change.keys:
        if not is_own(actor, key):
            raise OutsideDomainsError(key)
    # A mailbox owner sees no other address: so none is looked for.
    found = [list(_of_keys(change))] if actor.is_mailbox_owner else _concerned(change)
    kinds = [[one for one in kind if is_own(actor, one)] for kind in found]
    mixed = [one for row in zip_longest(*kinds) for one in row if one]
    addresses = list(dict.fromkeys(one.lower() for one in mixed))
    now = DatabaseTables()
    then = ChangedTables(now, change)
    return Preview(
        [Line(one, follow(actor, one, now), follow(actor, one, then)) for one in addresses[:SHOWN]],
        min(max(len(addresses) - SHOWN, 0), COUNTED),
        len(change.keys) > SHOWN or any(len(kind) > COUNTED for kind in kinds),
        any(map(is_many, change.transports)),
    )


def _concerned(change: Change) -> Iterator[list[str]]:
    """The addresses that a change concerns, a list for each kind, of COUNTED and one at most."""
    yield list(_of_keys(change))[: COUNTED + 1]
    find = leading()
    # Each reads much of a table: no more of them than are shown.
    for key in change.keys[:SHOWN]:
        if _is_address(change, key):
            yield _naming(key, find)
        elif is_many(key):
            yield list(_one_of_each_domain(key.removeprefix("*")))
        else:
            rows = [_keys(Mailbox.objects.in_domain(key)), _keys(Forwarding.objects.in_domain(key))]
            yield from rows
            # `anybody@` stands for a domain where nothing has an address.
            yield [] if any(rows) else [address_for(key)]
    for key in list(change.domains)[:SHOWN]:
        yield [address_for(source) for source, _in in forwardings_into(extent_of(key), find)][
            : COUNTED + 1
        ]


def _of_keys(change: Change) -> Iterator[str]:
    return (address_for(key) for key in change.keys if _is_address(change, key))


def _is_address(change: Change, key: str) -> bool:
    return "@" in key or key in change.forwardings


def is_many(key: str) -> bool:
    """Whether a transport's key, `*` or `.parent`, stands for many domains."""
    return not address_for(key)


def _keys(rows: Any) -> list[str]:
    ordered = rows if rows.query.order_by else rows.order_by("pk")
    return [address_for(row.pk) for row in ordered.only("pk")[: COUNTED + 1].found()]


def _naming(key: str, find: Leading) -> list[str]:
    """Sources of the forwardings that lead to this address directly."""
    if key.startswith("@") or "@" not in key:
        return []
    return [address_for(source) for source in forwardings_naming(key, find)][: COUNTED + 1]


def _one_of_each_domain(ending: str) -> Iterator[str]:
    """A mailbox of each of the first domains with this ending."""
    names = Domain.objects.filter(domain__iendswith=ending).order_by("pk")
    for name in names.values_list("pk", flat=True)[:SHOWN]:
        first = Mailbox.objects.in_domain(name).order_by("pk").first()
        if first is not None:
            yield first.email
