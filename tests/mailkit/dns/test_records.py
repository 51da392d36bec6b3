"""Records written as zone-file lines are read back by dnspython byte by byte."""

from __future__ import annotations

import dns.rdata
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailkit.dns import records
from mailkit.dns.results import Record

NAME = "mail._domainkey.example.test."


def read_back(line: str) -> bytes:
    zone = dns.zone.from_text(
        "$TTL 60\n@ SOA a. b. 1 2 3 4 5\n@ NS ns.\n" + line, origin="test.", relativize=False
    )
    (rdata,) = zone.find_rdataset(NAME, "TXT")
    assert all(len(part) <= 255 for part in rdata.strings)
    return b"".join(rdata.strings)


@given(st.binary(max_size=1200))
def test_any_bytes_come_back(raw: bytes) -> None:
    record = Record(NAME, "TXT", records.txt_value(raw))
    assert records.txt_bytes(record.value) == raw
    assert read_back(records.zone_line(record)) == raw
    assert read_back(records.bind_line(record)) == raw


@given(st.text(max_size=300))
def test_any_text_a_person_types_can_be_written(value: str) -> None:
    read_back(records.zone_line(Record(NAME, "TXT", value)))


def test_a_long_text_is_cut_at_255_bytes() -> None:
    record = Record(NAME, "TXT", "v=DKIM1; p=" + "A" * 400)
    assert records.zone_line(record) == (
        f'{NAME} 3600 IN TXT "v=DKIM1; p={"A" * 244}" "{"A" * 156}"'
    )
    assert records.bind_line(record) == (
        f'{NAME}\t3600\tIN\tTXT\t( "v=DKIM1; p={"A" * 244}"\n\t"{"A" * 156}" )'
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("v=spf1 -all", '"v=spf1 -all"'),
        ('say "hi"; now', '"say \\"hi\\"; now"'),
        ("back\\\\slash", '"back\\\\slash"'),
        ("caf\\195\\169", '"caf\\195\\169"'),
        ("café", '"caf\\195\\169"'),
        ("", '""'),
        ("end\\", '"end\\\\"'),
        ("\\999", '"\\\\999"'),
    ],
)
def test_quotes_and_backslashes_are_escaped(value: str, written: str) -> None:
    assert records.rdata(Record(NAME, "TXT", value)) == written


def test_other_types_are_written_as_they_are() -> None:
    record = Record("example.test.", "MX", "10 mx.example.test.", 300)
    assert records.zone_line(record) == "example.test. 300 IN MX 10 mx.example.test."
    assert records.bind_line(record) == "example.test.\t300\tIN\tMX\t10 mx.example.test."


@pytest.mark.parametrize(
    ("name", "zone", "host"),
    [
        ("example.test.", "example.test", "@"),
        ("Example.Test.", "example.test.", "@"),
        ("_dmarc.example.test.", "example.test", "_dmarc"),
        ("a.b.example.test.", "example.test.", "a.b"),
        ("otherexample.test.", "example.test", "otherexample.test."),
        ("10.2.0.192.in-addr.arpa.", "example.test", "10.2.0.192.in-addr.arpa."),
        ("example.test.", "", "example.test."),
    ],
)
def test_the_host_of_a_form_is_relative_to_the_zone(name: str, zone: str, host: str) -> None:
    assert records.relative_host(name, zone) == host
