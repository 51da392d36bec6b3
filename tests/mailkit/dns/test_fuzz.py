"""Whatever stands in DNS, reading and judging it ends in checks and never in an exception."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mailkit.dns import dkim_record, dmarc_record, records, tags
from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.families import bimi, dkim, dmarc, spf, tlsrpt
from mailkit.dns.families.spf import mend, parse
from mailkit.dns.results import Check, Record, Status
from mailkit.dns.subject import MailDomain
from tests.mailkit.dns.dkim_cases import KEY, P
from tests.mailkit.dns.memory import DOMAIN, HOST

FAMILIES = (spf, dkim, dmarc, tlsrpt, bimi)
many = partial(settings, deadline=None, suppress_health_check=list(HealthCheck))
UNKNOWN = [o for o in Outcome if o not in ("ok", "nodata", "nxdomain")]

# Pieces of real records, put together at random: they get further in than random bytes do.
WORDS = [
    "v=spf1", "V=SPF1", " ", "  ", "mx", "a", "all", "-all", "+all", "~all", "?all", "ptr", "ip4:",
    "ip6:", "ip4:192.0.2.0/24", "ip6:::/0", "include:", "include:a.test", "redirect=", "exists:",
    "a:a.test", "mx:b.test", "//64", "/24", "/0", "/99", "%{i}", "%{d}", "%{p}", "%{l1r-}", "%{",
    "%", "exp=", "a.test", DOMAIN, "v=DMARC1", "v=DKIM1", ";", "; ", "=", "p=", "p=none",
    "p=reject", "sp=none", "rua=", "rua=mailto:", "mailto:x@a.test", "@", ",", "!10m", "t=y",
    "adkim=s", "fo=1:d:s", "psd=y", "psd=n", "k=rsa", "k=ed25519", "h=sha1", "s=*", P, P[:100],
    "MIIB", "\\;", "\\", '"', "v=TLSRPTv1", "https://", "https://[", "v=BIMI1", "l=", "a=",
    "spf2.0/pra", "\u2013all", "\xa0", "\0", "1", ":", ".", "-", "..", "_", "x" * 300,
]  # fmt: skip
text = st.lists(st.sampled_from(WORDS), max_size=14).map("".join).map(str.encode)
raw = st.one_of(st.binary(max_size=300), text, st.builds(lambda a, b: a + b, text, st.binary()))
txt = st.lists(raw, min_size=1, max_size=3).map(tuple)
TERMS = [
    "mx", "a", "-all", "+all", "~all", "?all", "ptr", "ip4:192.0.2.0/24", "ip6:::/0", "x=1", "moo",
    "ip4:9.0.0.0/7", "include:a.test", "include:b.test", "include:example.test", "redirect=a.test",
    "redirect=b.test", "a:a.test/24//64", "mx:b.test", "exists:%{i}.a.test", "include:%{d}",
    "ip4:192.0.2.10", "ipv4:1", "ip6:2001:db8::10", "exp=%{d}.a.test", "a:%{p}.a.test", "a//0",
    "-ip4:192.0.2.10",
]  # fmt: skip
TAGS = [
    "p=none", "p=reject", "p=x", "sp=none", "np=quarantine", "rua=mailto:x@a.test", "t=y", "fo=2",
    "rua=x@b.test", "rua=mailto:x@example.test", "ruf=mailto:y@b.test,https://c", "psd=y", "psd=n",
    "adkim=s", "pct=1", "ri", "l=https://a.test/", "l=", "a=http://b", "rua=https://a.test",
]  # fmt: skip
KEYS = ["k=rsa", "k=dsa", "h=sha1", "s=email", "s=x", "t=y", "t=s:y", f"p={P}", f"p={P[:99]}", "p="]


def listed(head: list[str], parts: list[str], between: str) -> st.SearchStrategy[bytes]:
    """A record of the right shape, out of parts that may be wrong."""
    some = st.lists(st.sampled_from(parts), max_size=6)
    return st.builds(lambda v, rest: between.join([v, *rest]).encode(), st.sampled_from(head), some)


SHAPED = {
    "_dmarc": listed(["v=DMARC1"] * 9 + ["v=dmarc1"], TAGS, "; "),
    "_smtp": listed(["v=TLSRPTv1"] * 9 + ["v=TLSRPT1"], TAGS, "; "),
    "default": listed(["v=BIMI1"] * 9 + ["v=BIMI2"], TAGS, "; "),
    "key": listed(["v=DKIM1"] * 9 + ["k=rsa"], KEYS, "; "),
    "spf": listed(["v=spf1"] * 9 + ["v=spf1;"], TERMS, " "),
}
host = st.sampled_from(["a.test", "b.test", DOMAIN, f"x.{DOMAIN}", ".", "", "\\000.test", "a..b"])
VALUES = {
    "A": st.sampled_from(["192.0.2.10", "198.51.100.1", "0.0.0.0", "127.0.0.1", "junk", ""]),
    "AAAA": st.sampled_from(["2001:db8::10", "::", "fe80::1", "junk", ""]),
    "MX": st.builds("{} {}".format, st.sampled_from(["0", "10", "x", ""]), host),
    "PTR": host,
}


class RandomAnswers:
    """An answer of any kind to each question, the same one each time."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.given: dict[tuple[str, str], Answer] = {}

    async def ask(self, name: str, type: str) -> Answer:
        if (name, type) not in self.given:
            self.given[name, type] = self.draw(name, type)
        return self.given[name, type]

    def draw(self, name: str, type: str) -> Answer:
        likely = [Outcome.OK] * 12
        outcome = self.data.draw(st.sampled_from([*likely, *Outcome]))
        if outcome != Outcome.OK:
            return Answer(name, type, outcome)
        if type in ("TXT", "SPF"):
            if self.data.draw(st.integers(0, 3)):
                first = "key" if "_domainkey" in name else name.partition(".")[0]
                shaped = self.data.draw(SHAPED.get(first, SHAPED["spf"]))
                cut = self.data.draw(st.integers(1, 254))
                texts: tuple[Any, ...] = ((shaped[:cut], shaped[cut:]),)
            else:
                texts = tuple(self.data.draw(st.lists(txt, min_size=1, max_size=3)))
            return Answer(name, type, outcome, texts=texts)
        values = tuple(self.data.draw(st.lists(VALUES[type], min_size=1, max_size=12)))
        return Answer(name, type, outcome, values=values)


def assert_sound(family: Any, checks: list[Check]) -> None:
    assert checks
    for check in checks:
        assert check.family == family.__name__.rpartition(".")[2]
        assert (check.status == Status.FAIL) == (check.severity is not None)
        assert check.status != Status.UNKNOWN or check.reason
        for record in (*check.publish, *check.remove):
            assert_writable(record)
        for seen in (*check.observed, check.expected):
            assert seen.isascii()


def assert_writable(record: Record) -> None:
    assert record.name.endswith(".")
    assert record.value.isascii()
    assert records.txt_value(records.txt_bytes(record.value)) == record.value
    records.zone_line(record)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
@many(max_examples=450)
@given(data=st.data())
def test_any_answers_end_in_checks(family: Any, data: st.DataObject) -> None:
    domain = MailDomain(DOMAIN, keys=(KEY,) if data.draw(st.booleans()) else ())
    answers = RandomAnswers(data)
    facts = asyncio.run(family.probe(domain, HOST, answers))
    assert_sound(family, family.judge(domain, HOST, facts))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
@many(max_examples=60)
@given(outcome=st.sampled_from(UNKNOWN))
def test_no_answers_at_all_are_unknown_and_nothing_else(family: Any, outcome: Outcome) -> None:
    class Dead:
        async def ask(self, name: str, type: str) -> Answer:
            return Answer(name, type, outcome, reason="nobody answers")

    domain = MailDomain(DOMAIN, keys=(KEY,))
    checks = family.judge(domain, HOST, asyncio.run(family.probe(domain, HOST, Dead())))
    assert {check.status for check in checks} == {Status.UNKNOWN}


@many(max_examples=500)
@given(parts=txt)
def test_parsers_take_anything(parts: tuple[bytes, ...]) -> None:
    joined = b"".join(parts)
    tags.parse_tags(joined)
    read = dkim_record.read_record(joined)
    dkim_record.corrected(read)
    found = dmarc_record.read_dmarc(joined)
    assert found.policy in dmarc_record.POLICIES
    dmarc_record.addresses(joined.decode("latin-1"))
    record = parse.parse(joined)
    assert [t.text for t in record.terms] == record.text.split(" ")[1:] or "" in record.text.split(
        " "
    )
    mend.readable(parts)


@many(max_examples=300)
@given(der=st.one_of(st.binary(max_size=80), st.integers(0, 294).map(lambda n: KEY.spki[:n])))
def test_a_der_reader_raises_only_its_own_error(der: bytes) -> None:
    try:
        dkim_record.read_der(der)
    except dkim_record.NotAKey:
        return
    assert der == KEY.spki or len(der) < 294


@many(max_examples=200)
@given(at=st.integers(0, len(KEY.spki) - 1), byte=st.integers(0, 255))
def test_a_der_with_one_byte_changed_is_another_key_or_none(at: int, byte: int) -> None:
    changed = KEY.spki[:at] + bytes([byte]) + KEY.spki[at + 1 :]
    try:
        key = dkim_record.read_der(changed)
    except dkim_record.NotAKey:
        return
    # Only the parameters of the algorithm and unused bits do not belong to the key.
    assert key != dkim_record.read_der(KEY.spki) or changed == KEY.spki or at < 40


@many(max_examples=300)
@given(text=st.one_of(text, SHAPED["spf"].map(lambda raw: raw[7:])))
def test_a_mended_record_lets_us_pass_and_no_stranger(text: bytes) -> None:
    """Whatever the record was: what is published instead is good, if nothing else is unknown."""
    assume(b"%{p" not in text)  # what that asks for depends on the address
    zone = OnlyTxt(b"v=spf1 " + text)
    domain = MailDomain(DOMAIN)
    checks = spf.judge(domain, HOST, asyncio.run(spf.probe(domain, HOST, zone)))
    published = [c.publish[0] for c in checks if c.status == Status.FAIL and c.publish]
    if not published:
        return
    again = OnlyTxt(records.txt_bytes(published[0].value))
    facts = asyncio.run(spf.probe(domain, HOST, again))
    assert all(found.passes for found in facts.ours), (published[0].value, facts.ours)
    assert not any(found.passes for found in facts.strangers), published[0].value


NAMES = [
    "a.test", "a.test.", "%{d}", "%{d2}.b", "%{ir}.%{v}.x.test", "%{d/}.c.test", "%{d0}.a.test",
    "%{q}", "%{t}.a.test", "%{d", "%%.a.test", "a", "a..b", "1.2.3.4", "a.1", "-a.test", "a.b-", "",
    "a_b.test", "a.test/24",
]  # fmt: skip
LENGTHS = ["", "", "/24", "//64", "/24//64", "/0", "/33", "//129", "/", "/24/64", "/024", "/-1"]
NETWORKS = ["ip4:192.0.2.1", "ip4:1.2.3", "ip4:01.2.3.4", "ip6:2001:db8::", "ip6:1.2.3.4", "ip6:"]
terms = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "-", "~", "?", "+", "--"]),
    st.one_of(
        st.builds("{}:{}".format, st.sampled_from(["a", "MX", "include", "exists", "ptr"]),
                  st.sampled_from(NAMES)),
        st.builds("{}={}".format, st.sampled_from(["redirect", "exp"]), st.sampled_from(NAMES)),
        st.sampled_from([*NETWORKS, "a", "mx", "ptr", "all", "all:x", "include", "moo"]),
        st.sampled_from(["x=1", "x=%{t}"]),
    ),
    st.sampled_from(LENGTHS),
)  # fmt: skip


@many(max_examples=400)
@given(parts=st.lists(terms, min_size=1, max_size=3))
def test_what_is_read_as_a_mistake_is_one_for_receivers(parts: list[str]) -> None:
    """And the other way round; a record that includes itself is another error."""
    raw = " ".join(["v=spf1", *parts]).encode()
    ip = "203.0.113.9"
    found = asyncio.run(spf.evaluate.evaluate(ip, DOMAIN, DOMAIN, OnlyTxt(raw), {}))
    wrong = bool(parse.parse(raw).errors)
    assume(found.cause != spf.Cause.LOOP)
    assert wrong == (found.cause == spf.Cause.SYNTAX), found


class OnlyTxt:
    """A domain with one TXT record, and nothing else in the world."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    async def ask(self, name: str, type: str) -> Answer:
        if (name, type) == (f"{DOMAIN}.", "TXT"):
            parts = tuple(self.raw[at : at + 255] for at in range(0, len(self.raw), 255))
            return Answer(name, type, Outcome.OK, texts=(parts,))
        return Answer(name, type, Outcome.NXDOMAIN)
