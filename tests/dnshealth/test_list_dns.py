"""/dns/: the matrix in every order, with every filter, page by page, and only what one may see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dnshealth.matrix import COLUMNS, FILTERS, SORTS
from dnshealth.models import Health
from dnshealth.services import Result, store_results
from domains.models import Domain
from mailkit.dns.results import Check, Severity, fail, passed, unknown
from tests.pages.reading import read

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STANDS: dict[str, list[Check]] = {
    "a.test": [passed("mx"), fail("spf", "spf.no_all", Severity.WARNING)],
    "b.test": [fail("mx", "mx.missing", Severity.CRITICAL), passed("spf")],
    "c.test": [unknown("mx", "timeout"), passed("spf")],
    "d.test": [passed("mx"), passed("spf")],
    "e.test": [fail("mx", "mx.no_ipv6", Severity.NOTICE), passed("spf")],
    "f.test": [fail("mx", "mx.target_ip", Severity.ERROR), passed("spf")],
}


@pytest.fixture
def stands(db: None) -> None:
    """One domain for each verdict, two that were never checked, one that SQL has deleted."""
    names = [*STANDS, "gone.test", "x.test", "y.test"]
    Domain.objects.bulk_create(Domain(domain=name) for name in names)
    store_results(
        Result(name, NOW - timedelta(hours=number), tuple(checks))
        for number, (name, checks) in enumerate(STANDS.items())
    )
    store_results([Result("gone.test", NOW, (fail("mx", "mx.missing", Severity.CRITICAL),))])
    Domain.objects.filter(pk="gone.test").delete()


def names(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/dns/?{query}")
    assert response.status_code == 200
    return [line.domain.domain[0] for line in response.context["lines"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "bfacedxy"),
        ("sort=worst", "bfacedxy"),
        ("sort=name", "abcdefxy"),
        ("sort=oldest", "fedcbaxy"),
        ("sort=mx", "bfceadxy"),
        ("sort=spf", "abcdefxy"),
        ("verdict=critical", "b"),
        ("verdict=unknown", "c"),
        ("verdict=ok", "d"),
        ("verdict=unchecked", "xy"),
        ("verdict=error&sort=name", "f"),
        ("q=a.t", "a"),
        ("q=.test&verdict=notice&sort=mx", "e"),
        ("q=nothing", ""),
    ],
)
def test_orders_and_filters(admin: Client, stands: None, query: str, expected: str) -> None:
    assert "".join(names(admin, query)) == expected


@pytest.mark.parametrize("sort", SORTS)
def test_pages_follow_each_other_without_loss(admin: Client, db: None, sort: str) -> None:
    count = 130
    rows = [f"d{n:03}.test" for n in range(count)]
    Domain.objects.bulk_create(Domain(domain=name) for name in rows)
    store_results(
        Result(name, NOW - timedelta(minutes=number % 7), tuple(list(STANDS.values())[number % 6]))
        for number, name in enumerate(rows[:100])
    )
    met: list[str] = []
    after = ""
    for _page in range(6):
        response = admin.get("/dns/", {"sort": sort, "after": after})
        met += [line.domain.domain for line in response.context["lines"]]
        after = response.context["page"].next_after
        if not after:
            break

    assert sorted(met) == rows


@pytest.mark.parametrize(
    "query",
    [
        "sort=password",
        "verdict=fine",
        "q=%00",
        "after=x&sort=worst",
        "after=5&sort=mx",
        "after=yesterday+a.test&sort=oldest",
        "after=99999999999999999999999+a.test",
    ],
)
def test_what_no_page_links_to_is_not_found(admin: Client, stands: None, query: str) -> None:
    assert admin.get(f"/dns/?{query}").status_code in (200, 404)


def test_a_domain_admin_sees_the_own_domains_only(bob: Client, stands: None) -> None:
    assert names(bob) == ["a"]
    page = read(bob.get("/dns/"))
    assert "b.test" not in page.html
    for query in ("sort=mx", "sort=name", "verdict=critical", "sort=oldest", "verdict=unchecked"):
        assert set(names(bob, query)) <= {"a"}
    assert [one.count for one in bob.get("/dns/").context["filters"]] == [0, 0, 1, 0, 0, 0, None]


def test_the_owner_of_a_mailbox_sees_nothing(owner: Client) -> None:
    assert owner.get("/dns/").status_code == 403


def test_each_cell_says_in_words_how_the_family_stands(admin: Client, stands: None) -> None:
    store_results([Result("b.test", NOW + timedelta(hours=1), (unknown("mx", "timeout"),))])
    page = read(admin.get("/dns/"))

    assert "Receiving (MX): could not be checked, before: critical" in page.text
    assert "SPF: warning" in page.text
    assert "not all checked" in page.text
    assert 'href="/domains/b.test/dns/#mx"' in page.html


def test_the_headings_sort_and_say_which_order_it_is(admin: Client, stands: None) -> None:
    page = read(admin.get("/dns/?sort=spf&verdict=warning"))

    assert page.html.count("aria-sort") == 1
    for column in COLUMNS:
        assert f"sort={column}" in page.html
    for value in FILTERS:
        assert f"verdict={value}" in page.html
    assert "verdict=warning" in unquote(page.html.split("sort=mx")[1].split('"')[0])


def test_an_empty_panel_and_an_empty_search_say_so(admin: Client, db: None) -> None:
    assert "No domain yet" in read(admin.get("/dns/")).text
    Domain.objects.create(domain="a.test")
    assert "No domain found" in read(admin.get("/dns/?q=zzz")).text
    assert "check it now" in read(admin.get("/dns/")).text


def test_missing_settings_are_named(admin: Client, bob: Client, stands: None) -> None:
    assert "MAILADMIN_MAIL_IPS" in read(admin.get("/dns/")).text
    assert "MAILADMIN_MAIL_IPS" not in read(bob.get("/dns/")).text


@pytest.mark.parametrize("query", ["", "sort=name", "sort=mx", "sort=oldest", "verdict=warning"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    admin: Client, db: None, query: str
) -> None:
    def fill(start: int, stop: int) -> None:
        rows = [f"d{n:03}.test" for n in range(start, stop)]
        Domain.objects.bulk_create(Domain(domain=name) for name in rows)
        store_results(Result(name, NOW, tuple(STANDS["a.test"])) for name in rows)

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(f"/dns/?{query}").status_code == 200
        return [one["sql"] for one in captured.captured_queries]

    fill(0, 3)
    queries()
    few = queries()
    fill(3, 45)
    many = queries()

    assert len(few) == len(many) <= 12, "\n".join(many)
    assert not [sql for sql in many if "OFFSET" in sql]


@pytest.mark.parametrize("sort", ["worst", "mx", "oldest"])
def test_the_order_is_answered_by_an_index(admin: Client, stands: None, sort: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        admin.get(f"/dns/?sort={sort}")
    table = "mailadmin_dns_finding" if sort == "mx" else "mailadmin_dns_health"
    sql = next(
        one["sql"]
        for one in captured.captured_queries
        if f"FROM {connection.ops.quote_name(table)}" in one["sql"] and "ORDER BY" in one["sql"]
    )
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + sql)
            plan = " | ".join(row[3] for row in cursor.fetchall())
        assert "USE TEMP B-TREE" not in plan, plan


def test_the_next_page_keeps_what_was_asked_for(admin: Client, db: None) -> None:
    rows = [f"d{n:03}.test" for n in range(60)]
    Domain.objects.bulk_create(Domain(domain=name) for name in rows)
    store_results(Result(name, NOW, tuple(STANDS["a.test"])) for name in rows)
    page = read(admin.get("/dns/?sort=spf&verdict=warning&q=d0"))

    link = page.html.split('rel="next"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    asked = parse_qs(link.partition("?")[2])
    assert {name: asked[name] for name in ("sort", "verdict", "q")} == {
        "sort": ["spf"],
        "verdict": ["warning"],
        "q": ["d0"],
    }
    assert len(names(admin, link.partition("?")[2])) == 10
    assert Health.objects.count() == 60
