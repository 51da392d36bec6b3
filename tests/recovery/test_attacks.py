"""Recovery under attack: header injection, forged hosts, secrets where they do not belong."""

from __future__ import annotations

import logging
from email import message_from_bytes
from email.policy import default
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client, override_settings

from accounts.links import site_of
from accounts.mail import send_mail
from accounts.models import OneTimeLink, Recovery
from accounts.owners import owner_of
from domains.models import Domain
from mailboxes.models import Mailbox
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD
from tests.pages.reading import read

from .conftest import ANNA, FAR, NEW, last_link, passwords, token_of

INJECTED = "\r\nBcc: evil@far.example\r\n\r\nBody"
BREAKS = ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b", "%0d%0a"]


def headers_of(message) -> list[tuple[str, str]]:
    return message_from_bytes(message.message().as_bytes(), policy=default).items()


def only_one_recipient() -> None:
    for message in mail.outbox:
        names = [name.lower() for name, _value in headers_of(message)]
        assert sorted(set(names)) == sorted(names), names
        assert "bcc" not in names
        assert message.recipients() == message.to
        assert len(message.to) == 1


# --- header injection ---


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("place", ["behind", "before", "within"])
def test_no_line_break_in_a_field_becomes_a_header(
    recoverable, superadmin, signed_in, line_break, place
):
    evil = f"{line_break}Bcc: evil@far.example{line_break}{line_break}"
    address = {
        "behind": FAR + evil,
        "before": evil + FAR,
        "within": FAR.replace("@", f"{evil}@"),
    }[place]
    own = ANNA + evil if place == "behind" else evil + ANNA
    owner, admin = signed_in(recoverable), signed_in(superadmin)
    agent = "agent"
    Client().post("/recover/", {"address": own})
    Client().post("/recover/", {"address": address})
    owner.post("/account/recovery/", {"address": address, "password": PASSWORD})
    admin.post(f"/mailboxes/{ANNA}/invite/", {"address": address})
    Client(HTTP_USER_AGENT=agent).post("/recover/", {"address": ANNA})
    only_one_recipient()
    assert {to for one in mail.outbox for to in one.to} <= {FAR}


@pytest.mark.parametrize("email", ["an\r\nBcc: x@far.example\r\n\r\nna@a.test", "a\nb@a.test"])
def test_a_key_that_sql_wrote_with_line_breaks_makes_no_header(db, email):
    Domain.objects.create(domain="a.test")
    mailbox = Mailbox.objects.create(
        email=email, password=hash_password(PASSWORD, Scheme.SHA512_CRYPT, 5000)
    )
    Recovery.objects.create(user=owner_of(mailbox), address=FAR)
    Client().post("/recover/", {"address": email})
    only_one_recipient()
    context = {"email": email, "link": "x", "server": "", "network": "", "time": ""}
    for name in ("recovery_link", "confirm_address", "invitation", "password_set"):
        assert send_mail(name, FAR, context)
    only_one_recipient()
    for message in mail.outbox:
        assert "\n" not in message.subject
        assert "\r" not in message.subject


def test_an_address_that_is_none_gets_no_mail(db):
    for address in ("", "x", FAR + INJECTED, f"{FAR}, y@far.example", "<x@far.example>"):
        assert not send_mail("recovery_link", address, {"email": ANNA, "link": "x"})
    assert mail.outbox == []


def test_what_an_address_has_in_it_is_not_markup_to_the_mail(anna):
    """Plain text: nothing is escaped as HTML."""
    send_mail("recovery_link", FAR, {"email": "o'neil&co@a.test", "link": "http://x/?a=1&b=2"})
    assert "o'neil&co@a.test" in mail.outbox[0].subject
    assert "http://x/?a=1&b=2" in mail.outbox[0].body


# --- the host of the link ---


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver@evil.example", "testserver.evil.example"]
)
def test_a_forged_host_gets_no_link(recoverable, host):
    answer = Client(HTTP_HOST=host).post("/recover/", {"address": ANNA})
    assert answer.status_code == 400
    assert mail.outbox == []


@override_settings(ALLOWED_HOSTS=["*"])
def test_where_every_host_is_allowed_none_is_guessed(recoverable, caplog):
    answer = Client(HTTP_HOST="evil.example").post("/recover/", {"address": ANNA})
    assert "MAILADMIN_BASE_URL" in read(answer).html
    assert "MAILADMIN_BASE_URL" in caplog.text
    assert mail.outbox == []
    assert not OneTimeLink.objects.exists()


@override_settings(ALLOWED_HOSTS=[".example"])
def test_a_host_below_an_allowed_one_is_not_taken(recoverable):
    Client(HTTP_HOST="evil.example").post("/recover/", {"address": ANNA})
    assert mail.outbox == []


def test_the_base_url_is_taken_whatever_the_host_says(recoverable, config):
    config(base_url="https://panel.example.org")
    Client(headers={"x-forwarded-host": "evil.example"}).post("/recover/", {"address": ANNA})
    assert "https://panel.example.org/recover/password/?token=" in mail.outbox[0].body
    assert "testserver" not in mail.outbox[0].body


@override_settings(ALLOWED_HOSTS=["*"])
def test_with_a_base_url_even_a_forged_host_leads_home(recoverable, config):
    config(base_url="https://panel.example.org")
    Client(HTTP_HOST="evil.example").post("/recover/", {"address": ANNA})
    assert "evil.example" not in mail.outbox[0].body


def test_the_scheme_and_port_are_the_requests(rf):
    assert site_of(rf.get("/", headers={"host": "testserver:8000"})) == "http://testserver:8000"
    assert site_of(rf.get("/", secure=True)) == "https://testserver"


# --- secrets ---


def everything_stored() -> str:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found.append(repr(cursor.fetchall()))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = store.get_model_class().objects.all()
    found.extend(repr(session.get_decoded()) for session in sessions)
    return "\n".join(found)


def test_no_token_and_no_password_is_stored_or_logged(
    recoverable, superadmin, signed_in, client, caplog
):
    caplog.set_level(logging.DEBUG)
    owner, admin = signed_in(recoverable), signed_in(superadmin)
    client.post("/recover/", {"address": ANNA})
    recovery = last_link()
    owner.post("/account/recovery/", {"address": "new@far.example", "password": PASSWORD})
    confirm = last_link()
    admin.post(f"/mailboxes/{ANNA}/invite/", {"address": "x@far.example"})
    invitation = last_link()
    tokens = [token_of(link) for link in (recovery, confirm, invitation)]
    for link in (recovery, confirm, invitation):
        client.get(link)
        client.put(link)
        Client(enforce_csrf_checks=True).post(link, passwords())
    client.post(recovery, passwords("password1"))
    client.post(recovery, passwords())
    client.get(recovery)
    owner.post("/account/confirm/", {"password": "typed wrongly 99"})

    text = everything_stored() + caplog.text
    for secret in (*tokens, NEW, PASSWORD, "typed wrongly 99"):
        assert secret not in text, secret[:8]


def test_an_error_in_the_background_tells_nothing(recoverable, monkeypatch, caplog):
    from accounts import background, notices  # noqa: PLC0415

    def fail(**_: object) -> None:
        raise ValueError(ANNA)

    monkeypatch.setattr(notices, "make_recovery_link", fail)
    # This thread's connection is the test's own.
    monkeypatch.setattr(background, "connections", SimpleNamespace(close_all=lambda: None))
    monkeypatch.setattr(background, "start", background._run)
    Client().post("/recover/", {"address": ANNA})
    assert "Work in the background failed: ValueError" in caplog.text
    assert ANNA not in caplog.text


def test_the_settings_name_a_time_after_which_a_mail_server_is_given_up():
    assert settings.EMAIL_TIMEOUT <= 30
