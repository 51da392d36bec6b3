"""What several families need: a host's addresses, records as text, why an answer is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.names import dotted
from mailkit.dns.records import rdata
from mailkit.dns.results import Record
from mailkit.dns.subject import IPAddress, MailHost


@dataclass(frozen=True)
class HostAddresses:
    """What a name's A and AAAA lookups gave."""

    name: str
    a: Answer
    aaaa: Answer

    @property
    def both(self) -> tuple[Answer, Answer]:
        return self.a, self.aaaa

    @property
    def ips(self) -> tuple[IPAddress, ...]:
        return tuple(ip for answer in self.both for ip in addresses(answer))

    @property
    def known(self) -> bool:
        return self.a.known and self.aaaa.known

    @property
    def absent(self) -> bool:
        return self.a.absent and self.aaaa.absent

    @property
    def canonical(self) -> str:
        """Where a chain of aliases ends; empty if there is none."""
        chain = self.a.cnames or self.aaaa.cnames
        return chain[-1] if chain else ""

    @property
    def observed(self) -> tuple[str, ...]:
        return observed(self.a, self.aaaa)

    @property
    def why(self) -> str:
        return why(*self.both) or "addresses that cannot be read"


async def host_addresses(name: str, lookups: Asks) -> HostAddresses:
    a, aaaa = await asyncio.gather(lookups.ask(name, "A"), lookups.ask(name, "AAAA"))
    return HostAddresses(dotted(name), a, aaaa)


def addresses(answer: Answer) -> tuple[IPAddress, ...]:
    """The addresses of an A or AAAA answer; what is none (only a fuzzer sends that) is left out."""
    found = []
    for value in answer.values:
        try:
            found.append(ip_address(value))
        except ValueError:
            continue
    return tuple(found)


def observed(*answers: Answer) -> tuple[str, ...]:
    """The records seen, as `name TYPE value`, TXT in quotes string by string."""
    lines = []
    for answer in answers:
        owner = answer.name
        for target in answer.cnames:
            lines.append(f"{owner} CNAME {target}")
            owner = target
        lines += [f"{owner} {answer.type} {value}" for value in answer.values]
        lines += [
            f"{owner} {answer.type} " + " ".join(f'"{_text(part)}"' for part in parts)
            for parts in answer.texts
        ]
    return tuple(dict.fromkeys(lines))


def looked_for(*answers: Answer | None) -> tuple[str, ...]:
    """The records seen, and where there are none that: `name TYPE nodata`."""
    lines: list[str] = []
    for answer in answers:
        if answer is not None:
            lines += observed(answer)
        if answer is not None and answer.absent:
            lines.append(f"{answer.name} {answer.type} {answer.outcome.value}")
    return tuple(lines)


def seen(records: Iterable[Record]) -> tuple[str, ...]:
    """The same for records: `name TYPE value`, TXT in quotes."""
    return tuple(dict.fromkeys(f"{one.name} {one.type} {rdata(one)}" for one in records))


def seen_texts(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """The same for the joined values of TXT records."""
    return seen(Record(name, "TXT", value) for value in values)


def _text(part: bytes) -> str:
    return "".join(chr(b) if 0x20 <= b < 0x7F and b != 0x5C else f"\\{b:03d}" for b in part)


def why(*answers: Answer) -> str:
    """In words which lookups gave nothing that says anything."""
    return "; ".join(
        f"{answer.type} {answer.name} {answer.outcome.value}: {answer.reason}".rstrip(": ")
        for answer in answers
        if not answer.known
    )


def address_record(name: str, ip: IPAddress) -> Record:
    return Record(dotted(name), "A" if ip.version == 4 else "AAAA", str(ip))


def address_records(name: str, ips: Iterable[IPAddress]) -> tuple[Record, ...]:
    return tuple(address_record(name, ip) for ip in ips)


def host_records(host: MailHost) -> tuple[Record, ...]:
    """The A and AAAA records that our mail host should have."""
    return address_records(host.hostname, host.ips) if host.hostname else ()


def is_ours(found: HostAddresses, host: MailHost) -> bool:
    """The name leads to our mail host: by address, or by name where no addresses are set."""
    if host.ips:
        return not set(found.ips).isdisjoint(host.ips)
    return bool(host.hostname) and found.name == dotted(host.hostname)
