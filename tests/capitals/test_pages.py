"""Lists, pages, forms and commands with rows that have capitals."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from audit.models import Entry
from domains.keys import row_url
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from tests.pages.reading import read
from tests.undo.snapshot import snapshot

ROWS = {
    "domains": "UP.test else.test",
    "mailboxes": "z@UP.test y@up.test far@else.test",
    "forwardings": {"@UP.test": "q@far.test", "A@Up.test": "q@far.test", "x@else.test": "q@b.test"},
    "transports": {"UP.test": "smtp:[up]", "z@UP.test": "smtp:[z]", "else.test": "smtp:[e]"},
}
NAMES = ["UP.test", "up.test", "Up.TEST"]
LISTED = [
    ("/mailboxes/", ["z@UP.test", "y@up.test"]),
    ("/forwardings/", ["@UP.test", "A@Up.test"]),
    ("/transports/", ["UP.test", "z@UP.test"]),
]


@pytest.fixture
def world(rows: Callable[..., None]) -> None:
    rows(**ROWS)


@pytest.fixture
def up_admin(bob: Client) -> Client:
    """Bob, who manages up.test."""
    from accounts.models import Grant  # noqa: PLC0415 - beside the fixture that needs it

    Grant.objects.update(domain="up.test")
    return bob


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("path", "listed"), LISTED)
def test_a_list_of_one_domain(
    admin: Client, world: None, path: str, listed: list[str], name: str
) -> None:
    page = read(admin.get(path, {"domain": name}))
    for key in listed:
        assert f">{key}</a>" in page.html
    assert "else.test" not in page.html


@pytest.mark.parametrize("text", ["@UP.test", "@up.test", "up.t"])
def test_a_search_for_the_domain(admin: Client, world: None, text: str) -> None:
    page = read(admin.get("/mailboxes/", {"q": text}))
    assert ">z@UP.test</a>" in page.html
    assert ">y@up.test</a>" in page.html


@pytest.mark.parametrize("who", ["admin", "up_admin"])
def test_the_page_of_a_domain(request: pytest.FixtureRequest, world: None, who: str) -> None:
    client: Client = request.getfixturevalue(who)
    listed = read(client.get("/domains/"))
    assert 'href="/domains/UP.test/"' in listed.html
    assert "2 mailboxes in UP.test" in listed.html
    page = read(client.get("/domains/UP.test/"))
    for key in ("z@UP.test", "y@up.test", "A@Up.test"):
        assert f">{key}</a>" in page.html
    assert 'href="/forwardings/@UP.test/"' in page.html
    assert "smtp:[up]" in page.text
    assert "else.test" not in page.html


@pytest.mark.parametrize("who", ["admin", "up_admin"])
@pytest.mark.parametrize(
    ("page", "key"),
    [
        ("show_mailbox", "z@UP.test"),
        ("set_mailbox_password", "z@UP.test"),
        ("delete_mailbox", "z@UP.test"),
        ("change_forwarding", "@UP.test"),
        ("delete_forwarding", "A@Up.test"),
        ("change_transport", "UP.test"),
        ("delete_transport", "z@UP.test"),
    ],
)
def test_each_page_of_a_row(
    request: pytest.FixtureRequest,
    world: None,
    told_apart: bool,
    who: str,
    page: str,
    key: str,
) -> None:
    client: Client = request.getfixturevalue(who)
    assert key in read(client.get(row_url(page, key))).text
    if page.startswith(("show", "change")):
        said = f"Add {key.lower()} instead" in read(client.get(row_url(page, key))).text
        assert said is told_apart
    if page == "show_mailbox":
        assert 'href="/domains/UP.test/"' in read(client.get(row_url(page, key))).html


@pytest.mark.parametrize("who", ["admin", "up_admin"])
def test_rows_are_changed_by_their_pages(
    request: pytest.FixtureRequest, world: None, who: str
) -> None:
    client: Client = request.getfixturevalue(who)

    def save(path: str, **data: str) -> None:
        assert client.post(path, {**data, "force": "on"}).status_code == 302

    password = "quite a new secret 9"
    save("/mailboxes/z@UP.test/password/", password1=password, password2=password)
    save("/mailboxes/z@UP.test/suspend/")
    save("/forwardings/@UP.test/", source="@UP.test", destination="other@far.test")
    save("/transports/UP.test/", domain="UP.test", transport="smtp:[new]")

    assert Mailbox.objects.get(pk="z@UP.test").judgement.locked
    assert Forwarding.objects.get(pk="@UP.test").destination == "other@far.test"
    assert Transport.objects.get(pk="UP.test").transport == "smtp:[new]"
    assert (Mailbox.objects.count(), Forwarding.objects.count()) == (3, 3)


def test_a_domain_goes_and_comes_back_by_its_pages(admin: Client, world: None) -> None:
    before = snapshot()
    asked = read(admin.get("/domains/UP.test/delete/"))
    for key in ("z@UP.test", "y@up.test", "@UP.test", "A@Up.test"):
        assert key in asked.text
    assert admin.post("/domains/UP.test/delete/", {"confirm": "UP.test"}).status_code == 302
    assert [one.pk for one in Mailbox.objects.all()] == ["far@else.test"]
    assert [one.pk for one in Forwarding.objects.all()] == ["x@else.test"]
    assert [one.pk for one in Transport.objects.all()] == ["else.test"]
    entry = Entry.objects.get(action="delete_domain")
    assert admin.post(f"/audit/{entry.pk}/undo/", {"force": "on"}).status_code == 302
    assert snapshot() == before


@pytest.mark.parametrize("key", ["Mixed@case.test", "mixed@case.test"])
@pytest.mark.parametrize(
    ("model", "pages", "values"),
    [
        (Mailbox, ("show_mailbox", "delete_mailbox"), {"password": "{PLAIN}x"}),
        (Forwarding, ("change_forwarding", "delete_forwarding"), {"destination": "a@far.test"}),
        (Transport, ("change_transport", "delete_transport"), {"transport": "discard:"}),
        (Domain, ("show_domain", "delete_domain"), {}),
    ],
)
def test_two_that_differ_by_capitals_have_pages_of_their_own(
    admin: Client, told_apart: bool, model, pages: tuple[str, str], values: dict[str, str], key: str
) -> None:
    spellings = ["Mixed@case.test", "mixed@case.test"]
    for one in spellings if told_apart else [key]:
        model.objects.create(pk=one, **values)
    before = snapshot()
    left = [one for one in spellings if one != key] if told_apart else []

    assert key in read(admin.get(row_url(pages[0], key))).text
    assert admin.get(row_url(pages[1], key)).status_code == 200
    assert admin.post(row_url(pages[1], key), {"confirm": key}).status_code == 302

    assert [one.pk for one in model.objects.all()] == left
    # On MariaDB both spellings name the one row; elsewhere the other's page is not this one's.
    assert admin.get(row_url(pages[0], key)).status_code == 404
    entry = Entry.objects.filter(object_key=key).latest("pk")
    assert admin.post(f"/audit/{entry.pk}/undo/", {"force": "on"}).status_code == 302
    assert snapshot() == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("command", "listed"),
    [("mailbox", {"z@UP.test", "y@up.test"}), ("forwarding", {"@UP.test", "A@Up.test"})],
)
def test_commands_list_one_domain(world: None, command: str, listed: set[str], name: str) -> None:
    out = StringIO()
    call_command(command, "list", "--domain", name, "--json", stdout=out)
    assert {row.get("email") or row["source"] for row in json.loads(out.getvalue())} == listed


def test_django_admin_filters_by_the_domain(admin: Client, world: None) -> None:
    for name in NAMES:
        page = read(admin.get("/admin/mailboxes/mailbox/", {"domain": name}))
        assert "z@UP.test" in page.text
        assert "y@up.test" in page.text
        assert "else.test" not in page.text
