"""Random bytes from a resolver, random answers to every family: a finding or unknown, always."""

from __future__ import annotations

import asyncio
from functools import partial
from ipaddress import ip_address
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rrset
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailkit.dns import connect
from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families import caa, client, dnsbl, dnssec, domain, helo, mx, ptr, sts, tlsa
from mailkit.dns.families.sts_policy import read as read_policy
from mailkit.dns.names import BadName, to_a_label
from mailkit.dns.records import zone_line
from mailkit.dns.replies import to_answer
from mailkit.dns.results import Check, Status
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.wire import Malformed, read
from tests.servers.tls import certificate

FAMILIES = (caa, client, dnsbl, dnssec, domain, helo, mx, ptr, sts, tlsa)
HOST = MailHost(
    hostname="mx.host.test",
    ips=(ip_address("192.0.2.10"), ip_address("2001:db8::10")),
    dnsbls=("bl.test",),
    trusts_ad=True,
)
many = partial(settings, deadline=None, suppress_health_check=list(HealthCheck))
KEY = "257 3 13 " + "A" * 86 + "=="
NAMES = [".", "a.test.", "mx.host.test.", "x..test.", "_a.test.", "\\000.test.", "192.0.2.1.", ""]
ALIASES = [".", "mx.host.test.", "_a.test."]
VALUES: dict[str, list[str]] = {
    "A": ["192.0.2.10", "127.0.0.2", "127.255.255.254", "10.0.0.1", "224.0.0.1", "x", "", "::1"],
    "AAAA": ["2001:db8::10", "::1", "fe80::1", "fe80::1%eth0", "::ffff:192.0.2.10", "x", ""],
    "MX": [f"{n} {name}" for n in ("10", "0", "-1", "x", "99999", "²") for name in NAMES] + [""],
    "PTR": [*NAMES, "dyn-192-0-2-10.test."],
    "SOA": ["ns.test. hostmaster.test. 1 2 3 4 5", ""],
    "CAA": ['0 issue "letsencrypt.org"', '0 issue ";"', '128 x "y"', "", "0", '999 issue ""'],
    "SRV": [f"0 1 {p} {n}" for p in ("993", "465", "x", "²") for n in NAMES] + ["0 0 0 .", ""],
    "DNSKEY": [
        KEY,
        KEY.replace("257", "256"),
        "257 3 13 x",
        "257 3 250 AAAA",
        "257",
        "",
        "257 3 13",
    ],
    "TLSA": ["3 1 1 " + "ab" * 32, "2 0 1 " + "cd" * 32, "3 1 1 ab", "0 0 0 ab", "9 9 9 zz", ""],
}
WORDS = [b"v=STSv1", b";", b" ", b"id=1", b"id=", b"v=spf1", b" mx", b" -all", b" a", b"\xff", b"x"]
text = st.lists(st.sampled_from(WORDS), max_size=6).map(b"".join)
strings = st.lists(st.one_of(st.binary(max_size=40), text), min_size=1, max_size=3).map(tuple)


class RandomAnswers:
    """Any answer to each question, the same one each time."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.given: dict[tuple[str, str], Answer] = {}

    async def ask(self, name: str, type: str) -> Answer:
        key = (name.lower().rstrip("."), type)
        if key not in self.given:
            self.given[key] = self._draw(key[0] + ".", type)
        return self.given[key]

    def _draw(self, name: str, type: str) -> Answer:
        outcome = self.data.draw(st.sampled_from([*[Outcome.OK] * 10, *Outcome]))
        secure = self.data.draw(st.booleans())
        cnames = tuple(self.data.draw(st.lists(st.sampled_from(ALIASES), max_size=2)))
        if outcome != Outcome.OK:
            return Answer(name, type, outcome, cnames=cnames, secure=secure)
        if type in ("TXT", "SPF"):
            texts = tuple(self.data.draw(st.lists(strings, max_size=3)))
            return Answer(name, type, outcome, texts=texts, cnames=cnames, secure=secure)
        some = st.lists(st.sampled_from(VALUES[type]), max_size=4, unique=True)
        values = tuple(self.data.draw(some))
        return Answer(name, type, outcome, values, cnames=cnames, secure=secure)


def assert_sound(checks: list[Check], family: str) -> None:
    assert checks
    for check in checks:
        assert check.family == family
        if check.status == Status.FAIL:
            assert check.severity in CATALOGUE[check.code].severities
        assert check.status != Status.UNKNOWN or check.reason
        for record in (*check.publish, *check.remove):
            assert record.name.endswith(".")
            zone_line(record)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.FAMILY)
@many(max_examples=150)
@given(data=st.data())
def test_any_answers_end_in_checks(family: Any, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sts, "fetch_policy", lambda *_: _fetched(data))
        patch.setattr(tlsa, "served_certificates", lambda *_: _served(data))
        subject = MailDomain(
            "a.test",
            send_only=data.draw(st.booleans()),
            sts_policy=data.draw(st.sampled_from(["", "x"])),
        )
        facts = asyncio.run(family.probe(subject, HOST, RandomAnswers(data)))
        assert_sound(family.judge(subject, HOST, facts), family.FAMILY)


LINES = [
    "version: STSv1",
    "mode: enforce",
    "mode: x",
    "mx: *.test",
    "mx:",
    "max_age: 9",
    "max_age: ²",
]
policies = st.lists(st.sampled_from(LINES), max_size=6).map("\n".join)


async def _fetched(data: st.DataObject) -> connect.Fetched:
    return data.draw(
        st.one_of(
            st.builds(connect.Fetched, text=st.one_of(policies, st.text(max_size=60))),
            st.just(connect.Fetched(fault="HTTP 404")),
            st.just(connect.Fetched(reason="no answer")),
        )
    )


async def _served(data: st.DataObject) -> connect.Served:
    real = certificate("mx.host.test")
    return data.draw(
        st.sampled_from(
            [
                connect.Served((real.der, real.authority_der)),
                connect.Served((b"no certificate",)),
                connect.Served(reason="refused"),
            ]
        )
    )


@many(max_examples=700)
@given(data=st.binary(max_size=200), kind=st.sampled_from([*VALUES, "TXT", "SPF"]))
def test_random_bytes_are_an_answer_or_malformed(data: bytes, kind: str) -> None:
    try:
        message = read(data)
    except Malformed:
        return
    answer = to_answer("a.test.", kind, message, trusts_ad=True)
    assert answer.outcome != Outcome.OK or answer.values or answer.texts


def _reply(kind: str) -> bytes:
    query = dns.message.make_query("a.test.", kind, use_edns=0)
    reply = dns.message.make_response(query)
    values = {**VALUES, "TXT": ['"v=STSv1" "id=1"'], "SPF": ['"v=spf1"']}[kind][:1]
    reply.answer.append(dns.rrset.from_text_list("a.test.", 60, "IN", kind, values))
    return reply.to_wire()


REPLIES = {kind: _reply(kind) for kind in [*VALUES, "TXT", "SPF"]}


@many(max_examples=900)
@given(
    kind=st.sampled_from(list(REPLIES)),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, 60),
)
def test_a_reply_with_bytes_changed_is_an_answer_or_malformed(
    kind: str, changes: list[tuple[int, int]], cut: int
) -> None:
    raw = bytearray(REPLIES[kind])
    for at, byte in changes:
        raw[at % len(raw)] = byte
    del raw[len(raw) - cut % 12 :]
    try:
        message = read(bytes(raw))
    except Malformed:
        return
    to_answer("a.test.", kind, message)


@many(max_examples=300)
@given(
    raw=st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(
            lambda b: b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b
        ),
    )
)
def test_any_http_answer_is_a_policy_or_a_fault(raw: bytes) -> None:
    found = connect.read_response(raw)
    assert not found.reason
    read_policy(found.text)


@many(max_examples=300)
@given(name=st.text(max_size=80))
def test_any_name_is_an_a_label_or_bad(name: str) -> None:
    try:
        label = to_a_label(name)
    except BadName:
        return
    assert label.isascii()
    assert to_a_label(label) == label
