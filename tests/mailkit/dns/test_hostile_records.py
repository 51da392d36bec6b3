"""A record as long as DNS allows costs neither time nor lookups without end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.families import bimi, dkim, dmarc, spf, tlsrpt
from mailkit.dns.subject import MailDomain
from tests.mailkit.dns.dkim_cases import KEY
from tests.mailkit.dns.memory import DOMAIN, HOST, checks_of

SIZE = 60_000


class SameEverywhere:
    """The same long TXT record at every name, and one address for every host."""

    def __init__(self, raw: bytes) -> None:
        self.texts = (tuple(raw[at : at + 255] for at in range(0, len(raw), 255)),)
        self.questions = 0

    async def ask(self, name: str, type: str) -> Answer:
        self.questions += 1
        if type in ("TXT", "SPF"):
            return Answer(name, type, Outcome.OK, texts=self.texts)
        values = {"A": ("192.0.2.1",), "AAAA": ("2001:db8::1",), "MX": (f"10 mx.{name}",)}
        return Answer(name, type, Outcome.OK, values=values.get(type, ()))


def filled(head: str, *parts: str) -> bytes:
    """`head` and then the parts again and again, `#` a running number."""
    several = range(SIZE // min(map(len, parts)))
    text = "".join(parts[n % len(parts)].replace("#", str(n)) for n in several)
    return (head + text).encode()[:SIZE]


RECORDS = {
    "hosts": (spf, filled("v=spf1 ", "a:h#.test ")),
    "a": (spf, filled("v=spf1 ", "a ")),
    "includes": (spf, filled("v=spf1 ", "include:i#.test ")),
    "deep includes": (spf, filled("v=spf1 ", "include:x#.%{d} ")),
    "mx": (spf, filled("v=spf1 ", "mx:h#.test ")),
    "networks": (spf, filled("v=spf1 ", "ip4:192.0.2.7 ", "ip6:2001:db8::# ")),
    "exp": (spf, filled("v=spf1 ", "exp=x.test ", "redirect=r#.test ")),
    "modifiers": (spf, filled("v=spf1 ", "x#=1 ")),
    "macros": (spf, filled("v=spf1 ", "exists:%{ir}.%{l1r-}.h#.test ")),
    "one word": (spf, filled("v=spf1 a:", "a")),
    "labels": (spf, filled("v=spf1 a:", "a.")),
    "slashes": (spf, filled("v=spf1 a:", "1/")),
    "per cent": (spf, filled("v=spf1 a:", "%")),
    "blanks": (spf, filled("v=spf1 ", " ")),
    "junk": (spf, filled("v=spf1 ", "junk# ")),
    "rua": (dmarc, filled("v=DMARC1; p=none; rua=", "mailto:a@h#.test,")),
    "bad rua": (dmarc, filled("v=DMARC1; p=none; rua=mailto:", "a")),
    "labels of a rua": (dmarc, filled("v=DMARC1; p=none; rua=mailto:a@", "a.")),
    "many tags": (dmarc, filled("v=DMARC1; ", "x#=1; ")),
    "semicolons": (dmarc, filled("v=DMARC1", ";")),
    "key": (dkim, filled("v=DKIM1; p=", "MIIB")),
    "key tags": (dkim, filled("v=DKIM1; ", "x#=1;")),
    "key blanks": (dkim, filled("v=DKIM1; p=", "A ")),
    "reports": (tlsrpt, filled("v=TLSRPTv1; rua=", "mailto:a@h#.test,")),
    "logo": (bimi, filled("v=BIMI1; l=https://", "a/")),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_long_record_is_soon_done_with(name: str) -> None:
    family: Any
    family, raw = RECORDS[name]
    asks = SameEverywhere(raw)
    began = time.process_time()
    checks = checks_of(family, MailDomain(DOMAIN, keys=(KEY,)), HOST, asks)
    assert checks
    assert time.process_time() - began < 5
    assert asks.questions < 700
