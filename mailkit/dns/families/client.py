"""What mail programs ask DNS when somebody types an address: SRV (RFC 6186, 8314), autoconfig."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.families.common import HostAddresses, host_addresses, is_ours, observed, why
from mailkit.dns.names import dotted, is_hostname
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import MailDomain, MailHost

FAMILY = "client"
# Both with TLS from the first byte, as RFC 8314, 3.3 wants it.
SERVICES = {"_imaps._tcp": 993, "_submissions._tcp": 465}
HELPERS = {"autoconfig": "client.autoconfig", "autodiscover": "client.autodiscover"}


@dataclass(frozen=True)
class ClientFacts:
    """`services` by their label, `helpers` (autoconfig: Thunderbird; autodiscover: Outlook)."""

    services: dict[str, Answer]
    helpers: dict[str, Answer]
    targets: dict[str, HostAddresses]


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> ClientFacts:
    if _skip(domain, host):
        return ClientFacts({}, {}, {})
    answers = await asyncio.gather(
        *(lookups.ask(f"{label}.{domain.name}", "SRV") for label in SERVICES),
        *(lookups.ask(f"{label}.{domain.name}", "A") for label in HELPERS),
    )
    services = dict(zip(SERVICES, answers, strict=False))
    helpers = dict(zip(HELPERS, answers[len(SERVICES) :], strict=True))
    others = {
        target
        for answer in services.values()
        for _, target in _parsed(answer)
        if target != dotted(host.hostname) and is_hostname(target)
    }
    found = await asyncio.gather(*(host_addresses(name, lookups) for name in sorted(others)))
    # A host with IPv6 only is an address too.
    for label, answer in helpers.items():
        if answer.absent:
            helpers[label] = _better(answer, await lookups.ask(f"{label}.{domain.name}", "AAAA"))
    return ClientFacts(services, helpers, dict(zip(sorted(others), found, strict=True)))


def _better(a: Answer, aaaa: Answer) -> Answer:
    return a if aaaa.absent else aaaa


def _parsed(answer: Answer) -> list[tuple[int, str]]:
    """(port, target) of each SRV record that can be read."""
    found = []
    for value in answer.values:
        parts = value.split()
        if len(parts) == 4 and parts[2].isascii() and parts[2].isdigit():
            found.append((int(parts[2]), dotted(parts[3])))
    return found


def _skip(domain: MailDomain, host: MailHost) -> str:
    if not host.hostname:
        return "the mail host's name is not set"
    if domain.send_only or domain.receives_elsewhere:
        return "the domain has no mailboxes here"
    return ""


def judge(domain: MailDomain, host: MailHost, facts: ClientFacts) -> list[Check]:
    reason = _skip(domain, host)
    if reason:
        return [skipped(FAMILY, reason)]
    checks = []
    for label, answer in facts.services.items():
        checks += _service(domain, host, facts, label, answer)
    for label, answer in facts.helpers.items():
        name = f"{label}.{domain.name}."
        if not answer.known:
            checks.append(unknown(FAMILY, why(answer)))
        elif answer.absent:
            checks.append(
                fail(
                    FAMILY,
                    HELPERS[label],
                    Severity.NOTICE,
                    observed=(f"{name} {answer.outcome.value}", *observed(answer)),
                    expected=f"CNAME {dotted(host.hostname)}",
                    publish=(Record(name, "CNAME", dotted(host.hostname)),),
                    remove=tuple(Record(name, "CNAME", one) for one in answer.cnames[:1]),
                )
            )
    seen = tuple(
        line
        for answer in (*facts.services.values(), *facts.helpers.values())
        for line in observed(answer)
    )
    return checks or [passed(FAMILY, observed=seen)]


def _service(
    domain: MailDomain, host: MailHost, facts: ClientFacts, label: str, answer: Answer
) -> list[Check]:
    if not answer.known:
        return [unknown(FAMILY, why(answer))]
    name = f"{label}.{domain.name}."
    port = SERVICES[label]
    good = Record(name, "SRV", f"0 1 {port} {dotted(host.hostname)}")
    params: dict[str, str | int] = {"service": label, "port": port}
    if answer.absent:
        return [
            fail(
                FAMILY,
                "client.srv_missing",
                Severity.NOTICE,
                observed=(f"{name} SRV {answer.outcome.value}",),
                expected=good.value,
                publish=(good,),
                params=params,
            )
        ]
    wrong, checks, right = [], [], False
    for value in answer.values:
        for found_port, target in _parsed(_only(answer, value)) or [(0, ".")]:
            found = facts.targets.get(target)
            ours = target == dotted(host.hostname) or (found is not None and is_ours(found, host))
            if ours and found_port == port:
                right = True
            elif found is not None and not ours and not found.known:
                checks.append(unknown(FAMILY, found.why))
            else:
                wrong.append(value)
    if wrong:
        checks.append(
            fail(
                FAMILY,
                "client.srv_wrong",
                Severity.WARNING,
                observed=observed(answer),
                expected=good.value,
                publish=() if right else (good,),
                remove=tuple(Record(name, "SRV", value) for value in wrong),
                params=params,
            )
        )
    return checks


def _only(answer: Answer, value: str) -> Answer:
    return Answer(answer.name, answer.type, answer.outcome, (value,))
