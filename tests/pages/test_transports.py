"""The pages of transports."""

from __future__ import annotations

import pytest
from django.test import Client

from domains.models import Transport

from .reading import read

pytestmark = pytest.mark.usefixtures("two_domains")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("far.example", "smtp:[192.0.2.1]:25"),
        (".far.example", "relay:[mail.far.example]"),
        ("x@far.example", "error:5.2.1 mailbox disabled"),
        ("far.example", "discard:silently"),
        ("a.test", ":"),
    ],
)
def test_a_transport_is_added(admin: Client, key: str, value: str) -> None:
    response = admin.post("/transports/add/", {"domain": key, "transport": value})

    assert (response.status_code, response["Location"]) == (302, f"/transports/{key}/")
    row = Transport.objects.get()
    assert (row.domain, row.transport) == (key, value)


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("", "smtp:[192.0.2.1]", "domain"),
        ("not a key", "smtp:[192.0.2.1]", "domain"),
        ("far.example", "", "transport"),
        ("far.example", "nosuchservice:x", "transport"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    admin: Client, key: str, value: str, field: str
) -> None:
    found = read(admin.post("/transports/add/", {"domain": key, "transport": value}))

    assert found.is_invalid(field)
    assert (found.value("domain"), found.value("transport")) == (key, value)
    assert not Transport.objects.exists()


@pytest.mark.parametrize("key", ["*", "a.test", "anna@a.test"])
def test_one_that_takes_our_own_mail_is_warned_of(admin: Client, key: str) -> None:
    data = {"domain": key, "transport": "smtp:[192.0.2.1]"}

    found = read(admin.post("/transports/add/", data))

    assert found.has("force")
    assert not Transport.objects.exists()
    assert admin.post("/transports/add/", {**data, "force": "on"}).status_code == 302


def test_a_star_says_how_late_it_is(admin: Client) -> None:
    admin.post("/transports/add/", {"domain": "*", "transport": "discard:x", "force": "on"})

    assert "30 seconds" in read(admin.get("/transports/*/")).text


@pytest.mark.parametrize("q", ["far", "192.0.2", "FAR.EX"])
def test_a_transport_is_found_by_key_and_by_value(admin: Client, q: str) -> None:
    Transport.objects.create(domain="far.example", transport="smtp:[192.0.2.1]")
    Transport.objects.create(domain="near.test", transport="discard:")

    text = read(admin.get(f"/transports/?q={q}")).text

    assert "far.example" in text
    assert "near.test" not in text


def test_the_list_filters_by_domain(admin: Client) -> None:
    for key in ("a.test", ".a.test", "x@a.test", "b.test"):
        Transport.objects.create(domain=key, transport="discard:")

    text = read(admin.get("/transports/?domain=a.test")).text

    for key in ("a.test", ".a.test", "x@a.test"):
        assert key in text
    assert "b.test" not in text


def test_a_domain_admin_sees_only_his(bob: Client) -> None:
    for key in ("a.test", "x@a.test", "b.test", "*"):
        Transport.objects.create(domain=key, transport=f"discard:{key}")

    text = read(bob.get("/transports/")).text

    assert "discard:x@a.test" in text
    assert "discard:b.test" not in text
    assert bob.get("/transports/b.test/").status_code == 404
    assert bob.get("/transports/*/").status_code == 404
    data = {"domain": "b.test", "transport": "discard:"}
    assert read(bob.post("/transports/add/", data)).is_invalid("domain")


def test_a_transport_is_changed_and_renamed(admin: Client) -> None:
    Transport.objects.create(domain="far.example", transport="discard:")
    opened = read(admin.get("/transports/far.example/"))
    assert opened.value("transport") == "discard:"

    data = {
        "domain": "near.example",
        "transport": "error:5.1.1 gone",
        "state": opened.value("state"),
    }
    response = admin.post("/transports/far.example/", data)

    assert response["Location"] == "/transports/near.example/"
    assert [str(one) for one in Transport.objects.all()] == ["near.example → error:5.1.1 gone"]


def test_a_transport_is_deleted(admin: Client) -> None:
    Transport.objects.create(domain="far.example", transport="discard:")

    assert "discard:" in read(admin.get("/transports/far.example/delete/")).text
    assert admin.post("/transports/far.example/delete/")["Location"] == "/transports/"
    assert not Transport.objects.exists()
