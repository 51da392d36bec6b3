"""The families in the order in which they are shown; a new one is a line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mailkit.dns.answers import Asks
from mailkit.dns.families import (
    bimi,
    caa,
    client,
    dkim,
    dmarc,
    dnsbl,
    dnssec,
    domain,
    helo,
    mx,
    ptr,
    spf,
    sts,
    tlsa,
    tlsrpt,
)
from mailkit.dns.results import Check
from mailkit.dns.subject import MailDomain, MailHost


@dataclass(frozen=True)
class Family:
    """`probe` looks, `judge` decides. Host-level ones look at the mail host, once a run."""

    name: str
    probe: Callable[[MailDomain, MailHost, Asks], Awaitable[Any]]
    judge: Callable[[MailDomain, MailHost, Any], list[Check]]
    host_level: bool = False


FAMILIES: tuple[Family, ...] = (
    Family("domain", domain.probe, domain.judge),
    Family("mx", mx.probe, mx.judge),
    Family("ptr", ptr.probe, ptr.judge, host_level=True),
    Family("helo", helo.probe, helo.judge, host_level=True),
    Family("spf", spf.probe, spf.judge),
    Family("dkim", dkim.probe, dkim.judge),
    Family("dmarc", dmarc.probe, dmarc.judge),
    Family("dnssec", dnssec.probe, dnssec.judge),
    Family("tlsa", tlsa.probe, tlsa.judge, host_level=True),
    Family("sts", sts.probe, sts.judge),
    Family("tlsrpt", tlsrpt.probe, tlsrpt.judge),
    Family("caa", caa.probe, caa.judge),
    Family("client", client.probe, client.judge),
    Family("bimi", bimi.probe, bimi.judge),
    Family("dnsbl", dnsbl.probe, dnsbl.judge, host_level=True),
)
BY_NAME = {family.name: family for family in FAMILIES}
