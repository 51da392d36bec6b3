"""Cases of faults, one or more for each code of the catalogue, each with a near miss.

To add one: append a `Case` to the list `CASES` of the family's file here (a new file goes into the
list in `all_cases.py`). `fault` is zone-file text that makes the code, `fine` text that is as close
as can be and must not. `test_cases.py` serves both by knot, checks through unbound, does what the
failure suggests (`mend`), checks again, and wants the code gone and no new one in its place.

In the texts `{d}` is the case's domain and its zone (`@`), `{h}` the mail host, `{ip4}` and `{ip6}`
its addresses, `{rev4}` and `{rev6}` the names of their PTR records, `{list4}` and `{list6}` the
labels that a blocklist wants, all without a last dot. A text that needs more (a key) is a function
of the `Names`. The host has its A, AAAA and PTR records already, unless the case is `bare`. Names
outside `{d}` go into `test.` or a reverse zone: `backup-{d}. A 192.0.2.7` is another host of this
case alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

from mailkit.dns.results import Check, Status
from mailkit.dns.subject import MailDomain, MailHost
from tests.servers.dns import DnsServers

LABORATORY = tuple(
    ip_network(network) for network in ("192.0.2.0/24", "198.18.0.0/15", "2001:db8::/32")
)


@dataclass(frozen=True)
class Names:
    """What one side of a case (its fault or its near miss) is called, and where it lives."""

    number: int
    d: str
    h: str

    @property
    def ip4(self) -> IPv4Address:
        return IPv4Address("198.18.0.0") + self.number + self.number // 200 * 56 + 1

    @property
    def ip6(self) -> IPv6Address:
        return IPv6Address("2001:db8::10") + (self.number << 64)

    def fill(self, text: str) -> str:
        """`text` with the names in it."""
        for name, value in {
            "d": self.d,
            "h": self.h,
            "ip4": self.ip4,
            "ip6": self.ip6,
            "list4": self.ip4.reverse_pointer.removesuffix(".in-addr.arpa"),
            "list6": self.ip6.reverse_pointer.removesuffix(".ip6.arpa"),
            "rev4": self.ip4.reverse_pointer,
            "rev6": self.ip6.reverse_pointer,
        }.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    @property
    def host_text(self) -> str:
        return self.fill(
            "{h}. A {ip4}\n{h}. AAAA {ip6}\n{rev4}. PTR {h}.\n{rev6}. PTR {h}.\n",
        )


Text = str | Callable[[Names], str] | None
Around = Callable[[Names], AbstractContextManager[Mapping[str, Any]]]
# Does what these checks of the code suggest, and gives the side as it is from then on.
Mend = Callable[["Side", Sequence[Check], DnsServers], "Side"]


def by_records(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """Publish the records, as the panel does."""
    publish = [record for check in found for record in check.publish]
    remove = [record for check in found for record in check.remove]
    assert publish or remove, found
    servers.publish(publish, remove)
    return side


@dataclass(frozen=True)
class Case:
    """`fault` None: there is no such zone; `fine` None: a near miss makes no sense for this one.

    `host`, `domain`: fields of MailHost and MailDomain for both sides (strings are filled in);
    `fine_host`, `fine_domain` over them for the near miss. `mend`: how the fault goes away, None
    where that is in nobody's hands here (`NOT_BY_RECORDS` in `mending.py` says why).
    `hostname`: the mail host, where `mx-{d}` outside the zone does not do. `around` starts servers
    of the case's own and gives further fields of MailHost. `parent`: the zone above.
    """

    code: str
    fault: Text
    fine: Text
    host: Mapping[str, Any] = field(default_factory=dict)
    fine_host: Mapping[str, Any] = field(default_factory=dict)
    domain: Mapping[str, Any] = field(default_factory=dict)
    fine_domain: Mapping[str, Any] = field(default_factory=dict)
    mend: Mend | None = by_records
    bare: bool = False
    hostname: str = "mx-{d}"
    signed: bool = False
    bogus: bool = False
    anchor: bool = True
    parent: str = "test"
    status: Status = Status.FAIL
    around: Around | None = None
    fine_around: Around | None = None

    @property
    def family(self) -> str:
        return self.code.split(".", 1)[0]


@dataclass(frozen=True)
class Side:
    """The fault (`wrong`) or the near miss of a case, with its names."""

    case: Case
    wrong: bool
    number: int

    @property
    def names(self) -> Names:
        slug = self.case.code.replace(".", "-").replace("_", "-")
        d = f"{slug}-{self.number}{'' if self.wrong else '-ok'}.{self.case.parent}"
        return Names(self.number, d, self.case.hostname.replace("{d}", d))

    @property
    def text(self) -> Text:
        return self.case.fault if self.wrong else self.case.fine

    @property
    def around(self) -> Around | None:
        return self.case.around if self.wrong else self.case.fine_around or self.case.around

    @property
    def zone_text(self) -> str:
        names = self.names
        text = self.text(names) if callable(self.text) else self.text or ""
        return ("" if self.case.bare else names.host_text) + names.fill(text)

    def changed(self, **fields: Any) -> Side:
        """The same side with other fields of its case."""
        return replace(self, case=replace(self.case, **fields))

    def mail_domain(self) -> MailDomain:
        fields = {**self.case.domain, **({} if self.wrong else self.case.fine_domain)}
        return MailDomain(**{"name": self.names.d, **self._filled(fields)})

    def mail_host(self, more: Mapping[str, Any]) -> MailHost:
        fields = {**self.case.host, **({} if self.wrong else self.case.fine_host), **more}
        names = self.names
        standard = {
            "hostname": names.h,
            "ips": (names.ip4, names.ip6),
            "allowed_networks": LABORATORY,
            "connect": False,
            "trusts_ad": True,
        }
        return MailHost(**{**standard, **self._filled(fields)})

    def _filled(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        def fill(value: Any) -> Any:
            if isinstance(value, str):
                return self.names.fill(value)
            if isinstance(value, tuple):
                return tuple(fill(one) for one in value)
            return value(self.names) if callable(value) else value

        return {name: fill(value) for name, value in fields.items()}
