"""The mailbox owner's own page: state, settings to type in, forwarding, addresses leading here."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailboxes.models import Mailbox
from tests.pages.reading import read

from .conftest import ANNA


def test_it_tells_what_to_type_into_a_mail_program(owner, config):
    config(mail_hostname="mail.example.org")
    found = read(owner.get("/account/"))
    for text in ("mail.example.org", "993", "995", "587", "465", "STARTTLS", "the whole address"):
        assert text in found.text, text


def test_without_a_server_name_the_rest_is_shown_and_owners_hear_of_no_setting(owner):
    found = read(owner.get("/account/"))
    assert "993" in found.text
    assert "Server" not in found.text
    assert "MAILADMIN_MAIL_HOSTNAME" not in found.html


@pytest.mark.parametrize("page", ["/mailboxes/anna@a.test/", "/mailboxes/anna@a.test/invite/"])
def test_operators_are_told_that_the_server_name_is_missing(
    anna, superadmin, signed_in, config, page
):
    admin = signed_in(superadmin)
    assert "MAILADMIN_MAIL_HOSTNAME" in read(admin.get(page)).html
    config(mail_hostname="mail.example.org")
    found = read(admin.get(page))
    assert "MAILADMIN_MAIL_HOSTNAME" not in found.html
    assert "mail.example.org" in found.text


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        (None, "all mail stays in this mailbox"),
        (f"{ANNA}, x@far.example", "a copy is kept in this mailbox"),
        ("x@far.example", "no copy is kept: this mailbox gets no mail"),
    ],
)
def test_it_shows_the_own_forwarding(owner, forwardings, destination, said):
    forwardings({ANNA: destination} if destination else {})
    found = read(owner.get("/account/"))
    assert said in found.text
    assert ("x@far.example" in found.text) == bool(destination)
    assert "/account/forwarding/" in found.html


def test_it_reads_no_table_whole_until_it_is_asked_to(owner, forwardings):
    forwardings({"info@a.test": ANNA})
    with CaptureQueriesContext(connection) as captured:
        found = read(owner.get("/account/"))
    assert not [query for query in captured.captured_queries if "LIKE" in query["sql"]]
    assert len(captured.captured_queries) <= 12
    assert 'hx-get="/account/?reach=1"' in found.html
    assert '<a href="/account/?reach=1">' in found.html
    assert "info@a.test" not in found.text


def test_it_lists_the_addresses_that_lead_here(owner, forwardings):
    forwardings(
        {
            "info@a.test": ANNA,
            "sales@b.test": "info@a.test",
            "@c.test": ANNA,
            "other@a.test": "x@far.example",
        }
    )
    found = read(owner.get("/account/?reach=1"))
    assert "info@a.test" in found.text
    assert "sales@b.test by way of info@a.test" in found.text
    assert "every address @c.test that nobody else has" in found.text
    assert "other@a.test" not in found.text
    assert "hx-get" not in found.html


def test_nothing_leads_here_but_the_address_itself(owner):
    assert "your own address only" in read(owner.get("/account/?reach=1")).text


def test_an_owner_sees_only_the_own_mailbox(owner):
    Mailbox.objects.create(email="bert@a.test", password="x")
    assert "bert@a.test" not in read(owner.get("/account/?reach=1")).html


@pytest.mark.parametrize(
    "path",
    [
        "/account/",
        "/account/forwarding/",
        "/account/recovery/",
        "/account/recovery/remove/",
        "/account/confirm/",
        "/account/confirm/remove/",
    ],
)
def test_nobody_else_opens_it(client, anna, superadmin, domain_admin, signed_in, path):
    assert client.get(path)["Location"].startswith("/login/?next=")
    assert client.post(path).status_code in (302, 405)
    for user in (superadmin, domain_admin):
        answer = signed_in(user).get(path)
        if path == "/account/":
            assert answer["Location"] == "/"
        else:
            assert answer.status_code == 403
            assert signed_in(user).post(path, {"password": "x"}).status_code == 403


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(owner, method):
    for path in ("/account/forwarding/", "/account/recovery/", "/account/confirm/"):
        assert getattr(owner, method)(path).status_code == 405
    assert getattr(owner, method)("/account/").status_code == 405
    assert owner.post("/account/").status_code == 405


def test_no_page_has_inline_script_or_style(owner):
    Mailbox.objects.update(password="{PLAIN}another")
    # By SQL, so the note about suspended factors is there too.
    owner.post("/login/", {"username": ANNA, "password": "another"})
    for path in (
        "/account/",
        "/account/?reach=1",
        "/account/forwarding/",
        "/account/password/",
        "/account/recovery/",
        "/account/recovery/remove/",
        "/account/confirm/",
    ):
        html = read(owner.get(path)).html
        for sign in (" style=", "<style", "<script>", " onclick="):
            assert sign not in html, path
