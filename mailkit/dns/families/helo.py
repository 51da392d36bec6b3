"""HELO: the name we greet other servers with has to exist (RFC 5321, 4.1.1.1) and may be ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.families.common import (
    HostAddresses,
    host_addresses,
    host_records,
    looked_for,
    seen,
)
from mailkit.dns.families.spf.evaluate import Cause, Evaluation, Table, evaluate
from mailkit.dns.families.spf.mend import mend
from mailkit.dns.families.spf.parse import is_spf
from mailkit.dns.families.spf.probe import STRANGERS
from mailkit.dns.families.spf.walk import Node, walk
from mailkit.dns.names import dotted, is_hostname
from mailkit.dns.records import txt_value
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import MailDomain, MailHost

FAMILY = "helo"
SPF = "v=spf1 a -all"


@dataclass(frozen=True)
class HeloFacts:
    """`spf`: what a receiver says to the HELO name from each of our addresses (RFC 7208, 2.3).

    `root` is the tree of the name's record, `table` each answer that was needed for it.
    """

    found: HostAddresses | None = None
    spf: tuple[Evaluation, ...] = ()
    root: Node | None = None
    table: Table = field(default_factory=dict, repr=False)

    @property
    def texts(self) -> Answer | None:
        return self.root.answer if self.root else None

    @property
    def records(self) -> tuple[bytes, ...]:
        """The SPF records of the name."""
        raws = self.texts.joined if self.texts else ()
        return tuple(raw for raw in raws if is_spf(raw))


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> HeloFacts:
    if not host.hostname or not is_hostname(host.hostname):
        return HeloFacts()
    found = await host_addresses(host.hostname, lookups)
    table: Table = {}
    root = await walk(host.hostname, lookups, table)
    verdicts = [await evaluate(ip, host.hostname, host.hostname, lookups, table) for ip in host.ips]
    return HeloFacts(found, tuple(verdicts), root, table)


def judge(domain: MailDomain, host: MailHost, facts: HeloFacts) -> list[Check]:
    name = host.hostname
    if not name:
        return [skipped(FAMILY, "the mail host's name is not set")]
    if "." not in name.rstrip(".") or not is_hostname(name):
        return [
            fail(
                FAMILY,
                "helo.not_fqdn",
                Severity.ERROR,
                observed=(name,),
                expected="a full host name such as mail.example.org (Postfix: myhostname)",
                host=name,
            )
        ]
    found = facts.found
    if found is None:
        return [unknown(FAMILY, "the name was not looked up", host=name)]
    if found.absent:
        return [
            fail(
                FAMILY,
                "helo.no_address",
                Severity.ERROR,
                observed=tuple(f"{name}. {a.type} {a.outcome.value}" for a in found.both),
                expected=f"A or AAAA for {dotted(name)}",
                publish=(*host_records(host), *_first(host, facts)),
                host=name,
            )
        ]
    if not found.ips:
        return [unknown(FAMILY, found.why or "addresses that cannot be read", host=name)]
    return _spf(host, facts, found) or [passed(FAMILY, observed=found.observed, host=name)]


def _spf(host: MailHost, facts: HeloFacts, found: HostAddresses) -> list[Check]:
    """Receivers check the HELO name's SPF too, and bounces have no other (RFC 7208, 2.4)."""
    refused = [one for one in facts.spf if not one.passes]
    told = [one for one in refused if one.result != "temperror"]
    if refused and not told:
        words = "; ".join(f"SPF {one.ip}: {one.words or one.failed_name}" for one in refused)
        return [unknown(FAMILY, words, host=host.hostname)]
    if not told:
        return []
    owner = dotted(host.hostname)
    old = tuple(Record(owner, "TXT", txt_value(raw)) for raw in facts.records)
    publish = _mended(host, facts, found)
    return [
        fail(
            FAMILY,
            "helo.spf",
            Severity.WARNING,
            observed=seen(old) or looked_for(facts.texts),
            expected=f"SPF pass for {', '.join(map(str, host.ips))}",
            publish=publish,
            remove=tuple(record for record in old if record not in publish),
            host=host.hostname,
            params={"ip": ", ".join(one.ip for one in told), "result": told[0].result},
        )
    ]


def _first(host: MailHost, facts: HeloFacts) -> tuple[Record, ...]:
    """The record for a name that has none for certain."""
    if facts.records or facts.texts is None or not facts.texts.known:
        return ()
    return (Record(dotted(host.hostname), "TXT", SPF),)


def _mended(host: MailHost, facts: HeloFacts, found: HostAddresses) -> tuple[Record, ...]:
    """What is there and lets others send, who may be no business of ours, goes on doing so."""
    if facts.root is None or not facts.records:
        there = set(map(str, found.ips))
        missing = (record for record in host_records(host) if record.value not in there)
        return (*_first(host, facts), *missing)
    voids = any(one.cause == Cause.VOID for one in facts.spf)
    text = mend(
        MailDomain(host.hostname),
        host,
        facts.root.records,
        facts.root,
        facts.table,
        STRANGERS,
        voids=voids,
    )
    return (Record(dotted(host.hostname), "TXT", text),)
