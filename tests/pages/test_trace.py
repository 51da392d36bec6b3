"""The trace's page: what it shows, to whom, and the way to it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.test import Client

from domains.models import Transport
from mailboxes.models import Forwarding, Mailbox

from .reading import read

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def rows(anna: Mailbox) -> None:
    """anna@a.test, and ways through a.test (Bob's) and b.test (not his)."""
    Mailbox.objects.create(email="secret@b.test", password="")
    for source, destination in (
        ("info@a.test", "anna@a.test, x@far.test"),
        ("through@a.test", "team@b.test"),
        ("team@b.test", "secret@b.test, hidden@far.test"),
        ("loop@a.test", "loop2@a.test"),
        ("loop2@a.test", "loop@a.test"),
        ("@a.test", "anna@a.test"),
    ):
        Forwarding.objects.create(source=source, destination=destination)


def traced(client: Client, address: str):
    return read(client.get("/trace/", {"address": address}))


def test_the_form_alone(admin: Client) -> None:
    page = read(admin.get("/trace/"))
    assert page.has("address")
    assert '<svg class="trace-picture"' not in page.html


def test_the_way_as_a_picture_and_as_a_list(admin: Client, rows: None) -> None:
    page = traced(admin, "info@a.test")
    assert page.value("address") == "info@a.test"
    assert "mixed" in page.text
    assert "info@a.test has a forwarding" in page.text
    assert 'href="/forwardings/info@a.test/"' in page.html
    assert 'href="/mailboxes/anna@a.test/"' in page.html
    assert "lmtp unix:private/dovecot-lmtp" in page.text

    start = page.html.index('<svg class="trace-picture"')
    svg = page.html[start : page.html.index("</svg>", start) + 6]
    picture = ElementTree.fromstring(svg)
    assert picture.get("role") == "img"
    title, desc = picture.find("title"), picture.find("desc")
    assert title is not None
    assert title.text == "The way of mail to info@a.test"
    assert desc is not None
    assert "It ends at: anna@a.test (delivered), x@far.test (relayed)." in (desc.text or "")
    said = [text.text for text in picture.iter("text")]
    assert [text for text in said if text and "@" in text and " " not in text] == [
        *("info@a.test", "anna@a.test", "x@far.test")
    ]


def test_a_loop_is_drawn_to_where_it_closes(admin: Client, rows: None) -> None:
    page = traced(admin, "loop@a.test")
    assert "451" in page.text
    assert "as above" in page.text
    assert "go in a circle" in page.text


def test_an_umlaut_domain_as_people_write_it(admin: Client, two_domains: None) -> None:
    assert "xn--mller-kva.test is not one of the virtual domains" in (
        traced(admin, "x@müller.test").text
    )


@pytest.mark.parametrize(
    "address", ["<script>alert(1)</script>@a.test", '"><x', "a" * 900, "%", "@", "u@a..test"]
)
def test_anything_may_be_typed(admin: Client, rows: None, address: str) -> None:
    page = traced(admin, address)
    assert "<script>alert" not in page.html


@pytest.mark.parametrize("address", ["x\x00@a.test", "a" * 1001])
def test_what_is_no_address_at_all_is_not_found(admin: Client, address: str) -> None:
    assert admin.get("/trace/", {"address": address}).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        *("secret@b.test", "team@b.test", "nobody@b.test", "x@far.test", "postmaster"),
        # Postfix makes secret@b.test of both.
        *("secret%b.test", "b.test!secret", '"secret@b.test"'),
    ],
)
def test_a_domain_admin_traces_no_address_of_others(bob: Client, rows: None, address: str) -> None:
    assert bob.get("/trace/", {"address": address}).status_code == 404


def test_a_domain_admin_sees_his_own_rows(bob: Client, rows: None) -> None:
    page = traced(bob, "info@a.test")
    assert "x@far.test" in page.text
    assert "anna@a.test, x@far.test" in page.text


def test_a_domain_admin_does_not_see_rows_of_others(bob: Client, rows: None) -> None:
    page = traced(bob, "through@a.test")
    assert "team@b.test is in a domain that is not yours" in page.text
    assert "secret@b.test" not in page.html
    assert "hidden@far.test" not in page.html


def test_a_domain_admin_does_not_see_transports_of_others(bob: Client, rows: None) -> None:
    Transport.objects.create(domain="*", transport="relay:[secret.host.test]")
    page = traced(bob, "anna@a.test")
    assert "goes by a transport that is not yours" in page.text
    assert "secret.host" not in page.html
    Transport.objects.create(domain="anna@a.test", transport="relay:[own.host.test]")
    assert "own.host.test" in traced(bob, "anna@a.test").text


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/mailboxes/anna@a.test/", "?address=anna%40a.test"),
        ("/forwardings/info@a.test/", "?address=info%40a.test"),
        ("/forwardings/@a.test/", "?address=anybody%40a.test"),
        ("/transports/a.test/", "?address=anybody%40a.test"),
        ("/transports/anna@a.test/", "?address=anna%40a.test"),
    ],
)
def test_pages_of_rows_lead_to_the_trace(bob: Client, rows: None, path: str, link: str) -> None:
    for key in ("a.test", "anna@a.test"):
        Transport.objects.create(domain=key, transport=":")
    assert f'href="/trace/{link}"' in read(bob.get(path)).html


def test_who_reaches_a_mailbox_also_by_a_chain(admin: Client, bob: Client, rows: None) -> None:
    Forwarding.objects.create(source="first@a.test", destination="info@a.test")
    Forwarding.objects.create(source="other@b.test", destination="anna@a.test")
    page = read(admin.get("/mailboxes/anna@a.test/?reach=1"))
    assert "first@a.test by way of info@a.test" in page.text
    assert "other@b.test" in page.text
    of_bob = read(bob.get("/mailboxes/anna@a.test/?reach=1")).text
    assert "other@b.test" not in of_bob
    assert "and 1 more" in of_bob
