"""MTA-STS: the record, the policy behind it over real HTTPS, and whether both fit the MX."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from mailkit.dns.families.sts_policy import write
from tests.mailkit.dns.cases import LABORATORY, Around, Case, Names
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
    case("sts.multiple", GOOD + '_mta-sts TXT "v=STSv1; id=2;"', GOOD + '_mta-sts TXT "v=x"'),
    case(
        "sts.policy_fetch",
        RECORD + "@ MX 10 {h}.\n{h}. A 127.0.0.1",
        bare=True,
        host={**LOOPBACK, "ips": (ip_address("127.0.0.1"),)},
    ),
    case("sts.policy_fetch", GOOD, around=serving(status=404), fine_around=serving(), mends=False),
    case(
        "sts.policy_fetch",
        GOOD,
        around=serving(status=302, location="https://mta-sts.test/"),
        fine_around=serving(kind="text/plain; charset=utf-8"),
        mends=False,
    ),
    case(
        "sts.policy_fetch",
        GOOD,
        around=serving(kind="text/html"),
        fine_around=serving(),
        mends=False,
    ),
    case(
        "sts.policy_fetch",
        GOOD,
        around=serving(text="x" * 70_000),
        fine_around=serving(
            text="version: STSv1\nmode: enforce\nmx: {h}\nmax_age: 86400\nx: " + "y" * 60_000
        ),
        mends=False,
    ),
    case(
        "sts.policy_fetch",
        GOOD,
        around=serving(certificate_for="other.test"),
        fine_around=serving(certificate_for="mta-sts.{d}"),
        mends=False,
    ),
    # The owner points at our own network: not connected to.
    case(
        "sts.policy_fetch",
        RECORD + "@ MX 10 {h}.\nmta-sts A 127.0.0.1",
        host={},
        fine_host=LOOPBACK,
        mends=False,
    ),
    case("sts.policy", GOOD, around=serving("on"), fine_around=serving("enforce"), mends=False),
    case(
        "sts.policy",
        GOOD,
        around=serving(text="mode: enforce\nversion: STSv1\nmx: {h}\nmax_age: 86400\n"),
        fine_around=serving(text="version: STSv1\nmode: enforce\nmx: {h}\nmax_age: 86400\nnew: x"),
        mends=False,
    ),
    case(
        "sts.policy",
        GOOD,
        around=serving(text="version: STSv1\nmode: enforce\nmax_age: 86400\n"),
        fine_around=serving(text="version:STSv1\r\nmode:enforce\r\nmx:*.test\r\nmax_age:86400"),
        mends=False,
    ),
    case(
        "sts.policy",
        GOOD,
        around=serving(max_age=31557601),
        fine_around=serving(max_age=31557600),
        mends=False,
    ),
    case(
        "sts.mx_mismatch",
        GOOD,
        around=serving("enforce", "*.{h}"),
        fine_around=serving("enforce", "other.test", "{h}"),
        mends=False,
    ),
    case(
        "sts.mx_mismatch",
        GOOD,
        around=serving("testing", "other.test"),
        fine_around=serving("none", "other.test"),
        mends=False,
    ),
    case(
        "sts.testing", GOOD, around=serving("testing"), fine_around=serving("enforce"), mends=False
    ),
    case(
        "sts.max_age",
        GOOD,
        around=serving(max_age=86399),
        fine_around=serving(max_age=86400),
        mends=False,
    ),
    case(
        "sts.id_stale",
        GOOD,
        domain={"sts_id": "1", "sts_policy": "version: STSv1\nmode: testing\n"},
        fine_domain={"sts_id": "0"},
    ),
]
