"""Every page takes the same number of queries whether there are 55 rows or 115, and no offset."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox

HASH = "{SHA512-CRYPT}$6$rounds=50000$aaaaaaaaaaaaaaaa$" + "a" * 86
# Each includes the session, the person and what `domains.schema` asks once a minute.
PATHS = {
    "/": 15,
    "/domains/": 7,
    "/domains/?q=test": 6,
    "/domains/d000.test/": 9,
    "/mailboxes/": 5,
    "/mailboxes/?domain=d000.test": 6,
    "/mailboxes/?q=u0": 6,
    "/mailboxes/?q=u0&inside=1": 5,
    "/mailboxes/u000@d000.test/": 8,
    "/forwardings/": 5,
    "/forwardings/?q=u0": 6,
    "/transports/": 5,
    "/transports/?q=d0": 4,
    "/trace/": 2,
    "/trace/?address=f000@d000.test": 12,
}


def _fill(start: int, stop: int) -> None:
    numbers = range(start, stop)
    Domain.objects.bulk_create(Domain(domain=f"d{n:03}.test") for n in numbers)
    Mailbox.objects.bulk_create(Mailbox(email=f"u{n:03}@d000.test", password=HASH) for n in numbers)
    Forwarding.objects.bulk_create(
        Forwarding(source=f"f{n:03}@d000.test", destination=f"u{n:03}@d000.test") for n in numbers
    )
    Transport.objects.bulk_create(
        Transport(domain=f"t{n:03}.test", transport="discard:") for n in numbers
    )


def _queries(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize(("path", "most"), PATHS.items())
def test_the_number_of_queries_does_not_grow_with_the_rows(
    admin: Client, path: str, most: int
) -> None:
    # More than a page: beyond that a list counts what matches, up to a bound.
    _fill(0, 55)
    _queries(admin, path)
    few = _queries(admin, path)
    _fill(55, 115)
    many = _queries(admin, path)

    assert len(few) == len(many), "\n".join(many)
    assert len(many) <= most, "\n".join(many)
    assert not [sql for sql in many if "OFFSET" in sql]


@pytest.mark.parametrize("path", ["/", *[path for path in PATHS if path.endswith("/")][1:]])
def test_no_page_counts_a_whole_table(admin: Client, path: str) -> None:
    _fill(0, 3)

    for sql in _queries(admin, path):
        if "COUNT(" in sql:
            assert "LIMIT" in sql or "GROUP BY" in sql, sql


@pytest.mark.parametrize(
    "path",
    ["/mailboxes/?domain=d000.test", "/mailboxes/?q=u0", "/mailboxes/", "/forwardings/"],
)
def test_lists_are_answered_by_an_index(admin: Client, path: str) -> None:
    """SQLite's plan for the list's own query sorts nothing: it walks an index in key order."""
    assert connection.vendor == "sqlite"
    _fill(0, 60)
    table = "forwardings" if "forward" in path else "users"
    sql = next(one for one in _queries(admin, path) if f'FROM "{table}"' in one)

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql)
        plan = " | ".join(row[3] for row in cursor.fetchall())

    assert "USE TEMP B-TREE" not in plan, plan
    assert f"SCAN {table} |" not in plan + " |" or "USING INDEX" in plan, plan
