"""One domain's page: findings with words and records, unknown with what was known, the history."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise

import pytest
from django.test import Client

from dnshealth.models import PastVerdict
from dnshealth.picture import WIDTH, draw
from dnshealth.services import Result, store_results
from domains.models import Domain
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.registry import BY_NAME
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from tests.dnshealth.samples import CHECKS, LONG
from tests.pages.reading import read

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PAGE = "/domains/a.test/dns/"


def store(*checks: Check, hours: int = 0) -> None:
    store_results([Result("a.test", NOW + timedelta(hours=hours), checks)])


def code_of(html: str, anchor: str) -> str:
    """What a copy button for this element copies."""
    assert f'data-copy-from="{anchor}"' in html
    found = re.search(rf'<(code|pre)[^>]* ?id="{anchor}"[^>]*>(.*?)</\1>', html, re.DOTALL)
    assert found, anchor
    return unescape(found.group(2)).strip()


@pytest.fixture
def checked(two_domains: None) -> None:
    store(*CHECKS)


def test_before_the_first_check(admin: Client, two_domains: None) -> None:
    page = read(admin.get(PAGE))

    assert "Not checked yet" in page.text
    assert "It changes nothing" in page.text
    assert 'action="/domains/a.test/dns/check/"' in page.html


def test_each_finding_says_what_it_means_does_and_needs(admin: Client, checked: None) -> None:
    page = read(admin.get(PAGE))

    assert "There are several SPF records" in page.text
    assert page.html.count("What happens because of it:") == 4
    assert page.html.count("What to do:") == 4
    # The worst first, in the order of the families; what could be better comes folded.
    places = [page.html.index(f">{code}<") for code in ("spf.multiple", "dkim.missing")]
    assert places == sorted(places)
    assert page.html.index("mx.foreign_extra") > places[-1]
    assert "One thing that could be better" in page.text
    assert "v=spf1 a -all" in page.html.split("Seen", 1)[1]


def test_the_record_to_publish_can_be_copied_in_each_form(admin: Client, checked: None) -> None:
    html = read(admin.get(PAGE)).html

    assert code_of(html, "spf-1-add-1-host") == "@"
    assert code_of(html, "spf-1-add-1-value") == "v=spf1 mx a -all"
    assert code_of(html, "spf-1-add-1-zone") == 'a.test. 300 IN TXT "v=spf1 mx a -all"'
    assert code_of(html, "spf-1-remove-1-value") == "v=spf1 a -all"
    assert code_of(html, "dkim-1-add-1-host") == "mail._domainkey"
    assert code_of(html, "dkim-1-add-1-value") == LONG
    strings = re.findall(r'"([^"]*)"', code_of(html, "dkim-1-add-1-bind"))
    assert "".join(strings) == LONG
    assert max(map(len, strings)) <= 255
    # A provider's form has a field of its own for an MX record's priority.
    assert code_of(html, "mx-1-remove-1-value") == "b.test."


def test_the_same_finding_twice_is_explained_once(admin: Client, two_domains: None) -> None:
    store(
        *(
            fail("client", "client.srv_missing", Severity.WARNING, expected=f"0 1 {port} mail.")
            for port in (993, 465)
        )
    )
    page = read(admin.get(PAGE))

    assert page.html.count("What to do:") == 1
    assert "0 1 993" in page.html
    assert "0 1 465" in page.html


def test_unknown_has_its_reason_and_the_last_known(admin: Client, two_domains: None) -> None:
    store(*CHECKS)
    store(
        *(one for one in CHECKS if one.family != "spf"),
        unknown("spf", "timeout: the name servers are silent"),
        hours=1,
    )
    page = read(admin.get(PAGE))

    assert "Could not be checked since 2026-11-24 09:00 UTC: timeout" in page.text
    assert "Last known, 2026-11-24 08:00 UTC:" in page.text
    assert "There are several SPF records" in page.text.split("Last known")[1]
    # DMARC was unknown from the start.
    assert "There is no earlier answer to show." in page.text
    assert "not all checked" in page.text


def test_how_a_lookup_ended_is_said_in_words(admin: Client, two_domains: None) -> None:
    missing = fail(
        "dmarc", "dmarc.missing", Severity.WARNING, observed=("_dmarc.a.test. TXT nxdomain",)
    )
    store(missing, unknown("mx", "MX a.test. servfail: SERVFAIL"))
    page = read(admin.get(PAGE))

    words = "gave our resolver no usable answer (MX a.test. servfail: SERVFAIL)."
    assert page.text.count(words) == 2
    assert "_dmarc.a.test. TXT: there is no such name (nxdomain)" in page.text


def test_the_history_is_a_picture_with_words(admin: Client, two_domains: None) -> None:
    store(passed("spf"))
    store(*CHECKS, hours=10)
    store(unknown("spf", "x"), hours=20)
    page = read(admin.get(PAGE))

    picture = page.html.split('class="dns-history"')[1].split("</svg>")[0]
    assert picture.count("<rect") == 3
    assert "style=" not in page.html
    assert "2026-11-24 18:00 – 2026-11-25 04:00: critical" in page.text
    heights = [int(one) for one in re.findall(r'height="(\d+)"', picture)]
    assert heights[1] > heights[2] > heights[0]


def test_the_domains_page_says_how_dns_stands(admin: Client, checked: None) -> None:
    page = read(admin.get("/domains/a.test/"))

    assert f'href="{PAGE}"' in page.html
    assert "gets lost, is refused" in page.text
    assert "not checked yet" in read(admin.get("/domains/b.test/")).text


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("admin", PAGE, 200),
        ("admin", "/domains/nothing.test/dns/", 404),
        ("bob", PAGE, 200),
        ("bob", "/domains/b.test/dns/", 404),
        ("owner", PAGE, 403),
        ("nobody", PAGE, 302),
    ],
)
def test_who_may_see_it(
    request: pytest.FixtureRequest, two_domains: None, who: str, path: str, status: int
) -> None:
    client = Client() if who == "nobody" else request.getfixturevalue(who)

    assert client.get(path).status_code == status


def test_what_stands_in_dns_is_shown_as_text(admin: Client, two_domains: None) -> None:
    hostile = '<script>alert(1)</script>" onload="x'
    store(
        fail(
            "spf",
            "spf.syntax",
            Severity.CRITICAL,
            observed=(hostile,),
            expected=hostile,
            publish=(Record("a.test.", "TXT", hostile),),
            params={"term": hostile, "why": hostile},
        ),
        unknown("mx", hostile),
        passed("ptr", observed=(hostile,)),
        skipped("tlsa", hostile),
    )
    html = read(admin.get(PAGE)).html

    assert "<script>alert" not in html
    assert '" onload="x' not in html


@pytest.mark.parametrize("row_key", ["A.Test2", "müller.test", "a b.test", "a..test", "x" * 200])
def test_whatever_stands_in_the_table_has_a_page(admin: Client, db: None, row_key: str) -> None:
    Domain.objects.create(domain=row_key)
    store_results([Result(row_key, NOW, (fail("domain", "domain.bad_name", Severity.ERROR),))])

    lines = admin.get("/dns/?sort=worst").context["lines"]
    assert [line.domain.domain for line in lines] == [row_key]
    assert "error" in read(admin.get(lines[0].url)).text


@pytest.mark.django_db
def test_every_code_can_be_shown(admin: Client, two_domains: None) -> None:
    checks = [
        fail(code.family, code.code, code.severities[0])
        if code.severities
        else unknown(code.family, "no answer", code.code)
        for code in CATALOGUE.values()
    ]
    store(*checks, *(passed(name) for name in BY_NAME))
    page = read(admin.get(PAGE))

    assert page.html.count("What happens because of it:") == len(CATALOGUE)
    for code in CATALOGUE.values():
        assert f">{code.code}<" in page.html


@pytest.mark.parametrize("minutes", [[0], [0, 1, 2, 3], [0, 60 * 24 * 90], list(range(60))])
def test_no_span_of_the_picture_is_too_narrow_or_hides_another(minutes: list[int]) -> None:
    spans = [
        PastVerdict(verdict="ok", first_seen=at, last_seen=at)
        for at in (NOW + timedelta(minutes=minute) for minute in minutes)
    ]
    picture = draw(spans, NOW + timedelta(minutes=minutes[-1]))

    assert picture is not None
    drawn = picture.spans
    assert all(span.width >= 2.9 for span in drawn)
    assert drawn[0].x == 0
    assert drawn[-1].x + drawn[-1].width == pytest.approx(WIDTH, abs=0.2)
    for one, following in pairwise(drawn):
        assert one.x + one.width == pytest.approx(following.x, abs=0.2)
