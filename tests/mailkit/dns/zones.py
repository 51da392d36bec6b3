"""Zone data in memory that answers like a resolver, for the families' cases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import dns.name
import dns.rdatatype
import dns.zone

from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.records import rdata
from mailkit.dns.results import Record

HEAD = "$TTL 300\n@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60\n@ NS ns.invalid.\n"


class Zones:
    """Zone files as text by origin, names that answer with a fault, and a count of questions.

    What stands in no zone is NXDOMAIN. Names in a zone file are relative to its origin.
    """

    def __init__(self, faults: dict[str, Outcome] | None = None) -> None:
        self.rrsets: dict[tuple[str, str], list[dns.rdata.Rdata]] = {}
        self.names: set[str] = set()
        self.faults = {absolute(name): outcome for name, outcome in (faults or {}).items()}
        self.asked: list[tuple[str, str]] = []
        self.cache: dict[tuple[str, str], Answer] = {}

    def load(self, origin: str, text: str) -> Zones:
        """Add the zone `origin` (`example.test`) with the records of `text`."""
        zone = dns.zone.from_text(HEAD + text, origin=absolute(origin), relativize=False)
        for name, node in zone.items():
            key = name.to_text().lower()
            labels = key.rstrip(".").split(".")
            depth = len(absolute(origin).rstrip(".").split("."))
            for count in range(depth, len(labels) + 1):
                self.names.add(".".join(labels[-count:]) + ".")
            for rdataset in node:
                kind = dns.rdatatype.to_text(rdataset.rdtype)
                self.rrsets.setdefault((key, kind), []).extend(rdataset)
        return self

    def apply(self, publish: Iterable[Record], remove: Iterable[Record]) -> Zones:
        """Publish what a check suggests, as an operator would: out first, then in."""
        for record in remove:
            rrset = self.rrsets.get((absolute(record.name), record.type), [])
            rrset[:] = [there for there in rrset if not same(there, parsed(record))]
            if not rrset:
                self.rrsets.pop((absolute(record.name), record.type), None)
        for record in publish:
            rrset = self.rrsets.setdefault((absolute(record.name), record.type), [])
            if not any(same(there, parsed(record)) for there in rrset):
                rrset.append(parsed(record))
            self.names.add(absolute(record.name))
        self.cache.clear()
        return self

    async def ask(self, name: str, type: str) -> Answer:
        name = absolute(name)
        await asyncio.sleep(0)
        self.asked.append((name, type))
        if (name, type) not in self.cache:
            self.cache[name, type] = self.answer(name, type)
        return self.cache[name, type]

    def answer(self, name: str, type: str) -> Answer:
        chain: list[str] = []
        here = name
        try:
            dns.name.from_text(name)
        except dns.exception.DNSException as problem:
            return Answer(name, type, Outcome.BAD_NAME, reason=str(problem))
        while True:
            if here in self.faults:
                return Answer(name, type, self.faults[here], reason=f"{here} did not answer")
            if (here, type) in self.rrsets or (here, "CNAME") not in self.rrsets or len(chain) > 8:
                break
            here = self.rrsets[here, "CNAME"][0].target.to_text().lower()
            chain.append(here)
        if here not in self.names:
            here = self.wildcard(here)
        found = self.rrsets.get((here, type), [])
        cnames = tuple(chain)
        if not found:
            outcome = Outcome.NODATA if here in self.names else Outcome.NXDOMAIN
            return Answer(name, type, outcome, cnames=cnames)
        if type in ("TXT", "SPF"):
            texts = tuple(tuple(rdata_.strings) for rdata_ in found)
            return Answer(name, type, Outcome.OK, texts=texts, cnames=cnames, ttl=300)
        values = tuple(rdata_.to_text().lower() for rdata_ in found)
        return Answer(name, type, Outcome.OK, values=values, cnames=cnames, ttl=300)

    def wildcard(self, name: str) -> str:
        """The wildcard at the closest name that there is (RFC 4592), or the name itself."""
        above = name
        while "." in above.rstrip("."):
            above = above.partition(".")[2]
            if above in self.names:
                return f"*.{above}" if f"*.{above}" in self.names else name
        return name


def absolute(name: str) -> str:
    return name.lower().rstrip(".") + "."


def parsed(record: Record) -> dns.rdata.Rdata:
    return dns.rdata.from_text("IN", record.type, rdata(record))


def same(one: dns.rdata.Rdata, other: dns.rdata.Rdata) -> bool:
    """Equal, whatever the strings are that a TXT record is cut into."""
    if hasattr(one, "strings"):
        return b"".join(one.strings) == b"".join(other.strings)
    return one == other
