"""Zones in memory for the pages: domains in every state, and lookups that answer from them."""

from __future__ import annotations

from collections.abc import Callable

from mailkit.dns.answers import Asks, Outcome
from mailkit.dns.records import rdata
from mailkit.dns.results import Record
from tests.mailkit.dns.dkim_cases import p_of, rsa_of
from tests.mailkit.dns.zones import Zones

HOST_NAME = "mail.host.test"
HOST_ZONE = "mail A 192.0.2.10\n"
REVERSE = "10 PTR mail.host.test.\n"
KEY = rdata(Record("", "TXT", f"v=DKIM1; k=rsa; p={p_of(rsa_of(2048))}"))
DKIM = f"mail._domainkey TXT {KEY}\n"
GOOD = f"""
{DKIM}
@ MX 10 {HOST_NAME}.
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:postmaster@{{name}}"
"""
NO_SPF = f"@ MX 10 {HOST_NAME}.\n"
TWO_SPF = f"""
{DKIM}
@ MX 10 {HOST_NAME}.
@ TXT "v=spf1 include:_spf.far.test ~all"
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=none"
"""
SOFT = f"""
{DKIM}
@ MX 10 {HOST_NAME}.
@ TXT "v=spf1 mx ?all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:postmaster@{{name}}"
"""


class Answers(Zones):
    """Zones with what a run asks of its lookups. `down`: no resolver answers."""

    down = False

    async def alive(self) -> bool:
        return not self.down

    def within(self, domain: str) -> Asks:
        return self

    def load(self, origin: str, text: str) -> Answers:
        super().load(origin, text.replace("{name}", origin))
        return self


def answers(faults: dict[str, Outcome] | None = None, **domains: str) -> Answers:
    """Lookups that know our mail host and these domains (`a_test="@ MX ..."`)."""
    found = Answers(faults)
    found.load("host.test", HOST_ZONE)
    found.load("2.0.192.in-addr.arpa", REVERSE)
    found.load("far.test", '_spf TXT "v=spf1 ip4:198.51.100.0/24 -all"\n')
    for name, text in domains.items():
        found.load(name.replace("_", "."), text)
    return found


Use = Callable[[Answers], Answers]
