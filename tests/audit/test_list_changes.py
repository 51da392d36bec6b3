"""The page of the change log: who sees what, search, filters, folding, paging."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.services import grant_domains
from audit.actor import Actor, ActorKind
from audit.log import record
from audit.models import Entry
from audit.querysets import Wanted
from domains.services import create_domain, create_transport
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import change_forwarding, create_forwarding
from mailboxes.services.mailboxes import create_mailbox, suspend_mailbox
from tests.pages.reading import read
from undo.services import undo

SECRET = "correct horse 42 battery"
ALICE = Actor(ActorKind.SUPERADMIN, "alice", "192.0.2.7", domains=None)


@pytest.fixture
def history(db, root) -> None:
    for name in ("a.test", "b.test"):
        create_domain(actor=root, domain=name)
    for email in ("anna@a.test", "bert@a.test", "anna@b.test"):
        create_mailbox(actor=root, email=email, password=SECRET)
    create_forwarding(actor=ALICE, source="info@a.test", destination="anna@a.test")
    change_forwarding(
        actor=ALICE, key="info@a.test", source="sales@a.test", destination="bert@a.test"
    )
    create_transport(actor=root, domain="*", transport="smtp:", force=True)
    suspend_mailbox(actor=root, email="anna@b.test")
    delete_domain(actor=ALICE, domain="a.test")


def said(response) -> list[str]:
    """The lines of the list, as text."""
    html = read(response).html
    body = html.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in html else ""
    rows = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in body.split("</tr>")]
    return [row.strip()[20:].strip() for row in rows if row.strip()]


def test_it_is_newest_first_with_an_action_in_one_line(history: None, admin: Client) -> None:
    lines = said(admin.get("/audit/"))
    assert lines[0] == "alice deleted the domain a.test and 3 more 192.0.2.7"
    assert lines[1].endswith("suspended the mailbox anna@b.test")
    assert len(lines) == 10


def test_one_action_can_be_opened_out(history: None, admin: Client) -> None:
    group = Entry.objects.get(action="delete_domain").group
    lines = said(admin.get(f"/audit/?group={group}"))
    assert [line.split("192")[0].strip() for line in lines] == [
        "alice deleted the forwarding of sales@a.test",
        "alice deleted the mailbox bert@a.test",
        "alice deleted the mailbox anna@a.test",
        "alice deleted the domain a.test",
    ]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("q=anna", ["anna@a.test", "anna@b.test", "anna@b.test", "anna@a.test"]),
        ("q=ANNA@b", ["anna@b.test", "anna@b.test"]),
        ("q=info", ["sales@a.test", "info@a.test"]),
        ("q=ali", ["a.test", "sales@a.test", "info@a.test"]),
        ("q=test", []),
        ("actor=alice", ["a.test", "sales@a.test", "info@a.test"]),
        ("actor=ali", []),
        ("action=suspend_mailbox", ["anna@b.test"]),
        ("kind=transport", ["*"]),
        ("address=192.0.2.7", ["a.test", "sales@a.test", "info@a.test"]),
        ("address=192.0.2.", []),
        ("address=192.0.2.7&kind=domain", ["a.test"]),
        ("domain=b.test", ["anna@b.test", "anna@b.test", "b.test"]),
        ("domain=B.test.&action=create_mailbox", ["anna@b.test"]),
        ("kind=forwarding&actor=alice&q=sales", ["sales@a.test", "sales@a.test"]),
        ("action=no_such_thing", []),
        ("q=%25", []),
        ("q=_", []),
        ("q='", []),
    ],
)
def test_search_and_filters(history: None, admin: Client, query: str, keys: list[str]) -> None:
    lines = said(admin.get(f"/audit/?{query}"))
    assert [re.search(r"(\S+@\S+|\S+\.test|\*)", line).group(1) for line in lines] == keys, lines


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("since=2026-03-02", 2),
        ("until=2026-03-02", 2),
        ("since=2026-03-02&until=2026-03-02", 1),
        ("since=2026-03-04", 0),
        ("until=9999-12-31", 3),
    ],
)
def test_days_are_whole_and_both_included(db, admin: Client, query: str, count: int) -> None:
    for day, hour in ((1, 12), (2, 0), (3, 23)):
        entry = record(actor=ALICE, action="create_domain", object_type="domain", key="a.test")
        Entry.objects.filter(pk=entry.pk).update(time=datetime(2026, 3, day, hour, tzinfo=UTC))
    assert len(said(admin.get(f"/audit/?{query}"))) == count


@pytest.mark.parametrize("typed", ["2001:db8::1", "2001:DB8:0:0::1", " 2001:db8::0001 "])
def test_a_network_address_is_found_however_it_is_written(db, admin: Client, typed: str) -> None:
    there = Actor(ActorKind.SUPERADMIN, "alice", "2001:db8::1", domains=None)
    create_domain(actor=there, domain="a.test")
    assert len(said(admin.get("/audit/", {"address": typed}))) == 1


def test_a_day_that_is_none_is_told_and_ignored(history: None, admin: Client) -> None:
    page = read(admin.get("/audit/?since=yesterday"))
    assert "“yesterday” is no day" in page.text
    assert "deleted the domain" in page.text


def test_pages_go_by_id_and_keep_the_filters(db, admin: Client) -> None:
    for number in range(120):
        record(actor=ALICE, action="create_domain", object_type="domain", key=f"{number}.test")
    first = admin.get("/audit/?actor=alice")
    assert len(said(first)) == 50
    html = read(first).html
    assert "Newest" in html
    older = re.search(r'href="(/audit/\?[^"]*before=[^"]*)"', html).group(1).replace("&amp;", "&")
    assert "actor=alice" in older
    second = read(admin.get(older)).html
    assert "69.test" in second
    assert "70.test" not in second
    newer = re.search(r'href="(/audit/\?[^"]*after=[^"]*)"', second).group(1).replace("&amp;", "&")
    assert said(admin.get(newer)) == said(first)
    assert "Oldest" in read(admin.get(f"/audit/?before={Entry.objects.last().pk + 20}")).html


def test_a_domain_admin_sees_his_domains_only(history: None, root, bob: Client) -> None:
    undo(actor=root, entry_id=Entry.objects.first().pk)
    grant_domains(actor=root, name="bob", domains=["a.test"])
    text = read(bob.get("/audit/")).text
    assert "anna@a.test" in text
    assert "anna@b.test" not in text
    assert "transport" not in text.split("Kind of object")[1].split("Operator")[1]
    assert bob.get("/audit/?domain=b.test").status_code == 404
    assert said(bob.get("/audit/?q=anna@b")) == []
    assert said(bob.get("/audit/?kind=transport")) == []
    other = Entry.objects.filter(domain="b.test").first()
    assert bob.get(f"/audit/{other.pk}/").status_code == 404
    assert bob.get(f"/audit/{other.pk}/undo/").status_code == 404
    assert bob.post(f"/audit/{other.pk}/undo/").status_code == 404
    assert said(bob.get(f"/audit/?group={other.group}")) == []
    export = b"".join(bob.get("/audit/export/").streaming_content).decode()
    assert "anna@a.test" in export
    assert "b.test" not in export


@pytest.mark.parametrize("path", ["", "1/", "1/undo/", "export/"])
def test_owners_get_403_and_strangers_the_sign_in_page(owner: Client, path: str) -> None:
    assert owner.get(f"/audit/{path}").status_code == 403
    response = Client().get(f"/audit/{path}")
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("path", ["/audit/", "/audit/export/", "/audit/1/"])
def test_looking_takes_no_post(admin: Client, path: str) -> None:
    assert admin.post(path).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/audit/?before=x",
        "/audit/?after=-1",
        "/audit/?before=²",
        "/audit/?group=x",
        "/audit/?q=%00",
        "/audit/999/",
        "/audit/99999999999999999999/",
        "/audit/999/undo/",
    ],
)
def test_what_is_not_there_is_404(db, admin: Client, path: str) -> None:
    assert admin.get(path).status_code == 404


def test_a_huge_number_is_just_the_last_page(db, admin: Client) -> None:
    assert admin.get("/audit/?before=99999999999999999999999").status_code == 200
    assert admin.get("/audit/?after=99999999999999999999999").status_code == 200


def test_empty_states(db, admin: Client) -> None:
    assert "Nothing was changed yet" in read(admin.get("/audit/")).text
    assert "Nothing found" in read(admin.get("/audit/?q=x")).text
    assert "Nothing more" in read(admin.get("/audit/?before=1")).text


def test_the_placeholder_says_how_to_search(db, admin: Client) -> None:
    assert "First characters of an address" in read(admin.get("/audit/")).html


def test_it_is_in_the_navigation(admin: Client, bob: Client) -> None:
    for client in (admin, bob):
        assert 'href="/audit/"' in client.get("/").content.decode()


def test_odd_keys_are_shown_as_text(db, admin: Client) -> None:
    key = "<script>alert(1)</script>'\"&@a.test"
    record(
        actor=ALICE,
        action="delete_mailbox",
        object_type="mailbox",
        key=key,
        before={"email": key},
    )
    pk = Entry.objects.get().pk
    for path in ("/audit/", f"/audit/{pk}/", "/audit/?q=<script>"):
        page = read(admin.get(path))
        assert "<script>alert" not in page.html
        assert "alert(1)" in page.text


@pytest.mark.parametrize("many", [5, 120])
def test_the_number_of_queries_does_not_grow(db, admin: Client, many: int) -> None:
    for number in range(many):
        record(actor=ALICE, action="create_domain", object_type="domain", key=f"{number}.test")
    with CaptureQueriesContext(connection) as captured:
        admin.get("/audit/")
    assert len(captured) <= 8, [one["sql"] for one in captured]
    assert not [one for one in captured if " OFFSET " in one["sql"]]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(q="zz9"),
        Wanted(actor="zz9"),
        Wanted(domain="zz9.test"),
        Wanted(address="192.0.2.99"),
        Wanted(action="zz9"),
    ],
)
def test_an_index_answers(transactional_db, wanted: Wanted) -> None:
    """A search that finds nothing does not read the whole log. (MariaDB's ANALYZE commits.)"""
    Entry.objects.bulk_create(
        Entry(
            action="create_mailbox",
            object_type="mailbox",
            object_key=f"m{number:05}@a.test",
            actor="alice",
            domain="a.test",
        )
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        word = "ANALYZE TABLE" if connection.vendor == "mysql" else "ANALYZE"
        cursor.execute(f"{word} {Entry._meta.db_table}")
    plan = Entry.objects.wanted(wanted).order_by("-pk")[:100].explain()
    if connection.vendor == "sqlite":
        assert "SCAN" not in plan, plan
    elif connection.vendor == "postgresql":
        assert "Seq Scan" not in plan, plan
    else:
        assert " ALL " not in plan, plan
