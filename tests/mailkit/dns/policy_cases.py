"""Cases of DMARC, TLS-RPT and BIMI: each code and a near miss."""

from __future__ import annotations

from dataclasses import replace

from mailkit.dns.subject import MailDomain
from tests.mailkit.dns.dkim_cases import KEY
from tests.mailkit.dns.memory import DOMAIN, Case

MX = "@ MX 10 mx.host.test.\n"
RUA = "rua=mailto:dmarc@example.test"


def dmarc(*records: str) -> str:
    return MX + "".join(f'_dmarc TXT "{record}"\n' for record in records)


def to(address: str) -> str:
    return dmarc(f"v=DMARC1; p=reject; rua=mailto:{address}")


GOOD = dmarc(f"v=DMARC1; p=reject; {RUA}")
SUB = MailDomain(f"sub.{DOMAIN}")
OTHER = {"other.test": "@ MX 10 mx.host.test.\n"}
CONSENT = {"other.test": OTHER["other.test"] + 'example.test._report._dmarc TXT "v=DMARC1"\n'}
STAR = {"other.test": OTHER["other.test"] + '*._report._dmarc TXT "v=DMARC1;"\n'}
FOREIGN = MailDomain(DOMAIN, keys=(replace(KEY, signs_as="host.test"),))

DMARC = (
    Case((), GOOD),
    Case((), dmarc(f"v=DMARC1 ; p = quarantine ; {RUA} ; "), name="blanks everywhere"),
    Case((), dmarc(f"v=DMARC1;p=reject;fo=1:d:s;{RUA}"), name="several fo"),
    Case((), dmarc(f"v=DMARC1; p=REJECT; SP=reject; unknown=1; {RUA}"), name="case, unknown tag"),
    Case((), dmarc(f"v=DMARC1; p=reject; {RUA}!10m,mailto:b@example.test"), name="two, a size"),
    Case((), GOOD + '_dmarc TXT "v=spf1 -all"\n_dmarc TXT "\\200"\n', name="other TXT beside it"),
    Case((), to("d@reports.example.test") + "reports MX 10 mx.host.test.\n", name="our subdomain"),
    Case(("dmarc.missing",), MX, GOOD),
    Case(("dmarc.missing",), dmarc("v=spf1 -all"), GOOD, name="only another TXT"),
    Case(
        ("dmarc.missing",), MX, others={"test": '_dmarc TXT "v=DMARC1; p=none; psd=y"\n'},
        name="a public suffix's",
    ),
    Case(
        ("dmarc.missing",),
        MX + 'sub MX 10 mx.host.test.\n_dmarc TXT "v=DMARC1; p=none"\n_dmarc TXT "v=DMARC1"\n',
        domain=SUB, name="a parent with two",
    ),
    Case(
        ("dmarc.inherited",), GOOD + "sub MX 10 mx.host.test.\n",
        GOOD + f'_dmarc.sub TXT "v=DMARC1; p=reject; {RUA}"\n', domain=SUB,
    ),
    Case(
        ("dmarc.multiple",),
        dmarc(f"v=DMARC1; p=none; {RUA}", f"v=DMARC1; p=reject; {RUA}"),
        dmarc(f"v=DMARC1; p=reject; {RUA}", "v=DMARC10; p=none"),
    ),
    Case(("dmarc.syntax",), dmarc(f"v=dmarc1; p=reject; {RUA}"), GOOD),
    Case(("dmarc.syntax",), dmarc(f"p=reject; v=DMARC1; {RUA}", f"DMARC1; p=reject; {RUA}"), GOOD,
         name="no version"),
    Case(("dmarc.syntax",), dmarc(f"v=DMARC1 p=reject; {RUA}"), GOOD, name="no semicolon"),
    Case(("dmarc.syntax",), dmarc(f"v=DMARC1; p=reject; {RUA}; reject"), GOOD, name="no tag"),
    Case(("dmarc.bad_tag",), dmarc(f"v=DMARC1; p=block; {RUA}"), GOOD),
    Case(("dmarc.bad_tag",), dmarc(f"v=DMARC1; p=reject; fo=2; {RUA}"), GOOD, name="fo"),
    Case(("dmarc.bad_tag",), dmarc(f"v=DMARC1; p=reject; adkim=strict; {RUA}"), GOOD, name="adkim"),
    Case(("dmarc.p_missing",), dmarc(f"v=DMARC1; {RUA}"), GOOD),
    Case(
        ("dmarc.p_none",), dmarc(f"v=DMARC1; p=none; {RUA}"),
        dmarc(f"v=DMARC1; p=quarantine; {RUA}"),
    ),
    Case(
        ("dmarc.sp_weaker",), dmarc(f"v=DMARC1; p=reject; sp=none; {RUA}"),
        dmarc(f"v=DMARC1; p=quarantine; sp=reject; {RUA}"),
    ),
    Case(("dmarc.sp_weaker",), dmarc(f"v=DMARC1; p=reject; np=quarantine; {RUA}"), GOOD, name="np"),
    Case(
        ("dmarc.testing",), dmarc(f"v=DMARC1; p=reject; t=y; {RUA}"),
        dmarc(f"v=DMARC1; p=reject; t=n; {RUA}"),
    ),
    Case(("dmarc.no_rua",), dmarc("v=DMARC1; p=reject"), GOOD),
    Case(("dmarc.rua_syntax",), dmarc("v=DMARC1; p=reject; rua=dmarc@example.test"), GOOD),
    Case(("dmarc.rua_syntax",), dmarc("v=DMARC1; p=reject; rua=https://r.test/"), GOOD,
         name="https"),
    Case(("dmarc.rua_syntax",), dmarc(f"v=DMARC1; p=reject; {RUA}; ruf=admin"), GOOD, name="ruf"),
    Case(("dmarc.rua_unauthorised",), to("d@other.test"), to("d@other.test"),
         others=OTHER, near_others=CONSENT),
    Case(("dmarc.rua_unauthorised",), to("d@other.test"), to("d@other.test"),
         others={"other.test": OTHER["other.test"] + 'example.test._report._dmarc TXT "yes"\n'},
         near_others=STAR, name="another TXT is no consent"),
    Case(("dmarc.rua_no_mx",), to("d@gone.example.test"),
         to("d@gone.example.test") + "gone A 192.0.2.10\n"),
    Case(("dmarc.rua_no_mx",), to("d@null.example.test") + "null MX 0 .\n", GOOD, name="null MX"),
    Case(("dmarc.old_tags",), dmarc(f"v=DMARC1; p=reject; pct=50; ri=3600; {RUA}"), GOOD),
    Case(
        ("dmarc.alignment",), dmarc(f"v=DMARC1; p=reject; adkim=s; {RUA}"),
        dmarc(f"v=DMARC1; p=reject; adkim=r; {RUA}"), domain=FOREIGN,
    ),
)  # fmt: skip


def tlsrpt(*records: str) -> str:
    return "".join(f'_smtp._tls TXT "{record}"\n' for record in records) or "@ A 192.0.2.10\n"


TLS = tlsrpt("v=TLSRPTv1; rua=mailto:tls@example.test")
TLSRPT = (
    Case((), TLS),
    Case((), tlsrpt("v=TLSRPTv1;rua=https://r.test/tls,mailto:a@b.test;"), name="https too"),
    Case(("tlsrpt.missing",), tlsrpt(), TLS),
    Case(("tlsrpt.missing",), tlsrpt("v=STSv1; id=1"), TLS, name="another TXT"),
    Case(("tlsrpt.syntax",), tlsrpt("v=TLSRPT1; rua=mailto:a@b.test"), TLS),
    Case(("tlsrpt.syntax",), tlsrpt("v=TLSRPTv1"), TLS, name="no rua"),
    Case(("tlsrpt.syntax",), tlsrpt("v=TLSRPTv1; rua=tls@example.test"), TLS, name="no mailto"),
    Case(("tlsrpt.syntax",), tlsrpt("v=TLSRPTv1; rua=http://r.test"), TLS, name="http"),
    Case(
        ("tlsrpt.syntax",),
        tlsrpt("v=TLSRPTv1; rua=mailto:a@b.test", "v=TLSRPTv1; rua=mailto:b@b.test"), TLS,
        name="two",
    ),
)  # fmt: skip


def bimi(record: str, policy: str = "reject") -> str:
    return dmarc(f"v=DMARC1; p={policy}; {RUA}") + f'default._bimi TXT "{record}"\n'


LOGO = "v=BIMI1; l=https://example.test/logo.svg; a="
BIMI = (
    Case((), bimi(LOGO)),
    Case((), GOOD, name="no logo"),
    Case((), bimi("v=BIMI1; l=; a=", "none"), name="wants no logo"),
    Case(("bimi.policy",), bimi(LOGO, "none"), bimi(LOGO, "quarantine")),
    Case(("bimi.policy",), bimi(LOGO, "reject; sp=none"), bimi(LOGO), name="sp"),
    Case(("bimi.policy",), f'default._bimi TXT "{LOGO}"\n', bimi(LOGO), name="no DMARC"),
    Case(("bimi.syntax",), bimi("v=BIMI1; l=http://example.test/logo.svg"), bimi(LOGO)),
    Case(("bimi.syntax",), bimi("v=BIMI2; l=https://example.test/logo.svg"), bimi(LOGO),
         name="version"),
    Case(("bimi.syntax",), bimi("v=BIMI1; a=https://example.test/vmc.pem"), bimi(LOGO),
         name="no l"),
    Case(("bimi.syntax",), bimi(LOGO) + f'default._bimi TXT "{LOGO}x"\n', bimi(LOGO), name="two"),
)  # fmt: skip
