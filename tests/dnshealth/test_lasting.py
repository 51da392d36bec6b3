"""The pages say for how long resolvers may go on with the old answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.actor import Actor
from audit.log import record
from audit.models import Entry
from dnshealth.lasting import in_words, lasting_of, old_until_of_domain
from dnshealth.services import Result, store_results
from mailkit.dns.primary import negative_ttl
from mailkit.dns.publish import Change
from mailkit.dns.results import Record, Severity, fail
from mailkit.dns.wire import server
from tests.dnshealth.conftest import Configure
from tests.pages.reading import read
from tests.servers.dns import DnsServers
from tests.servers.primary import PrimaryServer


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (90, "90 seconds"),
        (60, "1 minute"),
        (300, "5 minutes"),
        (301, "6 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (14400, "4 hours"),
        (86400, "1 day"),
        (604800, "7 days"),
    ],
)
def test_a_ttl_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


OLD = Change("a.test.", "MX", ("10 b.test.",), ("10 a.test.",), 300, 7200)
NEW = Change("a.test.", "TXT", (), ('"x"',), 300)


@pytest.mark.parametrize(
    ("changes", "old_for", "absent_for"),
    [([OLD], "2 hours", ""), ([NEW], "", "1 minute"), ([OLD, NEW], "2 hours", "1 minute")],
    ids=["old", "new", "both"],
)
def test_what_was_there_and_what_was_not(
    changes: list[Change], old_for: str, absent_for: str
) -> None:
    found = lasting_of(changes, 60)
    assert (found.old_for, found.absent_for) == (old_for, absent_for)


@pytest.fixture(scope="module")
def knot() -> Iterator[PrimaryServer]:
    with PrimaryServer({"a.test": ""}) as running:
        yield running


@pytest.mark.stack
def test_the_zone_says_how_long_nothing_is_remembered(knot: PrimaryServer) -> None:
    # The lesser of the SOA record's own TTL, 300, and its last number.
    assert asyncio.run(negative_ttl(knot.primary("a.test"))) == 60


def published(root: Actor, *, hours_ago: float, ttl: int, before: bool = True) -> Entry:
    entry = record(
        actor=root,
        action="publish_dns",
        object_type="dns",
        key="a.test. MX",
        domain="a.test",
        before={"records": f"{ttl} 10 old.test."} if before else None,
        after={"records": "300 10 mx.test."},
    )
    at = timezone.now() - timedelta(hours=hours_ago)
    Entry.objects.filter(pk=entry.pk).update(time=at)
    entry.refresh_from_db()
    return entry


def test_the_page_of_what_was_sent_says_until_when(
    admin: Client, root: Actor, two_domains: None
) -> None:
    entry = published(root, hours_ago=1, ttl=14400)
    page = read(admin.get(f"/domains/a.test/dns/published/{entry.pk}/"))
    until = entry.time + timedelta(hours=4)
    assert f"The old had a TTL of 4 hours: it is gone everywhere by {until:%Y-%m-%d %H:%M}" in (
        page.text
    )
    new = published(root, hours_ago=1, ttl=300, before=False)
    page = read(admin.get(f"/domains/a.test/dns/published/{new.pk}/"))
    assert "The old had" not in page.text
    assert "the zone’s SOA record says" in page.text


@pytest.mark.parametrize(
    ("hours_ago", "ttl", "left"), [(1, 14400, 3), (5, 14400, None), (1, 300, None)], ids=str
)
def test_of_all_that_was_sent_lately_the_longest_counts(
    root: Actor, two_domains: None, hours_ago: int, ttl: int, left: int | None
) -> None:
    published(root, hours_ago=2, ttl=60)
    published(root, hours_ago=hours_ago, ttl=ttl)
    until = old_until_of_domain("a.test")
    hours = None if until is None else round((until - timezone.now()) / timedelta(hours=1))
    assert hours == left
    assert old_until_of_domain("b.test") is None


@pytest.mark.stack
def test_the_publish_page_says_it_before_and_after(
    admin: Client, root: Actor, two_domains: None, configure: Configure, dns_servers: DnsServers
) -> None:
    dns_servers.load({"a.test.": "@ 7200 MX 10 old.test.\n"})
    configure(servers=dns_servers.resolver, primary=server(f"127.0.0.1@{dns_servers.knot_port}"))
    change = {
        "publish": (Record("a.test.", "MX", "10 mx.test."),),
        "remove": (Record("a.test.", "MX", "10 old.test."),),
    }
    check = fail("mx", "mx.not_ours", Severity.CRITICAL, **change)
    store_results([Result("a.test", timezone.now(), (check,))])
    url = "/domains/a.test/dns/publish/"
    page = read(admin.get(url))
    assert "may say the old for up to 2 hours: that is its TTL" in page.text
    data = {
        "zone": page.value("zone"),
        "state": page.value("state"),
        "code": "mx.not_ours",
    }
    assert admin.post(url, data).status_code == 302
    after = read(admin.get(url)).text
    until = Entry.objects.latest("pk").time + timedelta(hours=2)
    assert "Published already, and not seen everywhere yet" in after
    assert f"until {until:%Y-%m-%d %H:%M} UTC at most" in after
