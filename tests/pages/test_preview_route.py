"""What a form's change would do to mail, shown before it is saved."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from domains.models import Transport
from mailboxes.models import Forwarding, Mailbox
from mailserver import preview
from mailserver.preview import SHOWN

from .reading import read

URL = "/trace/preview/"
OWN = "/account/forwarding/preview/"


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
    "query",
    [
        {"mailbox": "ü\U0001f600@a.test"},
        {"forwarding": "team@b.test"},
        {"transport": "*"},
        {"mailbox": "x@b.test"},
        {},
    ],
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
        ("/mailboxes/add/", "formaction"),
    ],
)
def test_forms_lead_to_it(bob: Client, rows: None, path: str, what: str) -> None:
    page = read(bob.get(path))
    assert URL in page.html
    assert what in page.html
    assert 'id="route-preview"' in page.html


def test_forms_of_superadmins_and_owners_lead_to_it(
    admin: Client, owner: Client, rows: None
) -> None:
    assert 'formaction="/trace/preview/"' in read(admin.get("/domains/add/")).html
    page = read(admin.get("/domains/a.test/delete/"))
    assert 'hx-get="/trace/preview/?domain=a.test"' in page.html
    assert "?domain=a.test&amp;dependents=keep" in page.html
    # Where forwardings would lead nowhere without the mailbox, there is a choice too.
    Transport.objects.all().delete()
    page = read(admin.get("/mailboxes/anna@a.test/delete/"))
    assert "?mailbox=anna%40a.test&amp;dependents=keep" in page.html
    page = read(owner.get("/account/forwarding/"))
    assert f'formaction="{OWN}"' in page.html
    assert 'id="route-preview"' in page.html


ADMIN = "/admin/{}/"


@pytest.mark.parametrize(
    ("path", "previews"),
    [
        ("mailboxes/forwarding/add", True),
        ("mailboxes/forwarding/info@a.test/change", True),
        ("mailboxes/mailbox/add", True),
        # A password moves no mail.
        ("mailboxes/mailbox/anna@a.test/change", False),
        ("domains/transport/add", True),
        ("domains/transport/a.test/change", True),
        ("domains/domain/add", True),
    ],
)
def test_forms_of_django_admin_lead_to_it(
    admin: Client, rows: None, path: str, previews: bool
) -> None:
    page = read(admin.get(ADMIN.format(path)))
    assert ('formaction="/trace/preview/"' in page.html) is previews
    if previews:
        key = path.split("/")[2].removesuffix("add") if path.endswith("change") else ""
        assert re.search(rf'name="preview"\s+value="{key}"', page.html)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("mailboxes/forwarding/info@a.test", "?forwarding=info%40a.test"),
        ("mailboxes/mailbox/anna@a.test", "?mailbox=anna%40a.test"),
        ("domains/transport/a.test", "?transport=a.test"),
        ("domains/domain/a.test", "?domain=a.test"),
    ],
)
def test_deletions_in_django_admin_lead_to_it(
    admin: Client, rows: None, path: str, query: str
) -> None:
    page = read(admin.get(ADMIN.format(f"{path}/delete")))
    assert f'href="{URL}{query}"' in page.html
    assert read(admin.get(URL + query)).text


def test_a_new_mailbox_and_a_new_domain(admin: Client, rows: None) -> None:
    Transport.objects.all().delete()
    Forwarding.objects.create(source="all@a.test", destination="new@a.test")
    fields = {"preview": "", "email": "New@a.test", "password1": "x", "password2": "x"}
    page = read(admin.post(URL, fields))
    assert "new@a.test Now rejected" in page.text
    assert "all@a.test Now bounced" in page.text
    assert not Mailbox.objects.filter(pk="new@a.test").exists()
    page = read(admin.post(URL, {"preview": "", "domain": "C.test"}))
    assert "anybody@c.test Now rejected 554 5.7.1" in page.text
    assert "Afterwards rejected 550 5.1.1" in page.text
    # What stood there before the domain shows more than an address that nobody has.
    Mailbox.objects.create(email="carl@c.test", password="")
    page = read(admin.post(URL, {"preview": "", "domain": "c.test"}))
    assert "carl@c.test Now rejected" in page.text
    assert "Afterwards delivered carl@c.test" in page.text
    assert "anybody@" not in page.text


def test_a_mailbox_that_goes_and_the_forwardings_to_it(admin: Client, rows: None) -> None:
    Transport.objects.all().delete()
    page = read(admin.get(URL, {"mailbox": "anna@a.test", "dependents": "remove"}))
    assert "anna@a.test Now delivered" in page.text
    assert (
        "info@a.test Now delivered anna@a.test lmtp:unix:private/dovecot-lmtp Afterwards rejec"
        in (page.text)
    )
    page = read(admin.get(URL, {"mailbox": "anna@a.test", "dependents": "keep"}))
    assert "Afterwards bounced anna@a.test" in page.text


def test_a_domain_that_goes(admin: Client, bob: Client, rows: None) -> None:
    Transport.objects.all().delete()
    Forwarding.objects.create(source="both@b.test", destination="anna@a.test, x@far.test")
    Forwarding.objects.create(source="only@b.test", destination="anna@a.test")
    page = read(admin.get(URL, {"domain": "a.test"}))
    assert "anna@a.test Now delivered" in page.text
    assert "Afterwards rejected 554 5.7.1" in page.text
    assert "both@b.test Now mixed" in page.text
    assert "Afterwards relayed x@far.test smtp:far.test" in page.text
    assert "only@b.test Now delivered" in page.text
    assert "Afterwards rejected 550 5.1.1" in page.text
    page = read(admin.get(URL, {"domain": "a.test", "dependents": "keep"}))
    # Now another server's, to which mail is passed on.
    assert "Afterwards relayed anna@a.test" in page.text
    assert bob.get(URL, {"domain": "b.test"}).status_code == 404


def test_a_few_addresses_are_shown_and_the_others_counted(admin: Client, rows: None) -> None:
    Transport.objects.all().delete()
    for number in range(8):
        Mailbox.objects.create(email=f"u{number}@a.test", password="")
    page = read(admin.get(URL, {"domain": "a.test"}))
    # Nine mailboxes and a forwarding.
    assert page.html.count("<dt>Now</dt>") == SHOWN
    assert "info@a.test Now" in page.text
    assert "and 5 more addresses" in page.text
    fields = {"preview": "", "domain": ".test", "transport": "discard:"}
    page = read(admin.post(URL, fields))
    assert "anna@a.test" in page.text
    assert "concerns many addresses" in page.text


def test_more_addresses_than_are_counted(
    admin: Client, rows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "COUNTED", 6)
    for number in range(8):
        Mailbox.objects.create(email=f"u{number}@a.test", password="")
    assert "and at least 3 more addresses" in read(admin.get(URL, {"domain": "a.test"})).text


def test_an_owner_sees_where_the_own_mail_would_go(owner: Client, rows: None) -> None:
    Transport.objects.all().delete()
    Forwarding.objects.create(source="chief@a.test", destination="private@far.test")
    page = read(owner.post(OWN, {"destination": "x@far.test", "keep_copy": "on"}))
    assert (
        "anna@a.test Now delivered anna@a.test Afterwards mixed anna@a.test x@far.test" in page.text
    )
    # How the server delivers is nothing to him, nor where the forwardings of others lead.
    assert "lmtp:" not in page.text
    page = read(owner.post(OWN, {"destination": "chief@a.test\nteam@b.test"}))
    assert "Afterwards delivered chief@a.test team@b.test" in page.text
    assert "far.test" not in page.html
    assert "info@a.test" not in page.text
    assert "not complete" in read(owner.post(OWN, {"destination": "no address"})).text
    assert "Nothing changes" in read(owner.post(OWN, {"destination": "", "keep_copy": "on"})).text
    assert owner.post(OWN, {"destination": "x\x00@far.test"}).status_code == 404
    assert not Forwarding.objects.filter(source="anna@a.test").exists()


def test_where_owners_may_not_forward_nothing_is_previewed(
    owner: Client, rows: None, settings: Any
) -> None:
    settings.MAILADMIN = replace(settings.MAILADMIN, owners_may_forward=False)
    assert owner.post(OWN, {"destination": "x@far.test"}).status_code == 404
