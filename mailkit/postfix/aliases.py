"""What Postfix makes of an address by virtual alias expansion, step by step and with its limits.

Follows cleanup(8): an address is replaced by what the tables say about it, again and again,
until no row answers or an address expands into itself. `virtual_alias_maps` has two tables here,
in this order: `forwardings`, then `email2email`, which answers a mailbox's address with itself.
Without it a catch-all would take the mail of every mailbox in its domain.

The tables are asked level by level: all keys that may matter next, in one call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from mailkit.postfix.address_list import parse_address_list, quote_local_part
from mailkit.postfix.alias_tables import (
    Cached,
    Changed,
    MemoryTables,
    Table,
    Tables,
    with_row,
)

__all__ = [
    "ANYBODY",
    "Cached",
    "Changed",
    "Expansion",
    "ExpansionError",
    "MemoryTables",
    "Rules",
    "Step",
    "Table",
    "Tables",
    "alias_keys",
    "entry_addresses",
    "expand",
    "expand_many",
    "find_loop",
    "split_extension",
    "takes_mail_away",
    "with_row",
]

# virtual_alias_recursion_limit, virtual_alias_expansion_limit, virtual_alias_address_length_limit
RECURSION_LIMIT = 1000
EXPANSION_LIMIT = 1000
ADDRESS_LENGTH_LIMIT = 1000
# The local part of an address that nobody has a row for.
ANYBODY = "any-address-without-a-row"
# Never split at a delimiter: the mail system's own names.
_NEVER_SPLIT = {"postmaster", "mailer-daemon", "double-bounce"}


class ExpansionError(StrEnum):
    """Why Postfix answers 451 4.6.0 "Alias expansion error", so that the sender tries for days."""

    NESTING = "alias.nesting"
    SIZE = "alias.size"
    ADDRESS_LENGTH = "alias.address_length"
    NO_ADDRESS = "alias.no_address"


@dataclass(frozen=True)
class Rules:
    """The parameters of main.cf that matter here.

    `delimiter`: recipient_delimiter, each character of which splits; "" switches extensions off.
    `local_domains`: mydestination and myorigin, where a bare local part is a key too.
    `origin`: myorigin, appended to a destination without a domain ("": left as it is).
    """

    delimiter: str = "+"
    local_domains: Collection[str] = ()
    origin: str = ""


@dataclass(frozen=True)
class Step:
    """One answer: `address` was asked, the row `key` of `table` matched, it became `answer`."""

    address: str
    table: Table
    key: str
    answer: tuple[str, ...]

    @cached_property
    def contains_itself(self) -> bool:
        """Whether the address is in its own answer: it is not asked for again then."""
        return self.address in self.answer

    @cached_property
    def is_too_long(self) -> bool:
        """Whether an address of the answer is longer than Postfix takes."""
        return any(map(_is_too_long, self.answer))


@dataclass(frozen=True)
class Expansion:
    """What an address becomes.

    `recipients`: final ones, each once, in lower case, in Postfix's order; none if `error`.
    `loop`: where one is to blame for the error, the chain of addresses that leads back: the last
    is the first again, or (`grows`) the first with a longer extension.
    """

    address: str
    recipients: tuple[str, ...]
    steps: tuple[Step, ...]
    error: ExpansionError | None = None
    loop: tuple[str, ...] | None = None
    grows: bool = False


def expand(address: str, tables: Tables, rules: Rules | None = None) -> Expansion:
    """What Postfix makes of one address (or of a row's source, also where no mail gets to it)."""
    return expand_many([address], tables, rules)[address]


def expand_many(
    addresses: Iterable[str], tables: Tables, rules: Rules | None = None
) -> dict[str, Expansion]:
    """What Postfix makes of each address; the tables are asked once a level for all of them."""
    rules = rules or Rules()
    known = tables if isinstance(tables, Cached) else Cached(tables)
    answers: dict[str, Step | None] = {}
    found: dict[str, Expansion] = {}
    waiting = list(dict.fromkeys(addresses))
    while waiting:
        missing: dict[str, None] = {}
        unfinished = []
        for address in waiting:
            run = _Run(address, known, rules, answers)
            expansion = run.expand()
            if run.missing:
                missing.update(run.missing)
                unfinished.append(address)
            else:
                found[address] = expansion
        known.ask(missing)
        waiting = unfinished
    return found


def entry_addresses(source: str, local_parts: Iterable[str] = ()) -> list[str]:
    """The addresses by which mail gets to a forwarding's row.

    For a source `@domain` one address that has no row stands for all; name in `local_parts` those
    that have rows of their own further on.
    """
    if not source.startswith("@"):
        return [source]
    return [local + source for local in (ANYBODY, *local_parts)]


def find_loop(
    tables: Tables,
    source: str,
    destinations: Iterable[str],
    *,
    local_parts: Iterable[str] = (),
    rules: Rules | None = None,
    without: str | None = None,
) -> tuple[str, ...] | None:
    """The loop that a forwarding would make, as in `Expansion.loop`, or None.

    `local_parts`: see entry_addresses(). `without`: the row that it replaces.
    """
    changed = with_row(tables, source, destinations, without=without)
    found = expand_many(entry_addresses(source, local_parts), changed, rules)
    return next((one.loop for one in found.values() if one.loop), None)


def takes_mail_away(mailbox: str, expansion: Expansion, delimiter: str = "+") -> bool:
    """Whether a mailbox no longer gets the mail to its own address."""
    return all(split_extension(one, delimiter)[0] != mailbox for one in expansion.recipients)


def split_extension(address: str, delimiter: str) -> tuple[str, str]:
    """(address without extension, extension with its delimiter or ""); split_addr(3)."""
    if len(delimiter) == 1 and delimiter not in address:
        return address, ""
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = address, ""
    if local.lower() in _NEVER_SPLIT or not delimiter:
        return address, ""
    if "-" in delimiter and (local.startswith("owner-") or local[1:].endswith("-request")):
        # owner_request_special
        return address, ""
    cut = min((index for index in map(local.find, delimiter) if index >= 0), default=0)
    if cut <= 0:
        return address, ""
    return local[:cut] + at + domain, local[cut:]


def alias_keys(address: str, rules: Rules) -> list[tuple[str, str]]:
    """(key, extension that this key leaves over), in the order in which Postfix asks."""
    bare, extension = split_extension(address, rules.delimiter)
    forms = [(address, ""), (bare, extension)] if extension else [(address, "")]
    keys = [(quote_local_part(form), rest) for form, rest in forms]
    domain = address.rpartition("@")[2] if "@" in address else ""
    if domain and domain in rules.local_domains:
        keys += [(quote_local_part(form.rpartition("@")[0]), rest) for form, rest in forms]
    if domain:
        keys.append(("@" + domain, ""))
    return keys


@dataclass
class _Node:
    """An address in the list that Postfix rewrites in place, and what it came from."""

    address: str
    parent: _Node | None = None
    # The row that turned the parent into this.
    key: str = ""


class _Run:
    """One expansion over what is known; a key not known yet counts as absent and is noted."""

    def __init__(
        self, address: str, known: Cached, rules: Rules, answers: dict[str, Step | None]
    ) -> None:
        self.missing: dict[str, None] = {}
        self._asked = address
        self._known = known
        self._rules = rules
        # What is certain about an address, for every run.
        self._answers = answers
        self._list = [_Node(_internal(address))]
        self._itself: set[str] = set()
        self._steps: dict[str, Step] = {}

    def expand(self) -> Expansion:
        position = 0
        while position < len(self._list):
            full = len(self._list) > EXPANSION_LIMIT
            error = ExpansionError.SIZE if full else self._rewrite(position)
            if error is not None:
                return self._failed(error, position)
            position += 1
        recipients = tuple(dict.fromkeys(node.address for node in self._list))
        return Expansion(self._asked, recipients, tuple(self._steps.values()))

    def _rewrite(self, position: int) -> ExpansionError | None:
        for _count in range(RECURSION_LIMIT):
            node = self._list[position]
            if node.address in self._itself:
                return None
            step = self._lookup(node.address)
            if step is None:
                return None
            if not step.answer:
                return ExpansionError.NO_ADDRESS
            if step.is_too_long:
                return ExpansionError.ADDRESS_LENGTH
            if step.contains_itself:
                self._itself.add(node.address)
            # Postfix notices a list that is too long at its next address only. Nothing beyond
            # the limit is ever looked at, so a loop need not fill the memory meanwhile.
            room = max(EXPANSION_LIMIT + 1 - len(self._list), 0)
            new = [_Node(one, node, step.key) for one in step.answer[: room + 1]]
            self._list[position] = new[0]
            self._list.extend(new[1:])
        return None if self._list[position].address in self._itself else ExpansionError.NESTING

    def _failed(self, error: ExpansionError, position: int) -> Expansion:
        # With a list that is too long the loop may be behind any of its addresses.
        suspects = self._list[position:] + self._list[:position]
        if error is not ExpansionError.SIZE:
            suspects = suspects[:1]
        found = (_loop(node, self._itself) for node in suspects)
        loop, grows = next((one for one in found if one[0]), (None, False))
        return Expansion(self._asked, (), tuple(self._steps.values()), error, loop, grows)

    def _lookup(self, address: str) -> Step | None:
        if address in self._answers:
            step = self._answers[address]
        else:
            step, certain = self._ask(address)
            if certain:
                self._answers[address] = step
        return step and self._steps.setdefault(address, step)

    def _ask(self, address: str) -> tuple[Step | None, bool]:
        """The answer, and whether every key was known that could have changed it."""
        keys = alias_keys(address, self._rules)
        certain = True
        if address == self._asked.lower() != keys[0][0]:
            # A key with a blank in it, say, which Postfix would ask for in quotes only.
            keys.append((address, ""))
            certain = False
        for key, extension in keys:
            if not self._known.knows(key):
                self.missing[key] = None
                certain = False
                continue
            found = self._known.answer(key)
            if found is not None:
                table, text = found
                answer = _addresses(text, address, extension, self._rules)
                return Step(address, table, key, answer), certain
        return None, certain


def _internal(address: str) -> str:
    """The address in lower case and without quotes."""
    found = parse_address_list(address)
    return (found[0] if len(found) == 1 else address).lower()


def _addresses(text: str, address: str, extension: str, rules: Rules) -> tuple[str, ...]:
    """The addresses of an answer, with the local part or the extension that goes over to them."""
    if text.startswith("@"):
        local = address.rpartition("@")[0]
        text = quote_local_part(local.removesuffix(extension) + text)
    found = parse_address_list(text, rules.origin)
    return tuple(_extended(one.lower(), extension) for one in found)


def _is_too_long(address: str) -> bool:
    # In bytes, and as it would be written. No character has more than four.
    if len(address) * 4 < ADDRESS_LENGTH_LIMIT - len('""'):
        return False
    return len(quote_local_part(address).encode()) > ADDRESS_LENGTH_LIMIT


def _extended(address: str, extension: str) -> str:
    local, at, domain = address.rpartition("@")
    return local + extension + at + domain if at else address + extension


def _loop(node: _Node, itself: set[str]) -> tuple[tuple[str, ...] | None, bool]:
    """The first way back on the path to this address, and whether the extension grows on it.

    No circle goes through an address that has expanded into itself (`itself`): there it ends.
    """
    path = [node]
    while path[-1].parent is not None:
        path.append(path[-1].parent)
    path.reverse()
    first_at: dict[str, int] = {}
    used_at: dict[str, int] = {}
    for index, one in enumerate(path):
        start = first_at.setdefault(one.address, index)
        circle = tuple(item.address for item in path[start : index + 1])
        if start < index and not itself.intersection(circle):
            return circle, False
    # The row that answered an address is noted at what it became.
    for index, one in enumerate(path[1:]):
        start = used_at.setdefault(one.key, index)
        if start < index and _is_longer(path[index].address, path[start].address):
            return tuple(item.address for item in path[start : index + 1]), True
    return None, False


def _is_longer(address: str, than: str) -> bool:
    local, _at, domain = address.rpartition("@")
    shorter, _at, same_domain = than.rpartition("@")
    return domain == same_domain and local != shorter and local.startswith(shorter)
