"""MX: no record, the wrong one, and targets that cannot take mail."""

from __future__ import annotations

from ipaddress import ip_network

from tests.mailkit.dns.cases import LABORATORY, Case

OURS = "@ MX 10 {h}.\n"
CASES = [
    Case("mx.missing", "@ TXT x", OURS),
    Case("mx.missing", "@ A {ip4}", "@ A {ip4}", fine_domain={"send_only": True}),
    Case("mx.null", "@ MX 0 .", OURS),
    Case("mx.null", "@ MX 0 .", "@ MX 0 .", fine_domain={"send_only": True}),
    Case("mx.null_mixed", OURS + "@ MX 0 .", OURS + "@ MX 20 {h}."),
    Case("mx.not_ours", "@ MX 10 other\nother A 192.0.2.99", "@ MX 10 other\nother A {ip4}"),
    Case(
        "mx.not_ours",
        "@ MX 10 other\nother A 192.0.2.99",
        "@ MX 10 other\nother A 192.0.2.99",
        fine_domain={"receives_elsewhere": True},
    ),
    # The name is right and the address is not: mail goes elsewhere all the same.
    Case("mx.not_ours", OURS + "{h}. A 192.0.2.99", OURS + "{h}. A {ip4}", bare=True),
    Case(
        "mx.foreign_extra",
        OURS + "@ MX 20 other\nother A 192.0.2.99",
        OURS + "@ MX 20 backup\nbackup A 192.0.2.99",
        host={"backup_mx": ("backup.{d}",)},
    ),
    Case(
        "mx.target_cname",
        "@ MX 10 mail\nmail CNAME {h}.",
        "@ MX 10 mail\nmail A {ip4}\nmail AAAA {ip6}",
    ),
    Case("mx.target_missing", OURS + "@ MX 20 gone", OURS + "@ MX 20 there\nthere A {ip4}"),
    Case("mx.target_missing", OURS, OURS + "{h}. AAAA {ip6}", bare=True),
    Case(
        "mx.target_partial",
        OURS + "{h}. A 192.0.2.99",
        OURS + "{h}. A 192.0.2.98",
        fine_host={"ips": lambda n: (n.ip4, n.ip6, type(n.ip4)("192.0.2.98"))},
    ),
    Case("mx.target_private", OURS + "{h}. A 10.1.2.3", OURS + "{h}. A {ip4}"),
    Case(
        "mx.target_private",
        OURS + "{h}. AAAA fd00::1",
        OURS + "{h}. AAAA fd00::1",
        fine_host={"allowed_networks": (*LABORATORY, ip_network("fd00::/8"))},
    ),
    Case("mx.target_ip", "@ MX 10 192.0.2.1.", "@ MX 10 a192.{d}.\na192 A {ip4}"),
    Case(
        "mx.target_syntax",
        OURS + "@ MX 20 under_score\nunder_score A {ip4}",
        OURS + "@ MX 20 hy-phen\nhy-phen A {ip4}",
    ),
    Case("mx.no_ipv4", OURS + "{h}. AAAA {ip6}", OURS + "{h}. A {ip4}\n{h}. AAAA {ip6}", bare=True),
    Case(
        "mx.no_ipv6",
        OURS + "{h}. A {ip4}",
        OURS + "{h}. A {ip4}",
        bare=True,
        fine_host={"ips": lambda n: (n.ip4,)},
    ),
]
