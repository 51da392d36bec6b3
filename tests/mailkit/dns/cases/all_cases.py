"""Every case of every family, numbered: each side has a domain and addresses of its own."""

from __future__ import annotations

from tests.mailkit.dns.cases import Case, Side, hosts, mx, names, silent, sts, written

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
