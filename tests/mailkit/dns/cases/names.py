"""The domain itself, DNSSEC, CAA, and what mail programs look up."""

from __future__ import annotations

from tests.mailkit.dns.cases import Case

DOMAIN = [
    Case("domain.nxdomain", None, "", mends=False),
    # A name without any record of its own exists where something stands below it.
    Case("domain.nxdomain", None, "mail A {ip4}", domain={}, mends=False),
    Case(
        "domain.bad_name",
        "",
        "",
        domain={"name": "a_b.{d}"},
        fine_domain={"name": "{d}"},
        mends=False,
    ),
    Case(
        "domain.bad_name",
        "",
        "",
        domain={"name": "x" * 64 + ".{d}"},
        fine_domain={"name": "x" * 63 + ".{d}"},
        mends=False,
    ),
    Case("domain.dnssec_bogus", "@ MX 10 {h}.", "@ MX 10 {h}.", bogus=True, mends=False),
]
DNSSEC = [
    Case("dnssec.unsigned", "", "", mends=False, fine_domain={"name": "signed-parent.test"}),
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
