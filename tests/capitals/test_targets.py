"""The table of targets tells sources apart as `forwardings` does."""

from __future__ import annotations

from django.utils import timezone

from domains.models import Domain
from mailboxes.dependents import forwardings_naming
from mailboxes.leading import Asked, Leading
from mailboxes.models import Forwarding, ForwardingTarget
from mailboxes.target_refresh import refresh_targets


def test_sources_that_differ_in_capitals_are_both_found(told_apart: bool) -> None:
    Domain.objects.create(domain="x.test")
    sources = ["A@x.test", "B@x.test", "a@x.test"] if told_apart else ["B@x.test", "a@x.test"]
    Forwarding.objects.bulk_create(
        Forwarding(source=source, destination="to@y.test") for source in sources
    )
    refresh_targets()
    find = Leading(timezone.now())

    assert sorted(forwardings_naming("to@y.test", find)) == sources
    page = find.page(Asked(addresses=("to@y.test",)), Forwarding.objects.all())
    assert sorted(row.source for row in page.rows) == sources
    behind = ForwardingTarget.objects.filter(source__gt="A@x.test", source__lte="a@x.test")
    assert behind.filter(source="a@x.test").exists()
