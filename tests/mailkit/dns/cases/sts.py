"""MTA-STS: the record, the policy behind it over real HTTPS, and whether both fit the MX."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from mailkit.dns.families.sts_policy import write
from mailkit.dns.results import Check
from tests.mailkit.dns.cases import LABORATORY, Around, Case, Names, Side, by_records
from tests.mailkit.dns.cases.mending import checks_of
from tests.servers.dns import DnsServers
from tests.servers.tls import certificate, https_server

LOOPBACK = {"allowed_networks": (*LABORATORY, ip_network("127.0.0.0/8"))}
RECORD = '_mta-sts TXT "v=STSv1; id=1;"\n'
HERE = "@ MX 10 {h}.\nmta-sts A 127.0.0.1\n"
GOOD = RECORD + HERE


def serving(
    mode: str = "enforce",
    *hosts: str,
    max_age: int = 604800,
    text: str | None = None,
    certificate_for: str = "mta-sts.{d}",
    **options: Any,
) -> Around:
    """An HTTPS server with this policy under the domain's name."""

    @contextlib.contextmanager
    def serve(names: Names) -> Iterator[Mapping[str, Any]]:
        policy = write(mode, [names.fill(host) for host in hosts or ("{h}",)], max_age)
        body = policy if text is None else names.fill(text)
        name = names.fill(certificate_for)
        with https_server(name, body, **options) as port:
            trust = str(certificate(name).authority)
            yield {"connect": True, "https_port": port, "trust_file": trust}

    return serve


def by_policy(side: Side, found: Sequence[Check], servers: DnsServers) -> Side:
    """The web server gives out the policy that is suggested, and the record gets a new id.

    The new id is what the next check asks for, which knows what the old one stood for.
    """
    check = found[0]
    if check.publish or check.remove:
        by_records(side, found, servers)
    served = side.changed(around=serving(text=check.expected))
    if "policy" not in check.params:
        return served
    before = {"sts_id": str(check.params["id"]), "sts_policy": str(check.params["policy"])}
    now = checks_of(served.changed(domain=before), servers)
    stale = [one for one in now if one.code == "sts.id_stale"]
    return by_records(served.changed(domain=before), stale, servers)


def case(code: str, fault: str | Callable[[Names], str], fine: str = GOOD, **more: Any) -> Case:
    settings = {"host": LOOPBACK, "around": serving(), **more}
    return Case(code, fault, fine, **settings)


CASES = [
    # The policy is published under the mail host's name: both sides' {h} is where it is served.
    case(
        "sts.missing",
        "@ MX 10 {h}.\n{h}. A 127.0.0.1",
        bare=True,
        host={**LOOPBACK, "ips": (ip_address("127.0.0.1"),)},
    ),
    case("sts.record", HERE + '_mta-sts TXT "v=STSv1; id=a-b;"'),
    case("sts.record", HERE + '_mta-sts TXT "v=stsv1; id=1;"'),
    case("sts.record", HERE + '_mta-sts TXT "v=STSv1; id=;"', HERE + '_mta-sts TXT "v=STSv1;id=1"'),
    case("sts.record", HERE + '_mta-sts TXT "v=STSv1"', GOOD + '_mta-sts TXT "other words"'),
    case(
        "sts.record",
        HERE + '_mta-sts TXT "v=STSv2; id=1;"',
        GOOD + '_mta-sts TXT "v=STSv2; id=2"',
    ),
    case("sts.multiple", GOOD + '_mta-sts TXT "v=STSv1; id=2;"', GOOD + '_mta-sts TXT "v=x"'),
    # What begins in another way is discarded before it is counted.
    case(
        "sts.multiple",
        GOOD + '_mta-sts TXT "v=STSv1 ;id=2"',
        GOOD + '_mta-sts TXT "v=STSv2; id=2;"',
    ),
    case(
        "sts.policy_fetch",
        RECORD + "@ MX 10 {h}.\n{h}. A 127.0.0.1",
        bare=True,
        host={**LOOPBACK, "ips": (ip_address("127.0.0.1"),)},
    ),
    case(
        "sts.policy_fetch", GOOD, around=serving(status=404), fine_around=serving(), mend=by_policy
    ),
    case(
        "sts.policy_fetch",
        GOOD,
        around=serving(status=302, location="https://mta-sts.test/"),
        fine_around=serving(kind="text/plain; charset=utf-8"),
        mend=by_policy,
    ),
    case(
        "sts.policy_fetch",
        GOOD,
        around=serving(kind="text/html"),
        fine_around=serving(),
        mend=by_policy,
    ),
    case(
        "sts.policy_fetch",
        GOOD,
        around=serving(text="x" * 70_000),
        fine_around=serving(
            text="version: STSv1\nmode: enforce\nmx: {h}\nmax_age: 86400\nx: " + "y" * 60_000
        ),
        mend=by_policy,
    ),
    case(
        "sts.policy_fetch",
        GOOD,
        around=serving(certificate_for="other.test"),
        fine_around=serving(certificate_for="mta-sts.{d}"),
        mend=by_policy,
    ),
    # The owner points at our own network: not connected to.
    case(
        "sts.policy_fetch",
        RECORD + "@ MX 10 {h}.\nmta-sts A 10.1.2.3\nmta-sts AAAA fd00::1\n{h}. A 127.0.0.1",
        bare=True,
        host={**LOOPBACK, "ips": (ip_address("127.0.0.1"),)},
        mend=by_policy,
    ),
    case("sts.policy", GOOD, around=serving("on"), fine_around=serving("enforce"), mend=by_policy),
    case(
        "sts.policy",
        GOOD,
        around=serving(text="mode: enforce\nversion: STSv1\nmx: {h}\nmax_age: 86400\n"),
        fine_around=serving(text="version: STSv1\nmode: enforce\nmx: {h}\nmax_age: 86400\nnew: x"),
        mend=by_policy,
    ),
    case(
        "sts.policy",
        GOOD,
        around=serving(text="version: STSv1\nmode: enforce\nmax_age: 86400\n"),
        fine_around=serving(text="version:STSv1\r\nmode:enforce\r\nmx:*.test\r\nmax_age:86400"),
        mend=by_policy,
    ),
    case(
        "sts.policy",
        GOOD,
        around=serving(max_age=31557601),
        fine_around=serving(max_age=31557600),
        mend=by_policy,
    ),
    case(
        "sts.mx_mismatch",
        GOOD,
        around=serving("enforce", "*.{h}"),
        fine_around=serving("enforce", "other.test", "{h}"),
        mend=by_policy,
    ),
    case(
        "sts.mx_mismatch",
        GOOD,
        around=serving("testing", "other.test"),
        fine_around=serving("none", "other.test"),
        mend=by_policy,
    ),
    case(
        "sts.testing",
        GOOD,
        around=serving("testing"),
        fine_around=serving("enforce"),
        mend=by_policy,
    ),
    case(
        "sts.max_age",
        GOOD,
        around=serving(max_age=86399),
        fine_around=serving(max_age=86400),
        mend=by_policy,
    ),
    case(
        "sts.id_stale",
        GOOD,
        domain={"sts_id": "1", "sts_policy": "version: STSv1\nmode: testing\n"},
        fine_domain={"sts_id": "0"},
    ),
]
