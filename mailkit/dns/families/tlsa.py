"""DANE for SMTP (RFC 7672): a TLSA record that names the key our mail host shows on port 25."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.connect import Served, served_certificates
from mailkit.dns.families.common import HostAddresses, host_addresses, looked_for, observed, why
from mailkit.dns.names import dotted
from mailkit.dns.networks import special_network
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import IPAddress, MailDomain, MailHost

FAMILY = "tlsa"
ANCHOR, END_ENTITY = 2, 3
# A name with more addresses than this is no single mail host.
MOST_ADDRESSES = 8
DIGEST_LENGTHS = {1: 64, 2: 128}
# dnspython's words for a digest whose length is not its matching type's.
WRONG_LENGTH = "data length inconsistent with matching type"
_RECORD = re.compile(r"(\d+) (\d+) (\d+) ([0-9a-f ]+)")


@dataclass(frozen=True)
class Pin:
    """One TLSA record, read."""

    value: str
    usage: int
    selector: int
    matching: int
    data: str

    @property
    def fault(self) -> str:
        """Why senders ignore it; empty if they do not (RFC 7672, 3.1.3)."""
        if self.usage not in (ANCHOR, END_ENTITY):
            return f"certificate usage {self.usage}: SMTP knows 2 and 3 only"
        if self.selector > 1:
            return f"selector {self.selector}"
        if self.matching not in (0, 1, 2):
            return f"matching type {self.matching}"
        length = DIGEST_LENGTHS.get(self.matching)
        if length and len(self.data) != length:
            return f"a digest of {len(self.data) // 2} bytes in place of {length // 2}"
        return ""


@dataclass(frozen=True)
class TlsaFacts:
    """`served` is what each address of the name shows, only where connections are allowed."""

    tlsa: Answer | None = None
    found: HostAddresses | None = None
    served: tuple[Served, ...] = ()

    @property
    def chains(self) -> tuple[tuple[bytes, ...], ...]:
        return tuple(dict.fromkeys(one.chain for one in self.served if one.chain))


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> TlsaFacts:
    if not host.hostname or not host.trusts_ad:
        return TlsaFacts()
    found = await host_addresses(host.hostname, lookups)
    tlsa = await lookups.ask(owner(host), "TLSA")
    if not host.connect or not (tlsa.values or found.a.secure or found.aaaa.secure):
        return TlsaFacts(tlsa, found)
    served = await asyncio.gather(
        *(served_certificates(ip, host.smtp_port, host.hostname) for ip in _receiving(host, found))
    )
    return TlsaFacts(tlsa, found, tuple(served))


def _receiving(host: MailHost, found: HostAddresses) -> list[IPAddress]:
    """The addresses that senders connect to, ours first: mail may be sent from others."""
    ours = [ip for ip in found.ips if ip in host.ips]
    others = [
        ip for ip in found.ips if ip not in ours and not special_network(ip, host.allowed_networks)
    ]
    return [*ours, *others][:MOST_ADDRESSES]


def owner(host: MailHost) -> str:
    return f"_25._tcp.{dotted(host.hostname)}"


def judge(domain: MailDomain, host: MailHost, facts: TlsaFacts) -> list[Check]:
    name = host.hostname
    if not name:
        return [skipped(FAMILY, "the mail host's name is not set")]
    if not host.trusts_ad:
        words = "the resolver is neither on this machine nor named as validating"
        return [skipped(FAMILY, words, host=name)]
    tlsa, found = facts.tlsa, facts.found
    if tlsa is not None and WRONG_LENGTH in tlsa.reason:
        return [_wrong_length(host, facts)]
    if tlsa is None or found is None or not tlsa.known:
        return [unknown(FAMILY, why(tlsa) if tlsa else "not looked up", host=name)]
    good = _good(host, facts.chains)
    if tlsa.absent:
        return [_missing(host, facts, good)]
    pins = [pin for pin in map(_read, tlsa.values) if pin]
    if not pins:
        return [unknown(FAMILY, "TLSA records that cannot be read", host=name)]
    about: dict[str, Any] = {"observed": observed(tlsa), "host": name}
    checks = []
    if not tlsa.secure or any(one.values and not one.secure for one in found.both):
        # Both have to be (RFC 7672, 2.2.2): an alias may lead out of the signed zone.
        checks.append(
            fail(
                FAMILY,
                "tlsa.not_secure",
                Severity.ERROR,
                expected="a signed zone: without DNSSEC senders ignore TLSA records",
                **about,
            )
        )
    bad = [pin for pin in pins if pin.fault]
    if bad:
        checks.append(
            fail(
                FAMILY,
                "tlsa.syntax",
                Severity.ERROR,
                expected=good[0].value if good else "3 1 1 and the SHA-256 of the public key",
                publish=_not_there(good, tlsa),
                remove=tuple(_record(host, pin) for pin in bad),
                params={"why": "; ".join(pin.fault for pin in bad)},
                **about,
            )
        )
    usable = [pin for pin in pins if not pin.fault]
    return (checks + _compare(host, facts, usable, tlsa)) or [passed(FAMILY, **about)]


def _wrong_length(host: MailHost, facts: TlsaFacts) -> Check:
    """Of such an answer no record can be read, so that nobody can say which of them is wrong."""
    good = _good(host, facts.chains)
    return fail(
        FAMILY,
        "tlsa.syntax",
        Severity.ERROR,
        observed=(f"{owner(host)} TLSA (cannot be read)",),
        expected=good[0].value if good else "3 1 1 and the SHA-256 of the public key",
        publish=good,
        params={"why": "a digest that is too short or too long for its matching type"},
        host=host.hostname,
    )


def _missing(host: MailHost, facts: TlsaFacts, good: tuple[Record, ...]) -> Check:
    found, tlsa = facts.found, facts.tlsa
    if found is None or not found.known:
        return unknown(FAMILY, found.why if found else "not looked up", host=host.hostname)
    if not (found.a.secure or found.aaaa.secure):
        words = "the mail host's zone is not signed: TLSA records would be ignored"
        return skipped(FAMILY, words, host=host.hostname)
    return fail(
        FAMILY,
        "tlsa.missing",
        Severity.NOTICE,
        observed=looked_for(tlsa),
        expected=good[0].value if good else "3 1 1 and the SHA-256 of the public key",
        publish=good,
        host=host.hostname,
    )


def _compare(host: MailHost, facts: TlsaFacts, usable: list[Pin], tlsa: Answer) -> list[Check]:
    about: dict[str, Any] = {"observed": observed(tlsa), "host": host.hostname}
    if not usable:
        return []
    unread = [one.reason or "no certificate" for one in facts.served if not one.chain]
    if host.connect and facts.found and not facts.found.known:
        unread.append(facts.found.why)
    if not facts.served and not unread:
        words = "connections are switched off, or the name has no address to connect to"
        return [skipped(FAMILY, words, **about)]
    chains = facts.chains
    checks = [unknown(FAMILY, "; ".join(unread), **about)] if unread else []
    strange = [chain for chain in chains if not any(_matches(pin, chain) for pin in usable)]
    if strange:
        # Those of a machine that could not be asked stay.
        idle = [pin for pin in usable if not any(_matches(pin, chain) for chain in chains)]
        good = _good(host, strange)
        mismatch = fail(
            FAMILY,
            "tlsa.mismatch",
            Severity.CRITICAL,
            expected=good[0].value if good else "the key that the mail host shows",
            publish=good,
            remove=tuple(_record(host, pin) for pin in idle if not unread),
            **about,
        )
        return [mismatch, *checks]
    if chains and len(usable) == 1 and usable[0].usage == END_ENTITY:
        # A second record, for the next key or for the authority, bridges the change of the key
        # (RFC 7671, 8.1): caches have the old record for a while.
        rollover = fail(
            FAMILY,
            "tlsa.no_rollover",
            Severity.WARNING,
            expected="a second record for the next key, or for the authority's",
            publish=_issuer(host, chains[0]),
            **about,
        )
        return [rollover, *checks]
    return checks


def _read(value: str) -> Pin | None:
    found = _RECORD.fullmatch(value)
    if not found:
        return None
    data = found[4].replace(" ", "")
    return Pin(value, int(found[1]), int(found[2]), int(found[3]), data)


def _record(host: MailHost, pin: Pin) -> Record:
    return Record(owner(host), "TLSA", pin.value)


def _matches(pin: Pin, chain: tuple[bytes, ...]) -> bool:
    candidates = chain[:1] if pin.usage == END_ENTITY else chain[1:]
    return any(_digest(pin, der) == pin.data for der in candidates)


def _digest(pin: Pin, der: bytes) -> str:
    data = der if pin.selector == 0 else public_key(der)
    if pin.matching == 0:
        return data.hex()
    algorithm = hashlib.sha256 if pin.matching == 1 else hashlib.sha512
    return algorithm(data).hexdigest()


def public_key(der: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate; empty for one that cannot be read."""
    try:
        key = x509.load_der_x509_certificate(der).public_key()
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError:
        return b""


def _good(host: MailHost, chains: Iterable[tuple[bytes, ...]]) -> tuple[Record, ...]:
    """The keys that are shown; and the authority's, for the day they show the next one."""
    both = ((*_pinned(host, END_ENTITY, one[:1]), *_issuer(host, one)) for one in chains)
    return tuple(dict.fromkeys(record for records in both for record in records))


def _issuer(host: MailHost, chain: tuple[bytes, ...]) -> tuple[Record, ...]:
    return _pinned(host, ANCHOR, chain[1:2])


def _pinned(host: MailHost, usage: int, ders: tuple[bytes, ...]) -> tuple[Record, ...]:
    """`usage 1 1`: the key, not the certificate, so that a renewal with the same key changes
    nothing (RFC 7671, 5.1).
    """
    keys = [key for key in map(public_key, ders) if key]
    return tuple(
        Record(owner(host), "TLSA", f"{usage} 1 1 {hashlib.sha256(key).hexdigest()}")
        for key in keys
    )


def _not_there(records: tuple[Record, ...], tlsa: Answer) -> tuple[Record, ...]:
    return tuple(record for record in records if record.value not in tlsa.values)
