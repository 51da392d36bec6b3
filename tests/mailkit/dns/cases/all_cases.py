"""Every case of every family, numbered: each side has a domain and addresses of its own."""

from __future__ import annotations

from collections.abc import Iterable

from tests.mailkit.dns.cases import Case, Side, hosts, mx, names, silent, sts, written
from tests.servers.dns import Zone

CASES: list[Case] = [
    *names.CASES,
    *mx.CASES,
    *hosts.CASES,
    *sts.CASES,
    *silent.CASES,
    *written.CASES,
]

FAULTS = [Side(case, True, 2 * number) for number, case in enumerate(CASES)]
NEAR_MISSES = [
    Side(case, False, 2 * number + 1)
    for number, case in enumerate(CASES)
    if case.fine is not None or case.fine_domain or case.fine_host
]


def zones_of(sides: Iterable[Side]) -> dict[str, Zone]:
    """What servers load for these sides."""
    zones = {"signed-parent.test.": Zone(signed=True)}
    for side in sides:
        if side.text is None:
            continue
        zones[f"{side.names.d}."] = Zone(
            side.zone_text,
            signed=side.case.signed or side.case.bogus,
            bogus=side.case.bogus and side.wrong,
            anchor=side.case.anchor or not side.wrong,
        )
    return zones
