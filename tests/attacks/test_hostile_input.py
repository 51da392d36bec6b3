"""Hostile text in every field, list and address: told off, escaped, never carried out."""

from __future__ import annotations

import csv
import time
from urllib.parse import quote

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client

from accounts.models import User
from accounts.owners import owner_of
from audit.actor import command_actor
from audit.recent import SESSION_KEY
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox, set_mailbox_password
from tests.conftest import PASSWORD
from tests.sign_in.conftest import give_passkey

HOSTILE = {
    "sql quote": "' OR '1'='1' -- ",
    "sql union": "x' UNION SELECT password FROM users --@a.test",
    "sql drop": "a@a.test'; DROP TABLE users; --",
    "sql wildcard": "%_%",
    "backslash": "\\' \\\\",
    "template": "{{ 7400000000|add:73 }}{% debug %}",
    "script": "<script>alert(1)</script>",
    "attribute": '" autofocus onfocus="alert(1)',
    "format": "%s %(password)s {0} {password}",
    "header": "a@a.test\r\nBcc: evil@far.test",
    "nul": "a\x00b@a.test",
    "emoji": "😀@a.test",
    "bidi": "\u202ea@a.test",
    "homograph": "аnna@a.test",
    "blank": " \u00a0\u2003 ",
    "long": "x" * 100_000,
    "many": ",".join(["a@a.test"] * 5_000),
    "path": "../../etc/passwd",
    "combining": "e\u0301@a.test",
    "fullwidth": "ａｎｎａ＠a.test",
}
FORMS = {
    "/login/": {"username": "anna@a.test", "password": PASSWORD},
    "/domains/add/": {"domain": "new.test"},
    "/domains/a.test/delete/": {"confirm": "b.test", "dependents": "remove"},
    "/mailboxes/add/": {
        "email": "new@a.test",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "force": "",
    },
    "/mailboxes/anna@a.test/password/": {
        "password1": PASSWORD,
        "password2": PASSWORD,
        "state": "x",
    },
    "/mailboxes/anna@a.test/delete/": {"confirm": "b", "dependents": "remove"},
    "/forwardings/add/": {"source": "new@a.test", "destination": "anna@a.test", "force": ""},
    "/forwardings/info@a.test/": {
        "source": "info@a.test",
        "destination": "anna@a.test",
        "state": "",
    },
    "/transports/add/": {"domain": "far.test", "transport": "smtp:", "force": ""},
    "/transports/x.test/": {"domain": "x.test", "transport": "smtp:", "state": ""},
    "/operators/add/": {
        "username": "new",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "domains": "a.test",
        "max_mailboxes": "1",
    },
}
# Those of one's own second factor, recovery address and password.
OWN_FORMS = {
    "/login/again/": {"password": PASSWORD, "next": "/account/"},
    "/account/password/": {
        "old_password": PASSWORD,
        "new_password1": PASSWORD,
        "new_password2": PASSWORD,
    },
    "/account/forwarding/": {"destination": "x@far.test", "keep_copy": "on", "state": ""},
    "/account/recovery/": {"address": "x@far.test", "password": PASSWORD},
    "/account/recovery/remove/": {"password": PASSWORD},
    "/account/confirm/": {"password": PASSWORD},
    "/account/security/authenticator/": {"code": "123456"},
    "/account/security/passkeys/add/": {"name": "phone", "credential": "{}"},
    "/account/security/passkeys/1/": {"name": "phone"},
    "/recover/": {"address": "anna@a.test"},
    "/recover/password/?token=x": {"new_password1": PASSWORD, "new_password2": PASSWORD},
    "/invitation/?token=x": {"new_password1": PASSWORD, "new_password2": PASSWORD},
    "/login/step/": {"code": "123456", "credential": "{}", "next": "/account/"},
    "/login/passkey/": {"credential": "{}", "next": "/account/"},
}
LISTS = ("/domains/", "/mailboxes/", "/forwardings/", "/transports/")


@pytest.fixture
def admin(db, root, superadmin) -> Client:
    Domain.objects.create(domain="a.test")
    create_mailbox(actor=root, email="anna@a.test", password=PASSWORD)
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Transport.objects.create(domain="x.test", transport="smtp:")
    client = Client(raise_request_exception=True)
    client.force_login(superadmin, backend="accounts.backends.OperatorBackend")
    session = client.session
    session[SESSION_KEY] = time.time()
    session.save()
    return client


def assert_harmless(response, text: str) -> None:
    assert response.status_code in (200, 302, 400, 403, 404), response.status_code
    html = response.content.decode()
    assert "<script>alert(1)" not in html
    assert ' onfocus="alert(1)' not in html
    # Longer than what a token has by chance.
    assert "7400000073" not in html
    assert "\nBcc:" not in str(response.headers)


def rows() -> tuple[set[str], ...]:
    return tuple(
        set(model.objects.values_list("pk", flat=True))
        for model in (Domain, Mailbox, Forwarding, Transport)
    )


FIELDS = [(path, name) for path, fields in FORMS.items() for name in fields]


@pytest.mark.parametrize(("path", "field"), FIELDS, ids=str)
def test_in_every_field(admin, path, field):
    client = Client() if path == "/login/" else admin
    before = rows()
    for kind, text in HOSTILE.items():
        # What one of them makes is not there for the next.
        start = transaction.savepoint()
        response = client.post(path, {**FORMS[path], field: text})
        assert_harmless(response, text)
        # Nothing that was there is gone, and what came is in the one form that is stored.
        for had, has, model in zip(
            before, rows(), (Domain, Mailbox, Forwarding, Transport), strict=True
        ):
            changed_key = path.startswith(("/forwardings/info", "/transports/x"))
            assert had <= has or changed_key, (model, kind)
            for key in has - had:
                assert key.isascii()
                assert key == key.lower().strip()
                assert not set(key) & set("\x00\r\n '\"<>\\%") or model is Transport
        transaction.savepoint_rollback(start)


OWN_FIELDS = [(path, name) for path, fields in OWN_FORMS.items() for name in fields]


def as_owner() -> Client:
    """Anna, who has typed the password just now."""
    client = Client()
    user = User.objects.get(username="anna@a.test")
    client.force_login(user, backend="accounts.backends.MailboxOwnerBackend")
    session = client.session
    session[SESSION_KEY] = time.time()
    session.save()
    return client


@pytest.mark.parametrize(("path", "field"), OWN_FIELDS, ids=str)
def test_in_every_field_of_ones_own_pages(admin, path, field):
    user = owner_of(Mailbox.objects.get(pk="anna@a.test"))
    passkey = give_passkey(user)
    before = rows()
    for kind, text in HOSTILE.items():
        client = Client()
        if path.startswith("/login/step/"):
            client.post("/login/", {"username": "anna@a.test", "password": PASSWORD})
        elif path.startswith(("/account/", "/login/again/")):
            client = as_owner()
        page = path.replace("/1/", f"/{passkey.pk}/")
        response = client.post(page, {**OWN_FORMS[path], field: text})
        assert_harmless(response, text)
        for message in mail.outbox:
            assert message.to == ["x@far.test"], kind
            assert "Bcc" not in message.message(), kind
        if path == "/account/password/":
            # The next one is typed with the former password.
            set_mailbox_password(
                actor=command_actor("root"), email="anna@a.test", password=PASSWORD
            )
    if path.startswith("/account/"):
        page = as_owner().get("/account/security/")
        assert page.status_code == 200
        for text in HOSTILE.values():
            assert_harmless(page, text)
    assert before[:3] == rows()[:3] or path == "/account/forwarding/"


@pytest.mark.parametrize("kind", HOSTILE)
def test_in_the_name_of_a_passkey_and_of_a_browser(admin, kind):
    """Shown on the owner's page, in the change log, its export, and to an operator."""
    user = owner_of(Mailbox.objects.get(pk="anna@a.test"))
    passkey = give_passkey(user)
    passkey.name = HOSTILE[kind].replace("\x00", "")[:60]
    passkey.save()
    client = Client(HTTP_USER_AGENT=HOSTILE[kind][:2_000].replace("\r", "").replace("\n", ""))
    client.force_login(user, backend="accounts.backends.MailboxOwnerBackend")
    session = client.session
    session[SESSION_KEY] = time.time()
    session["browser"] = HOSTILE[kind]
    session.save()
    for page in ("/account/security/", f"/account/security/passkeys/{passkey.pk}/remove/"):
        assert_harmless(client.get(page), HOSTILE[kind])
    client.post(f"/account/security/passkeys/{passkey.pk}/remove/")
    for page in ("/audit/", "/mailboxes/anna@a.test/", "/audit/?q=anna"):
        assert_harmless(admin.get(page), HOSTILE[kind])


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "|", "%"])
def test_no_formula_gets_into_the_export_of_the_log(admin, sign):
    """As a name that was tried, a passkey's, or a key that SQL has written."""
    formula = f"{sign}cmd|' /C calc'!A0@a.test"
    Client().post("/login/", {"username": formula, "password": "x"})
    Mailbox.objects.create(email=formula.strip(), password="{PLAIN}x")
    admin.post(f"/mailboxes/{quote(formula.strip(), safe='@')}/suspend/")
    response = admin.get("/audit/export/")
    text = b"".join(response).decode() if response.streaming else response.content.decode()
    cells = [cell for line in csv.reader(text.splitlines()) for cell in line]
    assert any("calc" in cell for cell in cells)
    for cell in cells:
        assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
        assert not (cell.startswith("-") and len(cell) > 1 and not cell[1:].isdigit()), cell


@pytest.mark.parametrize("parameter", ["q", "domain", "after", "inside"])
@pytest.mark.parametrize("path", LISTS)
def test_in_every_list(admin, parameter, path):
    for kind, whole in HOSTILE.items():
        text = whole[:5_000]
        response = admin.get(path, {parameter: text})
        assert_harmless(response, text)
        if kind == "sql wildcard" and parameter == "q":
            assert "anna@a.test" not in response.content.decode().split("<main")[1], (
                "% and _ are looked for, not wild"
            )


@pytest.mark.parametrize("path", [*LISTS, "/operators/", "/admin/mailboxes/mailbox/"])
def test_in_every_address(admin, path):
    for kind, text in HOSTILE.items():
        if kind not in ("long", "many", "nul"):
            assert_harmless(admin.get(f"{path}{quote(text, safe='')}/"), text)


@pytest.mark.parametrize("name", ["next", "username"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_on_the_sign_in_page(admin, kind, name):
    response = Client().get("/login/", {name: HOSTILE[kind][:5_000]})
    assert_harmless(response, HOSTILE[kind])


@pytest.mark.parametrize(
    "more",
    [
        {"actor": "root"},
        {"domains": "b.test"},
        {"is_superadmin": "1"},
        {"email": ["mine@a.test", "theirs@b.test"]},
        {"password": "{PLAIN}x"},
        {"domain": "b.test"},
        {"group": "x"},
    ],
)
def test_a_domain_admin_gains_nothing_by_further_fields(admin, domain_admin, more):
    Domain.objects.create(domain="b.test")
    client = Client()
    client.force_login(domain_admin, backend="accounts.backends.OperatorBackend")
    data = {"email": "mine@a.test", "password1": PASSWORD, "password2": PASSWORD, **more}
    response = client.post("/mailboxes/add/", data)
    assert response.status_code in (200, 302)
    assert not Mailbox.objects.filter(pk__contains="@b.test").exists()
    for row in Mailbox.objects.all():
        assert row.password.startswith("{SHA512-CRYPT}$6$")
    domain_admin = User.objects.get(pk=domain_admin.pk)
    assert not domain_admin.is_superadmin
    assert list(domain_admin.grants.values_list("domain", flat=True)) == ["a.test"]
