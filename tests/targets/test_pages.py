"""Forwardings by destination, how fresh that is, and the button that has them compared."""

from __future__ import annotations

import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from domains.models import Domain
from mailboxes.models import Forwarding
from tests.account.conftest import ANNA
from tests.pages.reading import read

from .conftest import by_sql

FRESH = "SQL alone made or changed since"


@pytest.fixture(params=["by_reading", "by_table"])
def some(request: pytest.FixtureRequest, compared) -> str:
    by_sql("info@a.test", f"x@far.example, {ANNA.upper()}")
    by_sql("two@b.test", ANNA)
    by_sql("else@b.test", "joanna@a.test")
    by_sql("plus@b.test", "anna+work@a.test")
    if request.param == "by_table":
        compared()
    return request.param


def listed(client: Client, path: str) -> list[str]:
    text = read(client.get(path)).text
    return [key for key in Forwarding.objects.values_list("pk", flat=True) if key in text]


@pytest.mark.parametrize(
    ("to", "found"),
    [
        (ANNA, ["info@a.test", "two@b.test"]),
        ("ANNA@A.test ", ["info@a.test", "two@b.test"]),
        ("@a.test", ["else@b.test", "info@a.test", "plus@b.test", "two@b.test"]),
        ("far.example", ["info@a.test"]),
        ("anna@a.te", []),
        ("100%@a.test", []),
    ],
)
def test_forwardings_by_destination(admin: Client, some: str, to: str, found: list[str]) -> None:
    response = admin.get("/forwardings/", {"to": to})

    text = read(response).text
    assert [key for key in Forwarding.objects.values_list("pk", flat=True) if key in text] == found
    assert (FRESH in text) is (some == "by_table")


def test_they_come_page_by_page(admin: Client, some: str, compared) -> None:
    Forwarding.objects.bulk_create(
        Forwarding(source=f"f{n:03}@b.test", destination=f"x{n}@far.example, all@far.example")
        for n in range(230)
    )
    # Found by the table or by reading, and leading elsewhere by now.
    if some == "by_table":
        compared()
    Forwarding.objects.filter(pk__gte="f010", pk__lt="f060").update(destination="small@far.example")

    seen: list[str] = []
    path = "/forwardings/?to=all@far.example"
    while path:
        page = admin.get(path).context["page"]
        seen += [row.source for row in page.rows]
        path = (
            f"/forwardings/?to=all@far.example&after={page.next_after}" if page.next_after else ""
        )

    assert seen == [f"f{n:03}@b.test" for n in range(230) if not 10 <= n < 60]


def test_a_domain_admin_finds_those_of_his_domains(bob: Client, some: str) -> None:
    by_sql("three@a.test", ANNA)

    text = read(bob.get("/forwardings/", {"to": ANNA})).text

    assert "info@a.test" in text
    assert "three@a.test" in text
    assert "two@b.test" not in text
    # His few are read.
    assert FRESH not in text


def test_a_part_of_a_destination_is_looked_for_when_asked(admin: Client, some: str) -> None:
    assert listed(admin, "/forwardings/?q=anna%40a.test") != []
    found = listed(admin, "/forwardings/?q=nna%40a.t")
    if some == "by_reading":
        assert found == ["else@b.test", "info@a.test", "two@b.test"]
        return
    assert found == []
    assert "inside=1" in read(admin.get("/forwardings/?q=nna%40a.t")).html
    found = listed(admin, "/forwardings/?q=nna%40a.t&inside=1")
    assert found == ["else@b.test", "info@a.test", "two@b.test"]


@pytest.mark.parametrize(
    "path", ["/mailboxes/anna@a.test/?reach=1", "/mailboxes/anna@a.test/delete/"]
)
def test_other_pages_say_how_fresh_it_is(admin: Client, anna, some: str, path: str) -> None:
    assert (FRESH in read(admin.get(path)).text) is (some == "by_table")


def test_deleting_a_domain_says_so_too(admin: Client, some: str) -> None:
    Domain.objects.get_or_create(domain="a.test")
    text = read(admin.get("/domains/a.test/delete/")).text
    assert (FRESH in text) is (some == "by_table")


def test_the_button_has_them_compared_once(admin: Client, some: str) -> None:
    for _again in range(2):
        response = admin.post("/refresh/forwardings/", {"to": ANNA})
        assert response["Location"] == "/forwardings/?to=anna%40a.test"
    assert DBTaskResult.objects.count() == 1
    assert "mailtables refresh" in read(admin.get(response["Location"])).text
