"""MTA-STS (RFC 8461): a policy, fetched over HTTPS, that mail for the domain comes by TLS only."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.connect import POLICY_PATH, Fetched, fetch_policy
from mailkit.dns.families.common import (
    HostAddresses,
    address_record,
    host_addresses,
    looked_for,
    observed,
    why,
)
from mailkit.dns.families.sts_policy import DEFAULT_AGE, MODES, Policy, read, write
from mailkit.dns.names import dotted
from mailkit.dns.networks import special_network
from mailkit.dns.records import txt_value
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import MailDomain, MailHost

FAMILY = "sts"
ONE_DAY = 86_400
_CANDIDATE = re.compile(rb"\s*v\s*=\s*sts", re.IGNORECASE)
# Whatever begins in another way is discarded before senders count (RFC 8461, 3.1).
_COUNTED = re.compile(rb"v=STSv1[ \t]*;")
# RFC 8461, 3.1: version first, then fields ended by semicolons; the last one may lack it.
_GRAMMAR = re.compile(
    r"v=STSv1[ \t]*;[ \t]*([^;=\s]+=[^;\s]+[ \t]*;[ \t]*)*([^;=\s]+=[^;\s]+)?[ \t]*"
)
_ID = re.compile(r"(?:^|;)[ \t]*id=([A-Za-z0-9]{1,32})[ \t]*(?:;|$)")


@dataclass(frozen=True)
class StsFacts:
    """`new_id` is the time of the probe; `fetched` only where a policy was looked for."""

    txt: Answer | None = None
    mx: Answer | None = None
    found: HostAddresses | None = None
    fetched: Fetched | None = None
    new_id: str = ""


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> StsFacts:
    if domain.send_only or domain.receives_elsewhere:
        return StsFacts()
    txt, mx = await asyncio.gather(
        lookups.ask(f"_mta-sts.{domain.name}", "TXT"), lookups.ask(domain.name, "MX")
    )
    new_id = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    if not candidates(txt) or not host.connect:
        return StsFacts(txt, mx, new_id=new_id)
    name = f"mta-sts.{domain.name}"
    found = await host_addresses(name, lookups)
    public = [ip for ip in found.ips if not special_network(ip, host.allowed_networks)]
    fetched = None
    for ip in public[:2]:
        fetched = await fetch_policy(ip, host.https_port, name, host.trust_file)
        if not fetched.reason:
            break
    return StsFacts(txt, mx, found, fetched, new_id)


def candidates(txt: Answer) -> list[bytes]:
    """The TXT records that are meant to be MTA-STS."""
    return [raw for raw in txt.joined if _CANDIDATE.match(raw)]


def counted(txt: Answer) -> list[bytes]:
    """Those of them that senders count; all, where they count none and so see no policy."""
    found = candidates(txt)
    return [raw for raw in found if _COUNTED.match(raw)] or found


def record_id(raw: bytes) -> str:
    """The id of a record; empty for one that senders ignore."""
    text = raw.decode("ascii", "replace")
    found = _ID.search(text) if _GRAMMAR.fullmatch(text) else None
    return found[1] if found else ""


def judge(domain: MailDomain, host: MailHost, facts: StsFacts) -> list[Check]:
    if domain.send_only or domain.receives_elsewhere:
        return [skipped(FAMILY, "the domain receives no mail here")]
    txt = facts.txt
    if txt is None or not txt.known:
        return [unknown(FAMILY, why(txt) if txt else "not looked up")]
    found = counted(txt)
    if not found:
        return [_missing(domain, host, facts)]
    checks = _record_faults(domain, facts, txt, found)
    if not host.connect:
        return checks or [skipped(FAMILY, "connections are switched off", observed=observed(txt))]
    valid = [raw for raw in found if record_id(raw)]
    return checks + _fetched(domain, host, facts, txt, record_id(valid[0]) if valid else "")


def _missing(domain: MailDomain, host: MailHost, facts: StsFacts) -> Check:
    alias = (
        (Record(f"mta-sts.{domain.name}.", "CNAME", dotted(host.hostname)),)
        if host.hostname
        else ()
    )
    return fail(
        FAMILY,
        "sts.missing",
        Severity.NOTICE,
        observed=looked_for(facts.txt),
        expected=_suggested(host, facts, "testing"),
        publish=(_txt(domain, facts.new_id), *alias),
        params={"url": f"https://mta-sts.{domain.name}{POLICY_PATH}"},
    )


def _txt(domain: MailDomain, new_id: str) -> Record:
    return Record(f"_mta-sts.{domain.name}.", "TXT", f"v=STSv1; id={new_id};")


def _record_faults(
    domain: MailDomain, facts: StsFacts, txt: Answer, found: list[bytes]
) -> list[Check]:
    """Several records count as none (3.1), and so does one that the grammar refuses."""
    valid = [raw for raw in found if record_id(raw)]
    keep = valid[0] if valid else b""
    remove = tuple(
        Record(f"_mta-sts.{domain.name}.", "TXT", txt_value(raw)) for raw in found if raw != keep
    )
    publish = () if valid else (_txt(domain, facts.new_id),)
    about = {"observed": observed(txt), "publish": publish, "remove": remove}
    checks = []
    if len(found) > 1:
        words = "one record of STSv1"
        checks.append(fail(FAMILY, "sts.multiple", Severity.ERROR, expected=words, **about))
    if len(valid) < len(found):
        words = f"v=STSv1; id={facts.new_id};"
        checks.append(fail(FAMILY, "sts.record", Severity.ERROR, expected=words, **about))
    return checks


def _fetched(
    domain: MailDomain, host: MailHost, facts: StsFacts, txt: Answer, seen_id: str
) -> list[Check]:
    found, fetched = facts.found, facts.fetched
    if found is None or (not found.ips and not found.absent):
        return [unknown(FAMILY, found.why if found else "not looked up")]
    url = f"https://mta-sts.{domain.name}{POLICY_PATH}"
    wanted = _suggested(host, facts, "testing")
    if found.absent or fetched is None:
        return [_unreachable(domain, host, found, wanted)]
    if fetched.reason:
        return [unknown(FAMILY, f"{url}: {fetched.reason}")]
    if fetched.fault:
        return [
            fail(
                FAMILY,
                "sts.policy_fetch",
                Severity.ERROR,
                observed=(f"{url}: {fetched.fault}",),
                expected=wanted,
                params={"url": url, "why": fetched.fault},
            )
        ]
    return _policy(domain, host, facts, txt, fetched.text, seen_id)


def _unreachable(domain: MailDomain, host: MailHost, found: HostAddresses, wanted: str) -> Check:
    """The policy's name leads nowhere, or into a network that the Internet does not reach."""
    special = [special_network(ip, host.allowed_networks) for ip in found.ips]
    words = f"addresses of special networks: {', '.join(special)}" if special else "no address"
    name = f"mta-sts.{domain.name}."
    cnames = found.a.cnames or found.aaaa.cnames
    direct = () if cnames else found.ips
    old = (
        *(Record(name, "CNAME", one) for one in cnames[:1]),
        *(address_record(name, ip) for ip in direct),
    )
    alias = (Record(name, "CNAME", dotted(host.hostname)),) if host.hostname else ()
    return fail(
        FAMILY,
        "sts.policy_fetch",
        Severity.ERROR,
        observed=found.observed or looked_for(found.a, found.aaaa),
        expected=wanted,
        publish=alias,
        remove=old,
        params={"url": f"https://{name[:-1]}{POLICY_PATH}", "why": words},
    )


def _policy(
    domain: MailDomain, host: MailHost, facts: StsFacts, txt: Answer, text: str, seen_id: str
) -> list[Check]:
    policy = read(text)
    lines = tuple(text.splitlines())
    url = f"https://mta-sts.{domain.name}{POLICY_PATH}"
    params: Mapping[str, str | int] = {"url": url, "id": seen_id, "policy": text}
    mode = policy.mode if policy.mode in MODES else "testing"
    about = {"observed": lines or (f"{url}: empty",), "expected": _suggested(host, facts, mode)}
    if policy.faults:
        words = "; ".join(policy.faults)
        more = {**params, "why": words}
        return [fail(FAMILY, "sts.policy", Severity.ERROR, params=more, **about)]
    checks = _mx(facts, policy, params, about)
    if policy.mode != "enforce":
        weak = {**about, "params": {**params, "mode": policy.mode}}
        weak["expected"] = _suggested(host, facts, "enforce")
        checks.append(fail(FAMILY, "sts.testing", Severity.WARNING, **weak))
    if policy.max_age < ONE_DAY:
        age = {**params, "max_age": policy.max_age}
        checks.append(fail(FAMILY, "sts.max_age", Severity.WARNING, params=age, **about))
    if domain.sts_policy and seen_id == domain.sts_id and domain.sts_policy != text:
        checks.append(
            fail(
                FAMILY,
                "sts.id_stale",
                Severity.WARNING,
                observed=observed(txt),
                expected=f"v=STSv1; id={facts.new_id};",
                publish=(_txt(domain, facts.new_id),),
                remove=tuple(
                    Record(f"_mta-sts.{domain.name}.", "TXT", txt_value(raw))
                    for raw in counted(txt)
                ),
                # What the id stood for at first: the fault lasts until the id changes.
                params={**params, "known_policy": domain.sts_policy},
            )
        )
    return checks or [passed(FAMILY, observed=(*observed(txt), *lines), params={**params})]


def _mx(
    facts: StsFacts,
    policy: Policy,
    params: Mapping[str, str | int],
    about: Mapping[str, Any],
) -> list[Check]:
    """A host that the policy lacks gets no mail from senders that keep to it (`enforce`)."""
    if policy.mode == "none" or facts.mx is None:
        return []
    if not facts.mx.known:
        return [unknown(FAMILY, why(facts.mx))]
    missing = [host for host in mx_hosts(facts.mx) if not policy.covers(host)]
    if not missing:
        return []
    severity = Severity.CRITICAL if policy.mode == "enforce" else Severity.WARNING
    more = {**params, "target": ", ".join(missing), "mode": policy.mode}
    return [fail(FAMILY, "sts.mx_mismatch", severity, params=more, **about)]


def mx_hosts(mx: Answer) -> list[str]:
    """The targets of MX records, without their last dot, the null MX left out."""
    names = [value.partition(" ")[2].rstrip(".") for value in mx.values]
    return [name for name in dict.fromkeys(names) if name]


def _suggested(host: MailHost, facts: StsFacts, mode: str) -> str:
    hosts = mx_hosts(facts.mx) if facts.mx else []
    return write(mode, hosts or ([host.hostname] if host.hostname else []), DEFAULT_AGE)
