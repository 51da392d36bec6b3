"""Look up and evaluate a domain's SPF record: the facts, without a verdict."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from ipaddress import ip_address

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.families.spf.evaluate import Evaluation, Table, evaluate
from mailkit.dns.families.spf.parse import is_spf
from mailkit.dns.families.spf.walk import Node, walk
from mailkit.dns.subject import MailDomain, MailHost

# Addresses in unicast space that send nobody's mail, outside the networks that examples use: two
# networks of the US DoD that are not announced for mail, one in each half of IPv4, and the
# 6bone's, given back in 2006.
STRANGERS = tuple(map(ip_address, ("11.113.77.5", "215.113.77.5", "3ffe:b00:113:77::5")))


@dataclass(frozen=True)
class SpfFacts:
    """The tree of the record, what type 99 has, and how each address fares.

    `table` has each answer that was needed by name and type, so that a record can be tried out
    before it is published.
    """

    root: Node
    type99: Answer
    evaluations: tuple[Evaluation, ...] = ()
    table: Table = field(default_factory=dict, repr=False)

    @property
    def apex(self) -> Answer:
        assert self.root.answer is not None  # noqa: S101 - the root is always asked for
        return self.root.answer

    @property
    def strings(self) -> tuple[tuple[bytes, ...], ...]:
        """The SPF records of the domain itself, each as its strings."""
        return tuple(parts for parts in self.apex.texts if is_spf(b"".join(parts)))

    @property
    def ours(self) -> tuple[Evaluation, ...]:
        return tuple(found for found in self.evaluations if not found.stranger)

    @property
    def strangers(self) -> tuple[Evaluation, ...]:
        return tuple(found for found in self.evaluations if found.stranger)


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> SpfFacts:
    """The SPF facts of a domain. Without one record that counts there is nothing to evaluate."""
    table: Table = {}
    root, type99 = await asyncio.gather(
        walk(domain.name, lookups, table), lookups.ask(domain.name + ".", "SPF")
    )
    if root.record is None:
        return SpfFacts(root, type99, (), table)
    evaluations = []
    for ip in (*host.ips, *STRANGERS):
        stranger = ip in STRANGERS
        evaluations.append(
            await evaluate(ip, domain.name, host.hostname, lookups, table, stranger=stranger)
        )
    return SpfFacts(root, type99, tuple(evaluations), table)
