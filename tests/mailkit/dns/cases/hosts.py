"""The mail host: its names by address, the name in HELO, blocklists, and the key it shows."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from mailkit.dns.families.tlsa import public_key
from mailkit.dns.results import Status
from tests.mailkit.dns.cases import LABORATORY, Case, Names
from tests.mailkit.dns.cases.mending import by_delisting, by_setting, by_signing
from tests.servers.tls import certificate, smtp_server

FORWARD = "{h}. A {ip4}\n{h}. AAAA {ip6}\n"
REVERSE6 = "{rev6}. PTR {h}.\n"
BOTH = FORWARD + REVERSE6 + "{rev4}. PTR {h}.\n"
PTR = [
    Case("ptr.missing", FORWARD + REVERSE6, BOTH, bare=True),
    Case("ptr.missing", FORWARD + "{rev4}. PTR {h}.", BOTH, bare=True),
    Case("ptr.missing", "{h}. A {ip4}\n" + REVERSE6, BOTH, bare=True),
    Case(
        "ptr.not_confirmed",
        FORWARD + REVERSE6 + "{rev4}. PTR other.{d}.\nother A 192.0.2.99",
        BOTH + "{rev4}. PTR other.{d}.\nother A 192.0.2.99",
        bare=True,
    ),
    Case(
        "ptr.not_confirmed",
        "{h}. A 192.0.2.99\n{h}. AAAA {ip6}\n{rev4}. PTR {h}.\n" + REVERSE6,
        BOTH + "{h}. A 192.0.2.99",
        bare=True,
    ),
    Case(
        "ptr.helo_mismatch",
        FORWARD + REVERSE6 + "{rev4}. PTR other.{d}.\nother A {ip4}",
        BOTH + "{rev4}. PTR other.{d}.\nother A {ip4}",
        bare=True,
    ),
    Case(
        "ptr.generic",
        FORWARD + REVERSE6 + "{rev4}. PTR dyn-4.{d}.\ndyn-4 A {ip4}",
        FORWARD + REVERSE6 + "{rev4}. PTR dynamo4.{d}.\ndynamo4 A {ip4}",
        bare=True,
    ),
    Case("ptr.multiple", BOTH + "{rev4}. PTR other.{d}.\nother A {ip4}", BOTH, bare=True),
]
HELO = [
    Case("helo.no_address", "@ TXT x", FORWARD, bare=True, fine_host={"ips": ()}),
    Case(
        "helo.not_fqdn",
        FORWARD + '{h}. TXT "v=spf1 a -all"',
        FORWARD + '{h}. TXT "v=spf1 a -all"',
        bare=True,
        host={"hostname": "mail"},
        fine_host={"hostname": "mx-{d}"},
        mend=by_setting,
    ),
    Case("helo.spf", FORWARD, FORWARD + '{h}. TXT "v=spf1 a -all"', bare=True),
    Case(
        "helo.spf",
        FORWARD + '{h}. TXT "v=spf1 ip4:192.0.2.99 -all"\n{h}. TXT "other words"',
        FORWARD + '{h}. TXT "v=spf1 a:{h} -all"\n{h}. TXT "other words"',
        bare=True,
    ),
]
LIST = '2.0.0.127.bl A 127.0.0.2\n2.0.0.127.bl TXT "test"\n'
BL: dict[str, Any] = {"host": {"dnsbls": ("bl.{d}",)}}
DNSBL = [
    Case(
        "dnsbl.listed",
        LIST + "{list4}.bl A 127.0.0.4\n{list4}.bl TXT https://bl.test/{ip4}",
        LIST,
        mend=by_delisting,
        **BL,
    ),
    Case("dnsbl.listed", LIST + "{list6}.bl A 127.0.0.4", LIST, mend=by_delisting, **BL),
    Case(
        "dnsbl.refused",
        "*.bl A 127.255.255.254",
        LIST,
        mend=None,
        status=Status.UNKNOWN,
        **BL,
    ),
]


@contextlib.contextmanager
def smtp(names: Names) -> Iterator[Mapping[str, Any]]:
    """Our mail host on loopback; its addresses in DNS stay what they are."""
    with smtp_server(names.h) as port:
        yield {"connect": True, "ips": (ip_address("127.0.0.1"),), "smtp_port": port}


def pinned(usage: int, names: Names) -> str:
    shown = certificate(names.h)
    der = shown.der if usage == 3 else shown.authority_der
    return f"{usage} 1 1 {hashlib.sha256(public_key(der)).hexdigest()}"


OWN: dict[str, Any] = {
    "hostname": "mx.{d}",
    "around": smtp,
    "signed": True,
    "bare": True,
    "host": {"allowed_networks": (*LABORATORY, ip_network("127.0.0.0/8"))},
}
HOST = "mx A 127.0.0.1\n"


def tlsa(*values: str) -> Callable[[Names], str]:
    """Our host with these TLSA records; `3` and `2` stand for the keys that are shown."""

    def text(names: Names) -> str:
        pins = [pinned(int(one), names) if one in "23" else one for one in values]
        return HOST + "".join(f"_25._tcp.mx TLSA {pin}\n" for pin in pins)

    return text


OTHER = "3 1 1 " + "ab" * 32
TLSA = [
    Case("tlsa.missing", HOST, tlsa("3"), **OWN),
    Case("tlsa.mismatch", tlsa(OTHER), tlsa("3", OTHER), **OWN),
    Case("tlsa.mismatch", tlsa("2 1 1 " + "ab" * 32), tlsa("2"), **OWN),
    Case("tlsa.syntax", tlsa("1 1 1 " + "ab" * 32), tlsa("3"), **OWN),
    Case("tlsa.syntax", tlsa("3", "3 2 1 " + "ab" * 32), tlsa("3", "3 1 2 " + "ab" * 64), **OWN),
    Case("tlsa.no_rollover", tlsa("3"), tlsa("3", "2"), **OWN),
    Case(
        "tlsa.not_secure",
        tlsa("3", "2"),
        tlsa("3", "2"),
        parent="signed-parent.test",
        mend=by_signing,
        **{**OWN, "anchor": False},
    ),
]
CASES = [*PTR, *HELO, *DNSBL, *TLSA]
