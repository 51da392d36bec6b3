"""How a fault is mended that the suggested records alone do not mend, and which ones that are."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from mailkit.dkim.files import write_key
from mailkit.dns.dkim_keys import make_rsa, read_key_dir
from mailkit.dns.dkim_record import key_record
from mailkit.dns.lookups import Lookups
from mailkit.dns.results import Check, Record
from mailkit.dns.run import check_family
from mailkit.dns.wire import server
from tests.mailkit.dns.cases import Side, by_records
from tests.servers.dns import DnsServers

# These two begin carefully: what is suggested first has to be followed by more, once reports say
# that nobody's mail is hit.
BEGINNINGS = {
    "dmarc.p_none": ("dmarc.missing", "dmarc.bad_tag", "dmarc.p_missing"),
    "sts.testing": ("sts.missing", "sts.policy_fetch", "sts.policy"),
}
# By code, what has to be done in the place of publishing a record, or before there is one.
NOT_BY_RECORDS = {
    "domain.nxdomain": "somebody has to register the domain, or delegate it",
    "domain.bad_name": "a name that DNS cannot hold has to become another name",
    "domain.dnssec_bogus": "the DS lies at the registrar, or the zone has to be signed anew",
    "helo.not_fqdn": "the server's own setting has the name (myhostname)",
    "dkim.no_key": "a key has to be made first",
    "dkim.weak": "a longer key has to be made first",
    "dkim.ed25519_only": "an RSA key has to be made first",
    "sts.policy": "the policy is a file on a web server",
    "sts.mx_mismatch": "the policy is a file on a web server",
    "sts.testing": "the policy is a file on a web server",
    "sts.max_age": "the policy is a file on a web server",
    "tlsa.not_secure": "the zone has to be signed, and the zone above has to say so",
    "spf.include_unknown": "somebody else's name server has to answer again",
    "dnsbl.listed": "the list takes an address out when asked to",
    "dnsbl.refused": "the list has to answer the resolver's questions",
}


def checks_of(side: Side, servers: DnsServers, family: str = "") -> list[Check]:
    """What the family of the case, or another, says by the resolver in front of these servers."""

    async def checks() -> list[Check]:
        lookups = Lookups([server(servers.resolver)])
        return await check_family(family or side.case.family, side.mail_domain(), host, lookups)

    with side.around(side.names) if side.around else nullcontext({}) as more:
        host = side.mail_host(more)
        return asyncio.run(checks())


def by_registering(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """The domain gets a zone."""
    servers.load({f"{side.names.d}.": ""})
    return side


def by_another_name(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """The domain is called what it is called in the near miss."""
    return side.changed(domain={**side.case.domain, **side.case.fine_domain})


def by_setting(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """The mail host's settings become those of the near miss."""
    return side.changed(host={**side.case.host, **side.case.fine_host})


def by_signing(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """The name server signs the zone; then the DS that is suggested goes into the zone above."""
    servers.sign(f"{side.names.d}.")
    return by_records(side, checks_of(side, servers, "dnssec"), servers)


def by_right_ds(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """Resolvers find the DS of the key that the zone is signed with."""
    servers.sign(f"{side.names.d}.")
    return side


def by_delisting(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """The list takes out what was seen there."""
    seen = [line.split(" ", 2) for check in found for line in check.observed]
    servers.publish([], [Record(name, kind, value.strip('"')) for name, kind, value in seen])
    return side


def by_new_key(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """A new RSA key where the signer reads it, its record, and it signs in the place of the weak.

    An Ed25519 key goes on signing beside it.
    """
    domain = side.mail_domain()
    with tempfile.TemporaryDirectory() as directory:
        selector = domain.selectors[-1] if domain.selectors else "made"
        write_key(Path(directory) / f"{domain.name}.{selector}.key", make_rsa().pem)
        (made,) = read_key_dir(Path(directory), [domain.name]).keys[domain.name]
    servers.publish([key_record(domain.name, made)])
    beside = domain.keys if side.case.code == "dkim.ed25519_only" else ()
    return side.changed(domain={**side.case.domain, "keys": (*beside, made), "selectors": ()})
