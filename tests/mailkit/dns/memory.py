"""What a case of a family's catalogue is: a zone, who asks, and the codes that must come of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from mailkit.dns.answers import Asks, Outcome
from mailkit.dns.results import Check, Status
from mailkit.dns.subject import MailDomain, MailHost
from tests.mailkit.dns.zones import Zones

DOMAIN = "example.test"
HOST = MailHost("mx.host.test", (ip_address("192.0.2.10"), ip_address("2001:db8::10")))
PLAIN = MailDomain(DOMAIN)
HOST_ZONE = "mx A 192.0.2.10\nmx AAAA 2001:db8::10\n@ MX 10 mx\n"


@dataclass(frozen=True)
class Case:
    """`zone` (of example.test) and `others` make exactly `codes`; `near` must not make them.

    `mends` says that publishing what is suggested takes the codes away. `faults` are names that
    answer with a fault, which only zones in memory can play.
    """

    codes: tuple[str, ...]
    zone: str
    near: str | None = None
    others: dict[str, str] = field(default_factory=dict)
    near_others: dict[str, str] | None = None
    faults: dict[str, Outcome] = field(default_factory=dict)
    domain: MailDomain = PLAIN
    near_domain: MailDomain | None = None
    host: MailHost = HOST
    mends: bool = True
    name: str = ""

    @property
    def id(self) -> str:
        return self.name or "+".join(self.codes) or "fine"

    def zones(self, *, near: bool = False) -> dict[str, str]:
        """Zone texts by origin: the domain's, the mail host's, and others."""
        others = self.others if not near or self.near_others is None else self.near_others
        return {DOMAIN: self.near or "" if near else self.zone, "host.test": HOST_ZONE, **others}

    def subject(self, *, near: bool = False) -> MailDomain:
        return self.near_domain or self.domain if near else self.domain


Probe = Callable[[MailDomain, MailHost, Asks], Awaitable[Any]]
Judge = Callable[[MailDomain, MailHost, Any], list[Check]]


def loaded(case: Case, *, near: bool = False) -> Zones:
    zones = Zones(case.faults)
    for origin, text in case.zones(near=near).items():
        zones.load(origin, text)
    return zones


def checks_of(module: Any, domain: MailDomain, host: MailHost, lookups: Asks) -> list[Check]:
    facts = asyncio.run(module.probe(domain, host, lookups))
    return module.judge(domain, host, facts)


def failed(checks: list[Check]) -> set[str]:
    return {check.code for check in checks if check.status == Status.FAIL}


def assert_case(module: Any, case: Case) -> None:
    """The codes come, and no others of the family; the near miss makes none of them; it mends."""
    zones = loaded(case)
    checks = checks_of(module, case.domain, case.host, zones)
    assert failed(checks) == set(case.codes), checks
    if case.near is not None or case.near_others is not None or case.near_domain is not None:
        near = checks_of(module, case.subject(near=True), case.host, loaded(case, near=True))
        assert not failed(near) & set(case.codes), near
    if not case.mends:
        return
    for check in checks:
        if check.status != Status.FAIL:
            continue
        assert check.publish or check.remove, check
        again = loaded(case).apply(check.publish, check.remove)
        after = checks_of(module, case.domain, case.host, again)
        assert check.code not in failed(after), (check, after)
