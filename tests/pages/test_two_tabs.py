"""A row that changed while its form was open: refused, both shown, nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from accounts.models import Grant
from domains.models import Transport
from mailboxes.models import Forwarding, Mailbox
from mailkit.passwords import verify

from .reading import Page, read

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


PASSWORDS = {"password1": "typed with great care", "password2": "typed with great care"}
# (its page, its row, what is typed, the service behind the page, where it is added)
GONE = [
    (
        "/forwardings/info@a.test/",
        Forwarding(source="info@a.test", destination="anna@a.test"),
        {"source": "info@a.test", "destination": "mine@far.example"},
        "mailboxes.services.forwardings.change_forwarding",
        "/forwardings/add/",
    ),
    (
        "/forwardings/@a.test/",
        Forwarding(source="@a.test", destination="anna@a.test"),
        {"source": "other@a.test", "destination": "mine@far.example"},
        "mailboxes.services.forwardings.change_forwarding",
        "/forwardings/add/",
    ),
    (
        "/transports/far.example/",
        Transport(domain="far.example", transport="discard:"),
        {"domain": "far.example", "transport": "error:5.1.1 mine"},
        "domains.services.change_transport",
        "/transports/add/",
    ),
    (
        "/mailboxes/ben@a.test/password/",
        Mailbox(email="ben@a.test", password="{PLAIN}x"),
        PASSWORDS,
        "mailboxes.services.mailboxes.set_mailbox_password",
        "/mailboxes/add/",
    ),
]


@pytest.mark.parametrize("moment", ["before the POST", "within it"])
@pytest.mark.parametrize("who", ["admin", "bob"])
@pytest.mark.parametrize(
    ("path", "row", "typed", "service", "add"), GONE, ids=[one[0] for one in GONE]
)
def test_a_row_deleted_meanwhile_can_be_added_anew(
    request: pytest.FixtureRequest,
    who: str,
    path: str,
    row: Any,
    typed: dict[str, str],
    service: str,
    add: str,
    moment: str,
) -> None:
    client: Client = request.getfixturevalue(who)
    if "far.example" in path:
        Grant.objects.update(domain="far.example")
    type(row)(**_values(row)).save(force_insert=True)
    state = read(client.get(path)).value("state")
    assert state
    if moment == "within it":
        with patch(service, side_effect=type(row).DoesNotExist(row.pk)):
            answer = client.post(path, {**typed, "state": state})
        type(row).objects.filter(pk=row.pk).delete()
    else:
        type(row).objects.filter(pk=row.pk).delete()
        answer = client.post(path, {**typed, "state": state})

    assert answer.status_code == 404
    page = Page(answer)
    assert f"{row.pk} is gone" in page.text
    assert 'role="alert"' in page.html
    assert f'action="{add}"' in page.html
    for name, value in typed.items():
        assert value in page.html if name == "destination" else page.value(name) == value
    assert not type(row).objects.filter(pk=row.pk).exists()

    again = {"email": row.pk, **typed}
    assert client.post(add, again).status_code == 302
    if add != "/mailboxes/add/":
        assert type(row).objects.filter(**typed).exists()
    else:
        assert verify(PASSWORDS["password1"], Mailbox.objects.get(pk=row.pk).password)


def _values(row: Any) -> dict[str, str]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.fields}


@pytest.mark.parametrize(
    ("path", "row", "typed", "service", "add"), GONE, ids=[one[0] for one in GONE]
)
def test_nobody_learns_from_it_whether_a_row_of_others_exists(
    bob: Client, path: str, row: Any, typed: dict[str, str], service: str, add: str
) -> None:
    """Bob manages a.test only: b.test's rows and no rows look the same to him."""
    key = str(row.pk).replace("a.test", "b.test")
    path = path.replace("a.test", "b.test")
    absent = Page(bob.post(path, typed))
    type(row)(**{**_values(row), row._meta.pk.attname: key}).save(force_insert=True)
    present = Page(bob.post(path, typed))
    assert absent.response.status_code == present.response.status_code == 404
    assert _without_tokens(absent) == _without_tokens(present)
    assert bob.get(path).status_code == 404


def _without_tokens(page: Page) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", page.html)


def test_a_get_of_a_row_that_is_gone_is_plainly_404(admin: Client) -> None:
    for path, *_rest in GONE:
        answer = admin.get(path)
        assert answer.status_code == 404
        assert "There is nothing here" in Page(answer).text


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
