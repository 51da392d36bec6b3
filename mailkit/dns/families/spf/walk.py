"""Look up an SPF record with all it includes, and what a receiver would look up for it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.families.spf.evaluate import Table
from mailkit.dns.families.spf.parse import SpfRecord, Term, is_spf, parse

# A receiver stops after ten; this only keeps a hostile tree from growing without end.
MOST_NODES = 30
MOST_HOSTS = 60
MOST_MX = 30

MOST_REDIRECTS = 10

# The macros whose value does not depend on the mail: this record's name, and the sender's domain.
_NAME = re.compile(r"%\{([do])(\d{0,3})(r?)([.\-+,/_=]*)\}", re.IGNORECASE)


@dataclass(frozen=True)
class Node:
    """A name of the tree: the `term` that led here, its answer, and its one record if it has it.

    `loop` says that the name stands above itself in the tree; it is not followed again.
    """

    name: str
    term: Term | None
    answer: Answer | None = None
    records: tuple[SpfRecord, ...] = ()
    children: tuple[Node, ...] = ()
    loop: bool = False

    @property
    def record(self) -> SpfRecord | None:
        return self.records[0] if len(self.records) == 1 else None

    @property
    def dead(self) -> bool:
        """For certain there is no SPF record here, which makes the record above an error."""
        return self.answer is not None and self.answer.known and not self.records

    @property
    def broken(self) -> bool:
        """There is SPF here, but a receiver refuses it."""
        if len(self.records) > 1:
            return True
        record = self.record
        return record is not None and bool(record.errors or not record.ascii)

    def walk(self) -> Iterator[Node]:
        """This node and all below."""
        yield self
        for child in self.children:
            yield from child.walk()

    def child(self, term: Term) -> Node | None:
        """Where an include or redirect of this record leads."""
        if term.kind not in ("include", "redirect"):
            return None
        return next((c for c in self.children if c.term and c.term.argument == term.argument), None)

    @property
    def lookups(self) -> int:
        """How many of the ten lookups the whole tree costs (RFC 7208, 4.6.4)."""
        own = sum(t.costs_lookup for t in self.record.reached) if self.record else 0
        return own + sum(child.lookups for child in self.children)


def last_all(node: Node | None) -> tuple[Term | None, bool]:
    """The `all` that decides, through redirects; and whether the record could be followed."""
    for _ in range(MOST_REDIRECTS):
        record = node.record if node else None
        if node is None or record is None:
            return None, False
        if record.all or not record.redirect:
            return record.all, True
        node = node.child(record.redirect)
    return None, False


@dataclass
class _Walk:
    origin: str
    lookups: Asks
    table: Table
    nodes: int = 0
    hosts: dict[tuple[str, str], None] = field(default_factory=dict)

    async def ask(self, name: str, kind: str) -> Answer:
        key = (name.lower().rstrip("."), kind)
        if key not in self.table:
            self.table[key] = await self.lookups.ask(key[0] + ".", kind)
        return self.table[key]


def target(term: Term, name: str, origin: str) -> str:
    """The name that a term of the record at `name` asks for, as part of that of the domain
    `origin`; empty if something else than these two decides it.
    """

    def expanded(macro: re.Match[str]) -> str:
        letter, digits, reverse, delimiters = macro.groups()
        value = name if letter in "dD" else origin
        labels = re.split(f"[{re.escape(delimiters or '.')}]", value)
        labels = labels[::-1] if reverse else labels
        return macro[0] if digits and not int(digits) else ".".join(labels[-int(digits or 0) :])

    text = _NAME.sub(expanded, term.argument) if term.argument else name
    return "" if "%" in text else text.lower().rstrip(".")


async def walk(name: str, lookups: Asks, table: Table) -> Node:
    """The tree of the record at `name` (without a last dot); every answer is put into `table`.

    Hosts of `a` and `mx` are looked up for both kinds of address, as a stranger's mail would.
    """
    state = _Walk(name, lookups, table)
    root = await _node(name, None, (), state)
    hosts = list(state.hosts)[:MOST_HOSTS]
    await asyncio.gather(*(_host(kind, host, state) for kind, host in hosts))
    return root


async def _node(name: str, term: Term | None, above: tuple[str, ...], state: _Walk) -> Node:
    if name in above:
        return Node(name, term, loop=True)
    state.nodes += 1
    if state.nodes > MOST_NODES:
        return Node(name, term)
    answer = await state.ask(name, "TXT")
    records = tuple(parse(raw) for raw in answer.joined if is_spf(raw))
    if len(records) > 1 and term is not None:
        return Node(name, term, answer, records)
    below: list[Coroutine[None, None, Node]] = []
    # Of several records of the domain itself one is to be made: all that they name is looked up.
    reached = {each.text: each for record in records for each in record.reached}
    for each in reached.values():
        where = "" if each.error else target(each, name, state.origin)
        if where and each.kind in ("a", "mx", "exists"):
            state.hosts[each.kind, where] = None
        if where and each.kind in ("include", "redirect") and len(below) < MOST_NODES:
            below.append(_node(where, each, (*above, name), state))
    return Node(name, term, answer, records, tuple(await asyncio.gather(*below)))


async def _host(kind: str, name: str, state: _Walk) -> None:
    if kind == "exists":
        await state.ask(name, "A")
        return
    hosts = [name]
    if kind == "mx":
        hosts = mx_hosts(await state.ask(name, "MX"))[:MOST_MX]
    await asyncio.gather(*(state.ask(host, family) for host in hosts for family in ("A", "AAAA")))


def mx_hosts(answer: Answer) -> list[str]:
    """The hosts of an MX answer without their last dot; none for a null MX."""
    hosts = [value.partition(" ")[2].rstrip(".") for value in answer.values]
    return [host for host in hosts if host]
