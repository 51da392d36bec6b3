"""DANE: whose key is compared where a name has several addresses, and what has to be signed."""

from __future__ import annotations

import asyncio
import hashlib
from ipaddress import ip_address, ip_network

from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.families import tlsa
from mailkit.dns.results import Check, Status
from mailkit.dns.subject import MailDomain, MailHost
from tests.mailkit.dns.test_families import LOOPBACK, Table
from tests.servers.tls import certificate, smtp_server


def tlsa_checks(ips: str, pins: tuple[str, ...], port: int, *, secure: bool = True) -> list[Check]:
    """What is said of a host with these addresses that sends from 127.0.0.99 and 127.0.0.1."""
    name, pinned = "mx.a.test", tuple(f"3 1 1 {pin}" for pin in pins)
    record = Answer(f"_25._tcp.{name}.", "TLSA", Outcome.OK, pinned, secure=True)
    table = Table(
        {
            ("_25._tcp." + name, "TLSA"): record,
            (name, "A"): Answer(name + ".", "A", Outcome.OK, tuple(ips.split()), secure=secure),
        }
    )
    host = MailHost(
        name,
        (ip_address("127.0.0.99"), LOOPBACK),
        trusts_ad=True,
        smtp_port=port,
        allowed_networks=(ip_network("127.0.0.0/8"),),
    )
    return tlsa.judge(MailDomain(""), host, asyncio.run(tlsa.probe(MailDomain(""), host, table)))


def pin_of(name: str) -> str:
    return hashlib.sha256(tlsa.public_key(certificate(name).der)).hexdigest()


def test_the_key_is_asked_for_where_mail_arrives_and_not_where_it_is_sent_from() -> None:
    pins = (pin_of("mx.a.test"), "ab" * 32)
    with smtp_server("mx.a.test") as port:
        assert [one.status for one in tlsa_checks("127.0.0.1", pins, port)] == [Status.PASS]
        # Where it may not be connected to nobody can tell.
        (dead,) = tlsa_checks("127.0.0.1 127.0.0.7", pins, port)
    assert dead.status == Status.UNKNOWN
    assert "127.0.0.7" in dead.reason


def test_each_address_of_the_mail_host_has_to_show_a_key_that_is_named() -> None:
    both = "127.0.0.1 127.0.0.2"
    one, two = pin_of("mx.a.test"), pin_of("other.a.test")
    with (
        smtp_server("mx.a.test") as port,
        smtp_server("other.a.test", ip="127.0.0.2", port=port),
    ):
        (wrong,) = tlsa_checks(both, (one, "ab" * 32), port)
        (right,) = tlsa_checks(both, (one, two), port)
    assert wrong.code == "tlsa.mismatch"
    assert f"3 1 1 {two}" in {record.value for record in wrong.publish}
    assert [record.value for record in wrong.remove] == ["3 1 1 " + "ab" * 32]
    assert right.status == Status.PASS


def test_tlsa_is_of_no_use_where_the_hosts_address_is_not_secure() -> None:
    pins = (pin_of("mx.a.test"), "ab" * 32)
    with smtp_server("mx.a.test") as port:
        codes = [one.code for one in tlsa_checks("127.0.0.1", pins, port, secure=False)]
    assert codes == ["tlsa.not_secure"]
