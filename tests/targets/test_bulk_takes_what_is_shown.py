"""Actions on all of a page, and on all that match, are about the very rows that the list shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.http import urlencode

from bulk.models import Job, Role
from bulk.parts import numbers, read_items
from domains.models import Domain
from mailboxes.models import Forwarding

ROWS = {
    **{f"f{number}@a.test": "x@other.test" for number in range(3)},
    "y@a.test": "x@not-b.test.example",
    "z@a.test": "boss@b.test",
}


@pytest.fixture(params=["by_reading", "by_table"])
def by_table(request: pytest.FixtureRequest, compared: Callable[[], object]) -> bool:
    Domain.objects.create(domain="a.test")
    Forwarding.objects.bulk_create(
        Forwarding(source=source, destination=text) for source, text in ROWS.items()
    )
    if request.param == "by_table":
        compared()
    return bool(request.param == "by_table")


def planned(client: Client, url: str, which: str) -> list[str]:
    response = client.post(url, {"action": "delete_forwardings", "which": which})
    assert response.status_code == 302, which
    job = Job.objects.order_by("-pk")[0]
    parts = numbers(job, Role.PLAN)
    return [item.key for part in parts for item in read_items(job, Role.PLAN, part)]


@pytest.mark.parametrize(
    "asked",
    [
        {"to": "boss@b.test"},
        {"to": "b.test", "q": "z"},
        {"q": "b.test"},
        {"q": "b.test", "inside": "1"},
        {"q": "b.test", "domain": "a.test"},
        {"to": "x@other.test", "after": "f0@a.test"},
    ],
    ids=urlencode,
)
def test_on_the_panels_list(admin: Client, by_table: bool, asked: dict[str, str]) -> None:
    shown = [row.source for row in admin.get("/forwardings/", asked).context["page"].rows]
    assert 0 < len(shown) < len(ROWS)
    begin = f"/bulk/begin/forwarding/?{urlencode(asked)}"
    assert planned(admin, begin, "page") == shown
    if "after" not in asked:
        assert planned(admin, begin, "all") == shown


@pytest.mark.parametrize(
    "asked", [{"q": "b.test"}, {"q": "b.test", "domain": "a.test"}], ids=urlencode
)
def test_in_django_admin(admin: Client, by_table: bool, asked: dict[str, str]) -> None:
    path = f"/admin/mailboxes/forwarding/?{urlencode(asked)}"
    shown = [row.pk for row in admin.get(path).context["cl"].result_list]
    admin.post(
        path,
        {"action": "delete_forwardings", "select_across": "1", "_selected_action": [shown[0]]},
    )
    job = Job.objects.order_by("-pk")[0]
    assert [item.key for item in read_items(job, Role.PLAN, 0)] == sorted(shown)


def test_a_filter_of_forwardings_means_nothing_to_other_lists(admin: Client) -> None:
    response = admin.post(
        "/bulk/begin/mailbox/?to=x@a.test", {"action": "suspend_mailboxes", "which": "all"}
    )
    assert response.status_code == 302
