"""The pages of forwardings."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.models import Forwarding, Mailbox

from .reading import read

pytestmark = pytest.mark.usefixtures("anna")


@pytest.mark.parametrize(
    ("source", "typed", "stored"),
    [
        ("info@a.test", "anna@a.test", "anna@a.test"),
        ("Info@A.test", "Anna@A.test\r\nx@far.example", "anna@a.test, x@far.example"),
        ("info@a.test", "anna@a.test, x@far.example ,", "anna@a.test, x@far.example"),
        ("@a.test", "anna@a.test", "anna@a.test"),
        ("anna@a.test", "anna@a.test\nx@far.example", "anna@a.test, x@far.example"),
    ],
)
def test_a_forwarding_is_added(admin: Client, source: str, typed: str, stored: str) -> None:
    response = admin.post("/forwardings/add/", {"source": source, "destination": typed})

    assert (response.status_code, response["Location"]) == (302, f"/forwardings/{source.lower()}/")
    assert Forwarding.objects.get().destination == stored


@pytest.mark.parametrize(
    ("source", "destination", "field"),
    [
        ("", "anna@a.test", "source"),
        ("info", "anna@a.test", "source"),
        ("info@a.test", "", "destination"),
        ("info@a.test", "root", "destination"),
        ("info@a.test", "|cat", "destination"),
        ("info@a.test", "info@a.test", "destination"),
        ("info@a.test", "@b.test", "destination"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    admin: Client, source: str, destination: str, field: str
) -> None:
    data = {"source": source, "destination": destination}

    found = read(admin.post("/forwardings/add/", data))

    assert found.is_invalid(field)
    assert found.value("source") == source
    assert not Forwarding.objects.exists()


def test_a_dead_target_is_warned_of_and_force_saves_it(admin: Client) -> None:
    data = {"source": "info@a.test", "destination": "nobody@a.test"}

    found = read(admin.post("/forwardings/add/", data))

    assert found.has("force")
    assert "nobody@a.test" in found.text
    assert admin.post("/forwardings/add/", {**data, "force": "on"}).status_code == 302


def test_a_loop_is_shown(admin: Client) -> None:
    Forwarding.objects.create(source="one@a.test", destination="two@a.test")

    data = {"source": "two@a.test", "destination": "one@a.test"}
    found = read(admin.post("/forwardings/add/", data))

    assert found.is_invalid("destination")
    assert "one@a.test" in found.text


def test_the_source_can_be_given(admin: Client) -> None:
    found = read(admin.get("/forwardings/add/?source=%40a.test"))

    assert found.value("source") == "@a.test"


@pytest.mark.parametrize("q", ["info", "INFO@a", "far.exa", "a.test"])
def test_a_forwarding_is_found_by_source_and_by_destination(admin: Client, q: str) -> None:
    Forwarding.objects.create(source="info@a.test", destination="x@far.example")
    Forwarding.objects.create(source="other@b.test", destination="y@near.example")

    text = read(admin.get(f"/forwardings/?q={q}")).text

    assert "info@a.test" in text
    assert "other@b.test" not in text


def test_a_domain_admin_sees_and_changes_only_his(bob: Client) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="info@b.test", destination="anna@a.test")

    text = read(bob.get("/forwardings/")).text

    assert "info@a.test" in text
    assert "info@b.test" not in text
    assert bob.get("/forwardings/info@b.test/").status_code == 404
    assert bob.post("/forwardings/info@b.test/delete/").status_code == 404
    data = {"source": "x@b.test", "destination": "anna@a.test"}
    assert read(bob.post("/forwardings/add/", data)).is_invalid("source")


def test_a_forwarding_is_changed_and_renamed(admin: Client) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test,x@far.example")
    opened = read(admin.get("/forwardings/info@a.test/"))
    assert "anna@a.test\nx@far.example</textarea>" in opened.html

    data = {"source": "news@a.test", "destination": "y@far.example", "state": opened.value("state")}
    response = admin.post("/forwardings/info@a.test/", data)

    assert response["Location"] == "/forwardings/news@a.test/"
    assert [str(one) for one in Forwarding.objects.all()] == ["news@a.test → y@far.example"]


def test_without_a_source_it_is_kept(admin: Client) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")

    response = admin.post("/forwardings/info@a.test/", {"destination": "y@far.example"})

    assert response.status_code == 302
    assert Forwarding.objects.get().destination == "y@far.example"


def test_a_forwarding_is_deleted(admin: Client) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")

    assert "anna@a.test" in read(admin.get("/forwardings/info@a.test/delete/")).text
    assert admin.post("/forwardings/info@a.test/delete/")["Location"] == "/forwardings/"
    assert not Forwarding.objects.exists()
    assert Mailbox.objects.count() == 1


@pytest.mark.parametrize(
    ("source", "destination", "kind"),
    [
        ("@a.test", "anna@a.test", "catch-all"),
        ("@a.test", "@b.test", "domain alias"),
        ("anna@a.test", "ANNA@a.test,x@far.example", "keeps a copy"),
        ("info@a.test", "anna@a.test x@far.example", "list"),
    ],
)
def test_its_kind_is_named(admin: Client, source: str, destination: str, kind: str) -> None:
    Forwarding.objects.create(source=source, destination=destination)

    assert f">{kind}</span>" in admin.get("/forwardings/").content.decode()
