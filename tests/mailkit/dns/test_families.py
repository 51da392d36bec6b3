"""Rules of single families: generic names, blocklists that are dead, policies, special networks."""

from __future__ import annotations

import asyncio
import re
import struct
from ipaddress import ip_address, ip_network

import dns.message
import pytest

from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.connect import fetch_policy, served_certificates
from mailkit.dns.families import caa, dnsbl, helo, mx, sts, tlsa
from mailkit.dns.families.common import HostAddresses
from mailkit.dns.families.dnsbl import query_name
from mailkit.dns.families.ptr import is_generic
from mailkit.dns.families.registry import BY_NAME
from mailkit.dns.families.sts import record_id
from mailkit.dns.families.sts_policy import read, write
from mailkit.dns.names import BadName, is_hostname, to_a_label
from mailkit.dns.networks import special_network
from mailkit.dns.replies import to_answer
from mailkit.dns.results import Status
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.wire import Malformed
from mailkit.dns.wire import read as read_message
from tests.mailkit.dns.zones import Zones
from tests.servers.processes import free_port
from tests.servers.tls import certificate, https_server, smtp_server

LOOPBACK = ip_address("127.0.0.1")


@pytest.mark.parametrize(
    ("ip", "name", "generic"),
    [
        ("192.0.2.10", "mail.a.test", False),
        ("192.0.2.10", "192-0-2-10.a.test", True),
        ("192.0.2.10", "host192.0.2.10.a.test", True),
        ("192.0.2.10", "10.2.0.192.in-addr.a.test", True),
        ("192.0.2.10", "ip-192-000-002-010.a.test", True),
        ("192.0.2.10", "mail10.a.test", False),
        ("192.0.2.10", "192-0-2-100.a.test", False),
        ("192.0.2.10", "dhcp-7.a.test", True),
        ("192.0.2.10", "pool.a.test", True),
        ("192.0.2.10", "carpool.a.test", False),
        ("192.0.2.10", "dynamics.a.test", False),
        ("2001:db8::10", "2001-db8--10.a.test", False),
        ("2001:db8::10", "20010db8000000000000000000000010.a.test", True),
        ("2001:db8::10", "2001-0db8-0000-0000-0000-0000-0000-0010.a.test", True),
    ],
)
def test_a_generic_name_is_told_from_a_given_one(ip: str, name: str, generic: bool) -> None:
    assert is_generic(name, ip_address(ip)) == generic


def test_ipv6_is_asked_by_nibbles() -> None:
    name = query_name(ip_address("2001:db8::10"), "bl.test")
    assert name == "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test."


@pytest.mark.parametrize(
    ("ip", "special"),
    [
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("10.0.0.1", True),
        ("192.0.2.1", True),
        ("224.0.0.1", True),
        ("127.0.1.1", True),
        ("2002:c000:201::1", True),
        ("64:ff9b::c000:201", True),
        ("ff02::1", True),
        ("fec0::1", True),
        ("::ffff:8.8.8.8", True),
        ("2001:db8::1", True),
    ],
)
def test_special_networks_are_our_own_table(ip: str, special: bool) -> None:
    assert bool(special_network(ip_address(ip))) == special


def test_a_laboratory_may_use_its_network() -> None:
    allowed = (ip_network("192.0.2.0/24"),)
    assert not special_network(ip_address("192.0.2.1"), allowed)
    assert special_network(ip_address("10.0.0.1"), allowed)
    assert special_network(ip_address("2001:db8::1"), allowed)


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Example.TEST.", "example.test"),
        ("faß.de", "xn--fa-hia.de"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_names_become_a_labels(typed: str, label: str) -> None:
    assert to_a_label(typed) == label


@pytest.mark.parametrize(
    "typed", ["", ".", "a..b", "-a.test", "a b.test", "x" * 64 + ".test", "a_b"]
)
def test_bad_names_are_refused(typed: str) -> None:
    with pytest.raises(BadName):
        to_a_label(typed)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("mail.a.test.", True),
        ("a-b.test", True),
        ("3com.test", True),
        ("a_b.test", False),
        ("-a.test", False),
        ("192.0.2.1", False),
        ("a.123", False),
        (".", False),
        ("a\\000b.test", False),
    ],
)
def test_a_hostname_is_letters_digits_and_hyphens(name: str, good: bool) -> None:
    assert is_hostname(name) == good


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (b"v=STSv1; id=20160831085700Z;", "20160831085700Z"),
        (b"v=STSv1; id=1", "1"),
        (b"v=STSv1;id=1;", "1"),
        (b"v=STSv1 ; id=1 ; x=y", "1"),
        (b"v=STSv1; x=y; id=1;", "1"),
        (b"v=STSv1", ""),
        (b"v=STSv1; id=;", ""),
        (b"v=STSv1; id=a_b;", ""),
        (b"v=STSv1; id=" + b"1" * 33, ""),
        (b"id=1; v=STSv1;", ""),
        (b"v=STSv12; id=1;", ""),
        (b"v=STSv1; id=\xff;", ""),
    ],
)
def test_an_sts_record_is_read_as_its_grammar_says(record: bytes, found: str) -> None:
    assert record_id(record) == found


def test_a_written_policy_can_be_read() -> None:
    policy = read(write("enforce", ["mx.a.test", "*.b.test"]))
    assert not policy.faults
    assert policy.covers("MX.a.test.")
    assert policy.covers("mx.b.test")
    assert not policy.covers("b.test")
    assert not policy.covers("x.mx.b.test")


def test_a_parents_caa_set_is_kept_where_the_domain_gets_its_own() -> None:
    parent = '@ CAA 0 issue "ca.test"\n@ CAA 128 tbs "x"\n@ CAA 0 iodef "mailto:a@a.test"'
    zones = Zones().load("a.test", parent)
    domain, host = MailDomain("sub.a.test"), MailHost()
    (check,) = caa.judge(domain, host, asyncio.run(caa.probe(domain, host, zones)))
    assert check.code == "caa.blocks_us"
    assert {record.name for record in check.publish} == {"sub.a.test."}
    assert {record.value for record in check.publish} == {
        '0 issue "letsencrypt.org"',
        '0 issue "ca.test"',
        '0 iodef "mailto:a@a.test"',
    }


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ('@ TXT "v=spf1 include:b.test ~all"', "v=spf1 include:b.test ip4:192.0.2.10 ~all"),
        ('@ TXT "v=spf1 -all"', "v=spf1 ip4:192.0.2.10 -all"),
        ("", "v=spf1 a -all"),
    ],
)
def test_what_the_helo_names_spf_record_lets_in_is_kept(text: str, mended: str) -> None:
    zones = Zones().load("b.test", '@ TXT "v=spf1 ip4:198.51.100.0/24 -all"')
    zones.load("a.test", "@ A 192.0.2.10\n" + text)
    domain, host = MailDomain("a.test"), MailHost("a.test", (ip_address("192.0.2.10"),))
    (check,) = helo.judge(domain, host, asyncio.run(helo.probe(domain, host, zones)))
    assert check.code == "helo.spf"
    assert [record.value for record in check.publish] == [mended]
    zones.apply(check.publish, check.remove)
    (after,) = helo.judge(domain, host, asyncio.run(helo.probe(domain, host, zones)))
    assert after.status == Status.PASS


def test_a_helo_name_whose_texts_are_unknown_gets_no_second_spf_record() -> None:
    table = Table({("a.test", "TXT"): Answer("a.test.", "TXT", Outcome.TIMEOUT, reason="none")})
    domain, host = MailDomain("a.test"), MailHost("a.test", (ip_address("192.0.2.10"),))
    (check,) = helo.judge(domain, host, asyncio.run(helo.probe(domain, host, table)))
    assert check.code == "helo.no_address"
    assert [record.type for record in check.publish] == ["A"]


class Table:
    """Answers by name and type; everything else does not exist."""

    def __init__(self, answers: dict[tuple[str, str], Answer]) -> None:
        self.answers = answers

    async def ask(self, name: str, type: str) -> Answer:
        key = (name.rstrip(".").lower(), type)
        return self.answers.get(key, Answer(key[0] + ".", type, Outcome.NXDOMAIN))


def a(name: str, *ips: str) -> dict[tuple[str, str], Answer]:
    return {(name, "A"): Answer(name + ".", "A", Outcome.OK, ips)}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({}, "dead"),
        (a("2.0.0.127.bl.test", "127.0.0.2") | a("1.0.0.127.bl.test", "127.0.0.2"), "everything"),
        (a("2.0.0.127.bl.test", "192.0.2.7"), "dead"),
        (a("2.0.0.127.bl.test", "127.0.0.2") | a("10.2.0.192.bl.test", "192.0.2.7"), "everything"),
    ],
)
def test_a_dead_blocklist_lists_nobody(entries: dict[tuple[str, str], Answer], words: str) -> None:
    host = MailHost("mx.test", (ip_address("192.0.2.10"),), dnsbls=("bl.test",))
    domain = MailDomain("a.test")
    checks = dnsbl.judge(domain, host, asyncio.run(dnsbl.probe(domain, host, Table(entries))))
    assert {one.status for one in checks} == {Status.UNKNOWN}
    assert words in checks[0].reason


def test_a_target_that_could_not_be_told_is_not_taken_for_a_stranger() -> None:
    """Ours or not: as long as nobody knows the target's address, it is unknown."""
    table = Table(
        {
            ("a.test", "MX"): Answer("a.test.", "MX", Outcome.OK, ("10 b.test.",)),
            ("b.test", "A"): Answer("b.test.", "A", Outcome.TIMEOUT, reason="no answer"),
        }
    )
    host = MailHost("mx.test", (ip_address("192.0.2.10"),))
    domain = MailDomain("a.test")
    checks = mx.judge(domain, host, asyncio.run(mx.probe(domain, host, table)))
    assert {one.status for one in checks} == {Status.UNKNOWN}


@pytest.mark.parametrize("family", [mx, sts, tlsa, dnsbl])
def test_what_is_not_set_is_skipped(family: object) -> None:
    host, domain = MailHost(), MailDomain("a.test", send_only=family is sts)
    table = Table(
        {("a.test", "MX"): Answer("a.test.", "MX", Outcome.OK, ("10 b.test.",))}
        | a("b.test", "8.8.8.8")
    )
    facts = asyncio.run(family.probe(domain, host, table))  # type: ignore[attr-defined]
    checks = family.judge(domain, host, facts)  # type: ignore[attr-defined]
    assert {one.status for one in checks} == {Status.SKIPPED}


def test_a_policy_that_nobody_serves_is_unknown_and_not_a_fault() -> None:
    found = asyncio.run(fetch_policy(LOOPBACK, free_port(), "mta-sts.a.test"))
    assert found.reason
    assert not found.fault


def test_an_unknown_authority_is_a_fault() -> None:
    with https_server("mta-sts.a.test", "x") as port:
        found = asyncio.run(fetch_policy(LOOPBACK, port, "mta-sts.a.test"))
    assert "certificate" in found.fault


def test_the_whole_chain_is_seen_after_starttls() -> None:
    with smtp_server("mx.a.test") as port:
        served = asyncio.run(served_certificates(LOOPBACK, port, "mx.a.test"))
    shown = certificate("mx.a.test")
    assert served.chain == (shown.der, shown.authority_der)


def test_a_host_without_starttls_has_no_certificate_and_says_why() -> None:
    with smtp_server("mx.a.test", starttls=False) as port:
        served = asyncio.run(served_certificates(LOOPBACK, port, "mx.a.test"))
    assert not served.chain
    assert "502" in served.reason


RECORD = re.compile(r"\S+\. [A-Z]+ \S.*")


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("spf", '@ TXT "v=spf1 +all"'),
        ("spf", '@ TXT "v=spf1 mx -all"'),
        ("spf", '@ TXT "spf2.0/pra mx -all"\n@ SPF "v=spf1 -all"'),
        ("dkim", 'mail._domainkey TXT "v=DKIM1; p="'),
        ("dkim", 'mail._domainkey.a.test TXT "v=DKIM1; p=x"'),
        ("dmarc", '_dmarc TXT "v=DMARC1; p=none"'),
        ("dmarc", '_dmarc TXT "v=DMARC1 ; p=none"'),
        ("tlsrpt", '_smtp._tls TXT "v=TLSRPTv1; rua=x"'),
        ("bimi", 'default._bimi TXT "v=BIMI1; l=http://x"'),
        ("mx", "@ MX 10 192.0.2.1."),
        ("caa", '@ CAA 0 issue "ca.test"'),
    ],
)
def test_what_was_seen_has_one_form(family: str, text: str) -> None:
    zones = Zones()
    zones.load("a.test", text)
    host = MailHost("mail.host.test", (ip_address("192.0.2.10"),))
    one = BY_NAME[family]
    domain = MailDomain("a.test")
    found = one.judge(domain, host, asyncio.run(one.probe(domain, host, zones)))
    lines = [line for check in found for line in check.observed]
    assert lines
    for line in lines:
        assert RECORD.fullmatch(line), line
        if " TXT " in line:
            assert line.endswith('"')


@pytest.mark.parametrize(
    ("data", "right"),
    [
        (bytes((3, 1, 1)) + b"x" * 32, True),
        (bytes((3, 1, 1)) + b"x" * 20, False),
        (bytes((3, 1, 2)) + b"x" * 32, False),
    ],
)
def test_a_tlsa_digest_of_the_wrong_length_is_a_fault(data: bytes, right: bool) -> None:
    """dnspython reads no such record, so that the answer is made of bytes."""
    name = "_25._tcp.mail.host.test."
    wire = bytearray(dns.message.make_query(name, "TLSA").to_wire())
    # A response with one answer: the question's name, then the record.
    wire[2] |= 0x80
    wire[7] = 1
    wire += b"\xc0\x0c" + struct.pack("!HHIH", 52, 1, 300, len(data)) + data
    try:
        answer = to_answer(name, "TLSA", read_message(bytes(wire)), trusts_ad=True)
    except Malformed as error:
        answer = Answer(name, "TLSA", Outcome.MALFORMED, reason=str(error))
    assert answer.known == right
    nothing = [Answer("mail.host.test.", kind, Outcome.NODATA) for kind in ("A", "AAAA")]
    facts = tlsa.TlsaFacts(answer, HostAddresses("mail.host.test.", *nothing))
    checks = tlsa.judge(MailDomain(""), MailHost("mail.host.test", trusts_ad=True), facts)
    assert ("tlsa.syntax" in [one.code for one in checks]) != right
