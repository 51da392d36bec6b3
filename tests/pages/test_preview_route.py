"""What a form's change would do to mail, shown before it is saved."""

from __future__ import annotations

import pytest
from django.test import Client

from domains.models import Transport
from mailboxes.models import Forwarding, Mailbox

from .reading import read

URL = "/trace/preview/"


@pytest.fixture
def rows(anna: Mailbox) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="team@b.test", destination="hidden@far.test")
    Transport.objects.create(domain="a.test", transport="discard:")


def test_a_new_forwarding(admin: Client, rows: None) -> None:
    Transport.objects.all().delete()
    fields = {"preview": "", "source": "New@a.test", "destination": "anna@a.test\nx@far.test"}
    page = read(admin.post(URL, fields))
    assert "new@a.test" in page.text
    assert "User unknown" in page.text
    assert "anna@a.test lmtp:unix:private/dovecot-lmtp" in page.text
    assert "x@far.test smtp:far.test" in page.text
    assert not Forwarding.objects.filter(pk="new@a.test").exists()


def test_a_changed_forwarding_and_its_old_source(admin: Client, rows: None) -> None:
    fields = {"preview": "info@a.test", "source": "sales@a.test", "destination": "sales@a.test"}
    page = read(admin.post(URL, fields))
    assert "info@a.test Now discarded anna@a.test discard:a.test Afterwards rejected" in page.text
    assert "sales@a.test Now rejected" in page.text
    page = read(admin.post(URL, {**fields, "source": "info@a.test", "destination": "x@a.test"}))
    assert "x@a.test discard:a.test" in page.text


def test_a_loop_is_seen(admin: Client, rows: None) -> None:
    Forwarding.objects.create(source="b@a.test", destination="info@a.test")
    fields = {"preview": "info@a.test", "source": "info@a.test", "destination": "b@a.test"}
    page = read(admin.post(URL, fields))
    assert "451 4.6.0" in page.text
    assert "go in a circle" in page.text


def test_nothing_changes(admin: Client, rows: None) -> None:
    fields = {"preview": "info@a.test", "source": "info@a.test", "destination": "anna@a.test"}
    assert "Nothing changes" in read(admin.post(URL, fields)).text


def test_a_transport_is_shown_by_a_mailbox_of_its_domain(admin: Client, rows: None) -> None:
    fields = {"preview": "a.test", "domain": "a.test", "transport": "error:5.2.1 closed"}
    page = read(admin.post(URL, fields))
    assert "anna@a.test" in page.text
    assert "discarded" in page.text
    assert "error:5.2.1 closed" in page.text


def test_a_star_concerns_many(admin: Client, rows: None) -> None:
    page = read(admin.post(URL, {"preview": "", "domain": "*", "transport": "discard:"}))
    assert "concerns many addresses" in page.text


@pytest.mark.parametrize(
    ("query", "before", "after"),
    [
        ({"forwarding": "info@a.test"}, "discarded", "550 5.1.1"),
        ({"transport": "a.test"}, "discard:a.test", "lmtp:unix:private/dovecot-lmtp"),
        ({"mailbox": "anna@a.test"}, "discarded", "550 5.1.1"),
    ],
)
def test_deletions(admin: Client, rows: None, query: dict, before: str, after: str) -> None:
    page = read(admin.get(URL, query))
    assert before in page.text
    assert after in page.text


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "", "destination": ""},
        {"source": "no address", "destination": "anna@a.test"},
        {"source": "new@a.test", "destination": "|command"},
        {"domain": "", "transport": "x"},
    ],
)
def test_what_is_not_complete(admin: Client, rows: None, fields: dict[str, str]) -> None:
    assert "not complete" in read(admin.post(URL, fields)).text


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "new@b.test", "destination": "anna@a.test"},
        {"preview": "team@b.test", "source": "new@a.test", "destination": "anna@a.test"},
        {"domain": "*", "transport": "discard:"},
        {"domain": ".test", "transport": "discard:"},
        {"domain": "b.test", "transport": "discard:"},
        {"source": "x\x00@a.test", "destination": "anna@a.test"},
        {},
    ],
)
def test_a_domain_admin_previews_his_own_rows_only(
    bob: Client, rows: None, fields: dict[str, str]
) -> None:
    assert bob.post(URL, fields).status_code == 404


@pytest.mark.parametrize(
    "query", [{"forwarding": "team@b.test"}, {"transport": "*"}, {"mailbox": "x@b.test"}, {}]
)
def test_a_domain_admin_sees_no_deletion_of_others(bob: Client, rows: None, query: dict) -> None:
    assert bob.get(URL, query).status_code == 404


def test_a_preview_does_not_show_rows_of_others(bob: Client, rows: None) -> None:
    page = read(bob.post(URL, {"source": "spy@a.test", "destination": "team@b.test"}))
    assert "team@b.test" in page.text
    assert "hidden@far.test" not in page.html
    # Nor whether it goes on to another server.
    assert "relayed" not in page.text


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/forwardings/add/", "formaction"),
        ("/forwardings/info@a.test/", 'value="info@a.test"'),
        ("/transports/add/", "formaction"),
        ("/transports/a.test/", 'value="a.test"'),
        ("/forwardings/info@a.test/delete/", "?forwarding=info%40a.test"),
        ("/transports/a.test/delete/", "?transport=a.test"),
        ("/mailboxes/anna@a.test/delete/", "?mailbox=anna%40a.test"),
    ],
)
def test_forms_lead_to_it(bob: Client, rows: None, path: str, what: str) -> None:
    page = read(bob.get(path))
    assert URL in page.html
    assert what in page.html
    assert 'id="route-preview"' in page.html
