"""The domain itself, DNSSEC, CAA, and what mail programs look up."""

from __future__ import annotations

from tests.mailkit.dns.cases import Case
from tests.mailkit.dns.cases.mending import (
    by_another_name,
    by_registering,
    by_right_ds,
    by_signing,
)

DOMAIN = [
    Case("domain.nxdomain", None, "", mend=by_registering),
    # A name without any record of its own exists where something stands below it.
    Case("domain.nxdomain", None, "mail A {ip4}", mend=by_registering),
    Case(
        "domain.bad_name",
        "",
        "",
        domain={"name": "a_b.{d}"},
        fine_domain={"name": "{d}"},
        mend=by_another_name,
    ),
    Case(
        "domain.bad_name",
        "x" * 63 + " A {ip4}",
        "x" * 63 + " A {ip4}",
        domain={"name": "x" * 64 + ".{d}"},
        fine_domain={"name": "x" * 63 + ".{d}"},
        mend=by_another_name,
    ),
    Case("domain.dnssec_bogus", "@ MX 10 {h}.", "@ MX 10 {h}.", bogus=True, mend=by_right_ds),
    # Another domain's zone is in order, but not the one that the mail host is in.
    Case(
        "domain.dnssec_bogus",
        "mx A {ip4}",
        "mx A {ip4}",
        bare=True,
        bogus=True,
        hostname="mx.{d}",
        domain={"name": "signed-parent.test"},
        mend=by_right_ds,
    ),
]
DNSSEC = [
    Case(
        "dnssec.unsigned",
        "",
        "",
        fine_domain={"name": "signed-parent.test"},
        parent="signed-parent.test",
        mend=by_signing,
    ),
    Case(
        "dnssec.unsigned",
        "",
        "",
        signed=True,
        anchor=False,
        parent="signed-parent.test",
    ),
]
CAA = [
    Case("caa.missing", "", '@ CAA 0 issue "letsencrypt.org"'),
    Case("caa.blocks_us", '@ CAA 0 issue "ca.example"', '@ CAA 0 issuewild "ca.example"'),
    Case(
        "caa.blocks_us",
        '@ CAA 0 issue ";"',
        '@ CAA 0 issue ";"\n@ CAA 0 issue "letsencrypt.org; validationmethods=dns-01"',
    ),
    Case(
        "caa.blocks_us",
        '@ CAA 128 tbs "unknown"\n@ CAA 0 issue "letsencrypt.org"',
        '@ CAA 0 tbs "unknown"\n@ CAA 0 issue "letsencrypt.org"',
    ),
    # The parent's records count where the domain has none.
    Case(
        "caa.blocks_us",
        '@ CAA 0 issue "ca.example"',
        '@ CAA 0 issue "ca.example"\nsub CAA 0 issue "letsencrypt.org"',
        domain={"name": "sub.{d}"},
    ),
]
SRV = "_imaps._tcp SRV 0 1 993 {h}.\n_submissions._tcp SRV 0 1 465 {h}.\n"
HELPERS = "autoconfig CNAME {h}.\nautodiscover CNAME {h}.\n"
CLIENT = [
    Case("client.autoconfig", SRV, SRV + HELPERS),
    Case("client.autoconfig", SRV + "autoconfig CNAME gone.{d}.", SRV + "autoconfig AAAA {ip6}"),
    Case("client.autodiscover", SRV, SRV + HELPERS),
    Case("client.srv_missing", HELPERS, SRV),
    Case("client.srv_missing", "_imaps._tcp SRV 0 1 993 {h}.", SRV),
    Case(
        "client.srv_wrong",
        "_imaps._tcp SRV 0 1 993 other\nother A 192.0.2.99",
        "_imaps._tcp SRV 0 1 993 other\nother A {ip4}",
    ),
    Case("client.srv_wrong", "_imaps._tcp SRV 0 1 143 {h}.", SRV),
    Case("client.srv_wrong", "_submissions._tcp SRV 0 0 0 .", SRV),
]
CASES = [*DOMAIN, *DNSSEC, *CAA, *CLIENT]
