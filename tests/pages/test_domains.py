"""The pages of virtual domains."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from audit.actor import Actor
from audit.models import Entry
from domains import schema
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox

from .reading import PASSWORD, read


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("example.org", "example.org"),
        (" Example.ORG. ", "example.org"),
        ("müller.example", "xn--mller-kva.example"),
    ],
)
def test_a_domain_is_added(admin: Client, typed: str, stored: str) -> None:
    response = admin.post("/domains/add/", {"domain": typed})

    assert (response.status_code, response["Location"]) == (302, f"/domains/{stored}/")
    assert Domain.objects.get().domain == stored
    assert "100 seconds" in read(admin.get(f"/domains/{stored}/")).text
    assert Entry.objects.get().action == "create_domain"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "localhost",
        "a b.example",
        "-x.example",
        "192.0.2.1",
        "x" * 300 + ".example",
        "a\0b.test",
    ],
)
def test_a_bad_domain_is_refused_at_its_field(admin: Client, typed: str) -> None:
    found = read(admin.post("/domains/add/", {"domain": typed}))

    assert found.is_invalid("domain")
    assert found.value("domain") == typed.replace("\0", "\ufffd") or "\0" in typed
    assert not Domain.objects.exists()


def test_a_taken_domain_is_refused(admin: Client, two_domains: None) -> None:
    assert read(admin.post("/domains/add/", {"domain": "A.test"})).is_invalid("domain")


def test_an_empty_post_shows_the_error(admin: Client) -> None:
    assert read(admin.post("/domains/add/")).is_invalid("domain")


def test_a_domain_is_shown_as_people_type_it(admin: Client) -> None:
    Domain.objects.create(domain="xn--mller-kva.example")

    listed = read(admin.get("/domains/")).text
    shown = read(admin.get("/domains/xn--mller-kva.example/")).text

    for text in (listed, shown):
        assert "müller.example" in text
        assert "xn--mller-kva.example" in text


def test_an_empty_list_says_what_to_do(admin: Client, bob: Client) -> None:
    assert "/domains/add/" in read(admin.get("/domains/")).html
    assert "/domains/add/" not in read(bob.get("/domains/")).html


def test_the_list_is_searched(admin: Client, two_domains: None) -> None:
    found = read(admin.get("/domains/?q=b.te"))

    assert "b.test" in found.text
    assert "a.test" not in found.text
    assert "No domain found" in read(admin.get("/domains/?q=zzz")).text


def test_a_domain_admin_sees_only_his(bob: Client, two_domains: None) -> None:
    found = read(bob.get("/domains/"))

    assert "a.test" in found.text
    assert "b.test" not in found.text
    assert "Add domain" not in found.text
    assert bob.get("/domains/b.test/").status_code == 404
    assert "/domains/a.test/delete/" not in read(bob.get("/domains/a.test/")).html


def test_the_list_counts_mailboxes_only_with_an_index(
    admin: Client, anna: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_index = read(admin.get("/domains/")).text
    assert "Mailboxes" in with_index.split("Domain Mailboxes")[0] + "Domain Mailboxes"
    assert "1 mailbox in a.test" in read(admin.get("/domains/")).html
    assert "0 mailboxes in b.test" in read(admin.get("/domains/")).html

    without = replace(schema.schema(), indexed=frozenset())
    monkeypatch.setattr("mailadmin.views.domains.schema", lambda: without)

    assert "1 mailbox in a.test" not in read(admin.get("/domains/")).html


def test_the_page_shows_what_is_in_the_domain(admin: Client, anna: Mailbox) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="info@b.test", destination="anna@a.test")
    Transport.objects.create(domain=".a.test", transport="smtp:[192.0.2.1]")

    found = read(admin.get("/domains/a.test/"))

    for text in ("anna@a.test", "info@a.test", "catch-all", "smtp:[192.0.2.1]"):
        assert text in found.text
    assert "info@b.test" not in found.text


# --- deleting ---


@pytest.fixture
def full(anna: Mailbox) -> None:
    """a.test with something of every kind, and a forwarding of b.test into it."""
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="info@b.test", destination="anna@a.test, x@far.example")
    Transport.objects.create(domain="a.test", transport="smtp:[192.0.2.1]")


def test_the_page_shows_what_hangs_on_it(admin: Client, full: None) -> None:
    found = read(admin.get("/domains/a.test/delete/"))

    for text in ("anna@a.test", "info@a.test", "info@b.test", "mail on disk stays", "suspend"):
        assert text in found.text
    assert 'value="keep"' in found.html


@pytest.mark.parametrize("typed", ["a.test", "A.TEST", " a.test "])
@pytest.mark.parametrize("choice", [{}, {"dependents": "remove"}])
def test_it_goes_with_all_that_hangs_on_it(
    admin: Client, full: None, typed: str, choice: dict[str, str]
) -> None:
    response = admin.post("/domains/a.test/delete/", {"confirm": typed, **choice})

    assert (response.status_code, response["Location"]) == (302, "/domains/")
    assert [one.domain for one in Domain.objects.all()] == ["b.test"]
    assert not Mailbox.objects.exists()
    assert not Transport.objects.exists()
    assert [str(one) for one in Forwarding.objects.all()] == ["info@b.test → x@far.example"]
    assert "still lies on the mail server" in read(admin.get("/domains/")).text


def test_it_goes_alone(admin: Client, full: None) -> None:
    data = {"confirm": "a.test", "dependents": "keep"}

    assert admin.post("/domains/a.test/delete/", data).status_code == 302
    assert not Domain.objects.filter(pk="a.test").exists()
    assert Mailbox.objects.count() == 1
    assert Forwarding.objects.count() == 2


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"confirm": ""},
        {"confirm": "b.test"},
        {"confirm": "a.test", "dependents": "both"},
    ],
)
def test_without_the_right_name_nothing_is_deleted(
    admin: Client, full: None, data: dict[str, str]
) -> None:
    found = read(admin.post("/domains/a.test/delete/", data))

    assert 'role="alert"' in found.html
    assert Domain.objects.count() == 2


def test_the_choice_survives_a_refusal(admin: Client, full: None) -> None:
    data = {"confirm": "wrong", "dependents": "keep"}
    found = read(admin.post("/domains/a.test/delete/", data))

    assert found.is_invalid("confirm")
    assert found.value("confirm") == "wrong"
    keep = found.html[found.html.index('id="dependents-keep"') :]
    assert "checked" in keep[: keep.index(">")]


def test_an_idna_domain_is_confirmed_as_it_is_shown(admin: Client) -> None:
    Domain.objects.create(domain="xn--mller-kva.example")

    path = "/domains/xn--mller-kva.example/delete/"

    assert admin.post(path, {"confirm": "Müller.example"}).status_code == 302


def test_an_unknown_domain_is_404(admin: Client) -> None:
    assert admin.get("/domains/c.test/").status_code == 404
    assert admin.get("/domains/c.test/delete/").status_code == 404


def test_lists_filter_by_domain(admin: Client, anna: Mailbox, root: Actor) -> None:
    create_mailbox(actor=root, email="bert@b.test", password=PASSWORD)

    found = read(admin.get("/mailboxes/?domain=B.test"))

    assert "bert@b.test" in found.text
    assert "anna@a.test" not in found.text


@pytest.mark.parametrize("path", ["/mailboxes/", "/forwardings/", "/transports/"])
def test_a_domain_one_may_not_see_is_404(bob: Client, two_domains: None, path: str) -> None:
    assert bob.get(f"{path}?domain=a.test").status_code == 200
    assert bob.get(f"{path}?domain=b.test").status_code == 404
