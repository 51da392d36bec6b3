"""Whatever stands in the tables can be opened, shown and deleted, however odd its key is."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from domains.keys import row_url
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox

from .reading import read

ODD = [
    "a/b@a.test",
    "/a@a.test",
    "a@a.test/",
    "a//b@a.test",
    "../up@a.test",
    "o'brien@a.test",
    '"quoted x"@a.test',
    "with blank@a.test",
    " lead@a.test",
    "tab\there@a.test",
    "line\nbreak@a.test",
    "#hash@a.test",
    "what?x=1@a.test",
    "50%@a.test",
    "%41@a.test",
    "a%2Fb@a.test",
    "ümlaut@a.test",
    "日本@a.test",
    "<b>bold</b>@a.test",
    "a&amp;b@a.test",
    "back\\slash@a.test",
    "semi;colon,comma@a.test",
    "no-at-sign",
    "@a.test",
    "a+b@a.test",
    "delete",
    "password",
    "x/delete/y",
    "UPPER@A.TEST",
]
KINDS: list[tuple[Any, str, dict[str, str], str, str]] = [
    (Mailbox, "email", {"password": ""}, "show_mailbox", "delete_mailbox"),
    (Forwarding, "source", {"destination": "x@far.test"}, "change_forwarding", "delete_forwarding"),
    (Transport, "domain", {"transport": "discard:"}, "change_transport", "delete_transport"),
    (Domain, "domain", {}, "show_domain", "delete_domain"),
]


@pytest.mark.parametrize(
    ("model", "column", "values", "show", "delete"), KINDS, ids=[kind[3] for kind in KINDS]
)
@pytest.mark.parametrize("key", [*ODD, "*", ".parent.test"])
def test_an_odd_key_is_listed_opened_and_deleted(
    admin: Client, model: Any, column: str, values: dict[str, str], show: str, delete: str, key: str
) -> None:
    model.objects.create(**{column: key}, **values)
    other = model.objects.create(**{column: "zz@other.test"}, **values)
    url = row_url(show, key)
    assert url
    assert "#" not in url
    assert "?" not in url

    listed = read(admin.get(url.removesuffix("/").rsplit("/", 1)[0] + "/"))
    assert f'href="{escape(url)}"' in listed.html
    assert admin.get(url).status_code == 200

    assert admin.get(row_url(delete, key)).status_code == 200
    assert admin.post(row_url(delete, key), {"confirm": key}).status_code == 302
    assert [row.pk for row in model.objects.all()] == [other.pk]


@pytest.mark.parametrize("key", ["", ".", "..", "add", "x/delete"])
@pytest.mark.parametrize("show", [kind[3] for kind in KINDS])
def test_a_key_that_no_address_carries_has_no_link(show: str, key: str) -> None:
    assert row_url(show, key) == ""


def test_a_row_without_a_link_is_listed_all_the_same(admin: Client) -> None:
    Transport.objects.create(domain="", transport="discard:empty")
    Transport.objects.create(domain="..", transport="discard:up")

    found = read(admin.get("/transports/"))

    assert "discard:empty" in found.text
    assert "discard:up" in found.text
    assert "by command" in found.text


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("anna@example.org", "/mailboxes/anna@example.org/"),
        ("a/b@a.test", "/mailboxes/a%2Fb@a.test/"),
        ("50%@a.test", "/mailboxes/50%25@a.test/"),
        ("é@a.test", f"/mailboxes/{quote('é')}@a.test/"),
    ],
)
def test_the_address_of_a_row(key: str, url: str) -> None:
    assert row_url("show_mailbox", key) == url


def test_an_odd_mailbox_can_be_suspended_and_given_a_password(admin: Client) -> None:
    key = "a/b #1?%@a.test"
    Mailbox.objects.create(email=key, password="")
    assert admin.post(row_url("suspend_mailbox", key)).status_code == 302
    data = {"password1": "a brand new one", "password2": "a brand new one"}

    assert admin.post(row_url("set_mailbox_password", key), data).status_code == 302
    assert Mailbox.objects.get().judgement.locked


def test_an_odd_forwarding_can_be_mended(admin: Client, two_domains: None) -> None:
    """A key that is kept is not checked again, blanks around it included."""
    Forwarding.objects.create(source=" odd@a.test", destination="x@far.test")
    opened = read(admin.get(row_url("change_forwarding", " odd@a.test")))

    data = {
        "source": opened.value("source"),
        "destination": "y@far.test",
        "state": opened.value("state"),
        "force": "on",  # Postfix never asks for such a key
    }
    response = admin.post(row_url("change_forwarding", " odd@a.test"), data)

    assert response.status_code == 302
    row = Forwarding.objects.get()
    assert (row.source, row.destination) == (" odd@a.test", "y@far.test")
