"""A domain's page says of every finding what it means, what it does, what was seen, what mends it.

The findings are real: each case of a fault is served by real servers and checked (`cases`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from dnshealth.services import Result, store_results
from dnshealth.words import words_of
from dnshealth.words.answers import seen_words
from domains.models import Domain
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.records import bind_line, relative_host, zone_line
from mailkit.dns.results import Check, Record
from tests.mailkit.dns.cases.all_cases import FAULTS, zones_of
from tests.mailkit.dns.cases.mending import NOT_BY_RECORDS, checks_of
from tests.pages.reading import read
from tests.servers.dns import DnsServers
from tests.servers.plugin import SILENT_ZONE

pytestmark = pytest.mark.stack

Findings = dict[str, list[Check]]


@pytest.fixture(scope="module")
def findings() -> Iterator[Findings]:
    """By code, what the checks of all its cases say. Servers of their own: nothing is mended."""
    found: Findings = defaultdict(list)
    with DnsServers(silent=[f"{SILENT_ZONE}."]) as servers:
        servers.load(zones_of(FAULTS))
        for side in FAULTS:
            code = side.case.code
            found[code] += [check for check in checks_of(side, servers) if check.code == code]
        yield found


def blocks(html: str, code: str) -> list[str]:
    """The text of each finding of this code, be it a fault or something that nobody could tell."""
    whole = re.findall(r"<article\b.*?</article>|<li id=.*?</div>\s*</li>", html, re.DOTALL)
    mark = f'<code class="dns-code">{code}</code>'
    return [plain(re.sub(r"<[^>]+>", " ", one)) for one in whole if mark in one]


def plain(text: object) -> str:
    return " ".join(unescape(str(text)).split())


def record_texts(record: Record, domain: str) -> list[str]:
    """What somebody needs to publish it or to find it, by a form or by a zone file."""
    values = record.value.split(" ", 1) if record.type == "MX" else [record.value]
    host = relative_host(record.name, domain)
    return [host, record.type, *values, zone_line(record), bind_line(record)]


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_finding_has_its_meaning_effect_what_was_seen_and_the_record(
    code: str, findings: Findings, admin: Client, db: None
) -> None:
    domain = f"{code.replace('.', '-').replace('_', '-')}.test"
    Domain.objects.create(domain=domain)
    store_results([Result(domain, timezone.now(), tuple(findings[code]))])
    shown = blocks(read(admin.get(f"/domains/{domain}/dns/")).html, code)
    assert findings[code]
    for check in findings[code]:
        wanted = plain_texts(check, domain)
        assert any(all(text in one for text in wanted) for one in shown), (wanted, shown)


def plain_texts(check: Check, domain: str) -> list[str]:
    words = words_of(check)
    assert words is not None
    assert check.observed
    records = (*check.publish, *check.remove)
    # Without a record the page says what else to do, and what should be there.
    instead = check.code in NOT_BY_RECORDS or check.expected
    assert records or instead
    texts = [words.title, words.meaning, words.effect, words.todo, words.detail]
    texts += [*map(seen_words, check.observed), check.expected, check.reason]
    texts += [text for record in records for text in record_texts(record, domain)]
    return [found for text in texts if (found := plain(text))]
