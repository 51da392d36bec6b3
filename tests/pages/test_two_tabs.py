"""A row that changed while its form was open: refused, both shown, nothing typed is lost."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.test import Client

from domains.models import Transport
from mailboxes.models import Forwarding, Mailbox
from mailkit.passwords import verify

from .reading import read

pytestmark = pytest.mark.usefixtures("anna")


def test_a_forwarding_changed_meanwhile(admin: Client) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    opened = read(admin.get("/forwardings/info@a.test/"))
    Forwarding.objects.filter(pk="info@a.test").update(destination="theirs@far.example")

    data = {
        "source": "info@a.test",
        "destination": "mine@far.example",
        "state": opened.value("state"),
    }
    found = read(admin.post("/forwardings/info@a.test/", data))

    assert "theirs@far.example" in found.text
    assert "mine@far.example</textarea>" in found.html
    assert 'role="alert"' in found.html
    assert Forwarding.objects.get().destination == "theirs@far.example"
    assert found.value("state") != opened.value("state")

    again = {**data, "state": found.value("state")}
    assert admin.post("/forwardings/info@a.test/", again).status_code == 302
    assert Forwarding.objects.get().destination == "mine@far.example"


def test_a_transport_changed_meanwhile(admin: Client) -> None:
    Transport.objects.create(domain="far.example", transport="discard:")
    opened = read(admin.get("/transports/far.example/"))
    Transport.objects.filter(pk="far.example").update(transport="error:theirs")

    data = {
        "domain": "far.example",
        "transport": "error:5.1.1 mine",
        "state": opened.value("state"),
    }
    found = read(admin.post("/transports/far.example/", data))

    assert "error:theirs" in found.text
    assert found.value("transport") == "error:5.1.1 mine"
    again = {**data, "state": found.value("state")}
    assert admin.post("/transports/far.example/", again).status_code == 302
    assert Transport.objects.get().transport == "error:5.1.1 mine"


def test_a_password_changed_meanwhile(admin: Client) -> None:
    opened = read(admin.get("/mailboxes/anna@a.test/password/"))
    Mailbox.objects.filter(pk="anna@a.test").update(password="{PLAIN}by SQL")

    data = {
        "password1": "mine is this one",
        "password2": "mine is this one",
        "state": opened.value("state"),
    }
    found = read(admin.post("/mailboxes/anna@a.test/password/", data))

    assert "Changed meanwhile" in found.text
    assert "by SQL" not in found.html
    assert found.value("password1") == "mine is this one"
    again = {**data, "state": found.value("state")}
    assert admin.post("/mailboxes/anna@a.test/password/", again).status_code == 302
    assert verify("mine is this one", Mailbox.objects.get().password)


def test_a_row_deleted_meanwhile_is_404(admin: Client) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    opened = read(admin.get("/forwardings/info@a.test/"))
    Forwarding.objects.all().delete()

    data = {"source": "info@a.test", "destination": "x@far.test", "state": opened.value("state")}

    assert admin.post("/forwardings/info@a.test/", data).status_code == 404


def test_the_second_of_two_clicks_on_delete_is_404(admin: Client) -> None:
    # The first one is done between the look at the row and its deletion.
    with patch(
        "mailboxes.services.mailboxes.delete_mailbox", side_effect=Mailbox.DoesNotExist("anna")
    ):
        answer = admin.post("/mailboxes/anna@a.test/delete/", {"confirm": "anna@a.test"})

    assert answer.status_code == 404


def test_a_warning_after_the_change_keeps_the_new_state(admin: Client) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    opened = read(admin.get("/forwardings/info@a.test/"))

    data = {
        "source": "info@a.test",
        "destination": "dead@a.test",
        "state": opened.value("state"),
    }
    found = read(admin.post("/forwardings/info@a.test/", data))

    assert found.has("force")
    assert found.value("state") == opened.value("state")
