"""Cases of SPF: each code, a near miss, and answers that do not come."""

from __future__ import annotations

from ipaddress import ip_address

from mailkit.dns.subject import MailDomain, MailHost
from tests.mailkit.dns.memory import DOMAIN, Case

GOOD = '@ TXT "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all"'
OURS = "ip4:192.0.2.10 ip6:2001:db8::10"


def txt(*strings: str) -> str:
    return "@ TXT " + " ".join(f'"{text}"' for text in strings) + "\n"


def spf(terms: str, zone: str = "") -> str:
    return txt(f"v=spf1 {terms}") + zone


def includes(count: int) -> dict[str, str]:
    """Zones i0.test ... each with an SPF record of one network."""
    return {f"i{n}.test": spf(f"ip4:198.51.100.{n} ~all") for n in range(count)}


def includes_of(count: int) -> str:
    return " ".join(f"include:i{n}.test" for n in range(count))


LONG = tuple(f"ip4:198.51.{n}.17 " for n in range(40))
MANY_MX = "".join(
    f"@ MX 10 h{n}\nh{n} A 198.51.100.{n}\nh{n} AAAA 2001:db8:1::{n}\n" for n in range(11)
)
TEN_MX = "".join(
    f"@ MX 10 h{n}\nh{n} A 198.51.100.{n}\nh{n} AAAA 2001:db8:1::{n}\n" for n in range(10)
)

CASES = (
    Case((), GOOD),
    Case((), spf("mx -all", "@ MX 10 mx.host.test.\n"), name="by mx"),
    Case((), '@ TXT "V=SPF1 IP4:192.0.2.10 ip6:2001:DB8::10 -ALL"', name="case does not matter"),
    Case((), spf("ip4:192.0.2.0/24 ip6:2001:db8::/48 ~all"), name="networks"),
    Case(
        (), spf("redirect=_spf.example.test", f'_spf TXT "v=spf1 {OURS} -all"\n'), name="redirect"
    ),
    Case((), txt("v=spf1 ip4:192.0.2.10 ip6:2001:", "db8::10 -all"), name="cut anywhere"),
    Case((), spf(f"a:mx.host.test/24//64 {OURS} -all"), name="a with both lengths"),
    Case(
        (), GOOD + '\n@ TXT "\\255\\254 junk"\n@ TXT "v=spf10 no spf"\n', name="other TXT is junk"
    ),
    Case(
        (),
        spf(f"include:m.test {OURS} -all"),
        others={
            "m.test": spf("include:%{o}.far.test ~all"),
            "far.test": 'example.test TXT "v=spf1 ip4:198.51.100.9 ~all"\n',
        },
        name="a macro that stands for our name",
    ),
    Case(("spf.missing",), '@ TXT "some other record"', GOOD),
    Case(("spf.missing",), "www A 192.0.2.80", GOOD, name="no TXT at all"),
    Case(("spf.missing",), "", GOOD, domain=MailDomain(DOMAIN, send_only=True), name="send only"),
    Case(
        ("spf.multiple",),
        '@ TXT "v=spf1 mx -all"\n@ TXT "v=spf1 include:i0.test ~all"\n@ MX 10 mx.host.test.\n',
        '@ TXT "v=spf1 mx -all"\n@ TXT "v=spf10 include:i0.test ~all"\n@ MX 10 mx.host.test.\n',
        others=includes(1),
    ),
    Case(("spf.syntax",), spf(f"ipv4:192.0.2.10 {OURS} -all"), spf(f"{OURS} x=1 x=%{{t}} -all")),
    Case(("spf.syntax",), spf(f"{OURS}, -all"), GOOD, name="a comma"),
    Case(("spf.syntax",), spf(f"{OURS} a:192.0.2.11 -all"), GOOD, name="an address in a:"),
    Case(("spf.syntax",), spf(f"{OURS} ip4:192.0.2.300 -all"), GOOD, name="no address"),
    Case(("spf.syntax",), spf(f"{OURS} include: -all"), GOOD, name="an empty include"),
    Case(("spf.syntax",), spf(f"{OURS} all.example"), GOOD, name="all with more"),
    Case(("spf.syntax",), spf(f"{OURS} a:host -all"), GOOD, name="a name of one label"),
    Case(("spf.syntax",), spf(f"{OURS} a/33 -all"), GOOD, name="a length"),
    Case(("spf.syntax",), f'@ TXT "v=spf1; {OURS} -all"', GOOD, name="a semicolon"),
    Case(("spf.syntax",), f'@ TXT "\\"v=spf1 {OURS} -all\\""', GOOD, name="quotes within"),
    Case(
        ("spf.syntax",),
        spf(f"include:bad.test {OURS} -all"),
        spf(f"include:i0.test {OURS} -all"),
        others={"bad.test": spf("ip4:nothing -all"), **includes(1)},
        name="an include that is wrong",
    ),
    Case(
        ("spf.syntax",),
        spf(f"include:two.test {OURS} -all"),
        others={"two.test": txt("v=spf1 -all") + txt("v=spf1 ~all")},
        name="an include with two records",
    ),
    Case(
        ("spf.syntax",),
        spf(f"redirect=%{{v}}.i0.test {OURS} redirect=i0.test -all"),
        spf(f"{OURS} -all"),
        others=includes(1),
        name="two redirects",
    ),
    Case(
        ("spf.non_ascii",),
        f'@ TXT "v=spf1 {OURS} \\226\\128\\147all"',
        f'@ TXT "v=spf1 {OURS} -all"\n@ TXT "\\226\\128\\147all"',
    ),
    Case(
        ("spf.bad_chunk_join",),
        txt("v=spf1 ip4:192.0.2.10", "ip6:2001:db8::10 -all"),
        txt("v=spf1 ip4:192.0.2.10 ", "ip6:2001:db8::10 -all"),
    ),
    Case(("spf.bad_chunk_join",), txt("v=spf1", "mx -all"), GOOD, name="behind the version"),
    Case(
        ("spf.bad_chunk_join",),
        txt("v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 include:i0.test", "mx -all"),
        txt("v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 include:", "i0.test -all"),
        others=includes(1) | {"testmx.test": ""},
        name="valid, but not what was meant",
    ),
    Case(
        ("spf.not_authorised",),
        spf("ip4:192.0.2.0/24 -all"),
        spf("ip4:192.0.2.0/24 ip6:2001:db8::/64 -all"),
    ),
    Case(("spf.not_authorised",), spf("-all"), GOOD, name="nobody"),
    Case(
        ("spf.not_authorised",),
        spf("-ip4:192.0.2.10 ip6:2001:db8::10 ip4:192.0.2.0/24 ~all"),
        spf("-ip4:192.0.2.11 ip6:2001:db8::10 ip4:192.0.2.0/24 ~all"),
        name="refused before the network",
    ),
    Case(
        ("spf.lookups",),
        spf(f"{includes_of(11)} {OURS} -all"),
        spf(f"{includes_of(7)} {OURS} -all"),
        others=includes(11),
    ),
    Case(
        ("spf.lookups",),
        spf(f"{OURS} {includes_of(11)} -all"),
        others=includes(11),
        name="a stranger only",
    ),
    Case(
        ("spf.lookups",),
        spf(f"{includes_of(8)} {OURS} -all"),
        others=includes(8),
        name="eight",
    ),
    Case(
        ("spf.lookups",),
        spf(" ".join(f"a:h{n}.host.test" for n in range(11)) + f" {OURS} -all"),
        others={
            "host.test": "".join(
                f"h{n} A 198.51.100.{n}\nh{n} AAAA 2001:db8:1::{n}\n" for n in range(11)
            )
        },
        name="eleven hosts",
    ),
    Case(
        ("spf.void",),
        spf(f"a:d1.host.test a:d2.host.test a:d3.host.test {OURS} -all"),
        spf(f"a:d1.host.test a:d2.host.test {OURS} -all"),
    ),
    Case(
        ("spf.void",),
        spf(f"{OURS} a:v1.host.test a:v2.host.test a:v3.host.test -all"),
        others={"host.test": "v1 A 192.0.2.1\nv2 A 192.0.2.2\nv3 A 192.0.2.3\n"},
        name="hosts without IPv6",
    ),
    Case(
        ("spf.void",),
        spf(f"{OURS} ?a:d1.host.test -exists:d2.host.test ~mx:d3.host.test -all"),
        spf(f"{OURS} ?a:d1.host.test -exists:d2.host.test -all"),
        name="with other qualifiers",
    ),
    Case(
        ("spf.loop",),
        spf(f"include:loop.test {OURS} -all"),
        spf(f"include:i0.test {OURS} -all"),
        others={"loop.test": spf("include:example.test -all"), **includes(1)},
    ),
    Case(
        ("spf.include_dead",),
        spf(f"{OURS} include:dead.test -all"),
        spf(f"{OURS} include:i0.test -all"),
        others=includes(1),
    ),
    Case(
        ("spf.include_dead",),
        spf(f"{OURS} redirect=nospf.test"),
        others={"nospf.test": txt("nothing")},
        name="a redirect",
    ),
    Case(
        ("spf.open",),
        spf(f"{OURS} +all"),
        spf(f"{OURS} ip4:203.0.0.0/16 -all"),
    ),
    Case(("spf.open",), spf(f"{OURS} all"), GOOD, name="all"),
    Case(("spf.open",), spf(f"{OURS} ip4:0.0.0.0/0 -all"), GOOD, name="all of IPv4"),
    Case(("spf.open",), spf(f"{OURS} ip6:::/0 -all"), GOOD, name="all of IPv6"),
    Case(("spf.open",), spf(f"{OURS} a:mx.host.test/0 -all"), GOOD, name="a with /0"),
    Case(
        ("spf.open",),
        spf(f"{OURS} include:half.test -all"),
        others={"half.test": spf("ip4:128.0.0.0/1 -all")},
        name="the upper half of IPv4 by an include",
    ),
    Case(
        ("spf.open",),
        spf(f"{OURS} include:open.test -all"),
        others={"open.test": spf("+all")},
        name="by an include",
    ),
    Case(
        ("spf.wide",),
        spf("ip4:192.0.0.0/15 ip6:2001:db8::/32 -all"),
        spf("ip4:192.0.0.0/16 ip6:2001:db8::/32 -all"),
    ),
    Case(("spf.wide",), spf(f"ip6:2001:c00::/31 {OURS} -all"), GOOD, name="IPv6"),
    Case(("spf.neutral",), spf(f"{OURS} ?all"), spf(f"{OURS} ~all")),
    Case(
        ("spf.neutral",),
        spf(f"{OURS} redirect=q.test"),
        spf(f"{OURS} redirect=i0.test"),
        others={"q.test": spf("ip4:198.51.100.9 ?all"), **includes(1)},
        name="by a redirect",
    ),
    Case(
        ("spf.no_all",),
        spf(f"{OURS} redirect=q.test"),
        spf(f"{OURS} redirect=i0.test"),
        others={"q.test": spf("ip4:198.51.100.9"), **includes(1)},
        name="a redirect without all",
    ),
    Case(
        ("spf.no_all",),
        spf(OURS),
        spf(f"{OURS} redirect=i0.test"),
        others=includes(1),
    ),
    Case(("spf.ptr_mechanism",), spf(f"{OURS} ptr -all"), spf(f"{OURS} -all exp=ptr.example.test")),
    Case(
        ("spf.after_all",),
        spf(f"{OURS} -all mx", "@ MX 10 mx.host.test.\n"),
        spf(f"{OURS} -all exp=x.example.test"),
    ),
    Case(
        ("spf.redirect_ignored",),
        spf(f"{OURS} -all redirect=i0.test"),
        spf(f"{OURS} redirect=i0.test"),
        others=includes(1),
    ),
    Case(
        ("spf.duplicate_term",),
        spf(f"{OURS} IP4:192.0.2.10 -all"),
        spf(f"{OURS} ip4:192.0.2.100 -all"),
    ),
    Case(("spf.too_long",), txt(f"v=spf1 {OURS} ", *LONG, "-all"), GOOD),
    Case(("spf.type99",), GOOD + "\n@ TYPE99 \\# 12 0b763d73706631202d616c6c\n", GOOD),
    Case(
        ("spf.senderid",), GOOD + '\n@ TXT "spf2.0/pra -all"\n', GOOD + '\n@ TXT "spf2 pra -all"\n'
    ),
    Case(("spf.mx_many",), spf(f"{OURS} mx -all", MANY_MX), spf(f"{OURS} mx -all", TEN_MX)),
    Case(("spf.missing",), "", GOOD, host=MailHost(), name="no addresses set"),
    Case((), GOOD, host=MailHost("mx.host.test", (ip_address("192.0.2.10"),)), name="IPv4 only"),
)
