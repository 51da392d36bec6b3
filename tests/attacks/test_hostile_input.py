"""Hostile text in every field, list and address: told off, escaped, never carried out."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from accounts.models import User
from audit.recent import SESSION_KEY
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox
from tests.conftest import PASSWORD

HOSTILE = {
    "sql quote": "' OR '1'='1' -- ",
    "sql union": "x' UNION SELECT password FROM users --@a.test",
    "sql drop": "a@a.test'; DROP TABLE users; --",
    "sql wildcard": "%_%",
    "backslash": "\\' \\\\",
    "template": "{{ 7|add:735 }}{% debug %}",
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
    assert "742" not in html or "{{ 7|add:735 }}" not in text
    assert "\nBcc:" not in str(response.headers)


def rows() -> tuple[set[str], ...]:
    return tuple(
        set(model.objects.values_list("pk", flat=True))
        for model in (Domain, Mailbox, Forwarding, Transport)
    )


FIELDS = [(path, name) for path, fields in FORMS.items() for name in fields]


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(("path", "field"), FIELDS, ids=str)
def test_in_every_field(admin, kind, path, field):
    before = rows()
    client = Client() if path == "/login/" else admin
    response = client.post(path, {**FORMS[path], field: HOSTILE[kind]})
    assert_harmless(response, HOSTILE[kind])
    # Nothing that was there is gone, and what came is in the one form that is stored.
    for had, has, model in zip(
        before, rows(), (Domain, Mailbox, Forwarding, Transport), strict=True
    ):
        changed_key = path.startswith(("/forwardings/info", "/transports/x"))
        assert had <= has or changed_key, model
        for key in has - had:
            assert key.isascii()
            assert key == key.lower().strip()
            assert not set(key) & set("\x00\r\n '\"<>\\%") or model is Transport


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("parameter", ["q", "domain", "after", "inside"])
@pytest.mark.parametrize("path", LISTS)
def test_in_every_list(admin, kind, parameter, path):
    text = HOSTILE[kind][:5_000]
    response = admin.get(path, {parameter: text})
    assert_harmless(response, text)
    if kind == "sql wildcard" and parameter == "q":
        assert "anna@a.test" not in response.content.decode().split("<main")[1], (
            "% and _ are looked for, not wild"
        )


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind not in ("long", "many", "nul")])
@pytest.mark.parametrize("path", [*LISTS, "/operators/", "/admin/mailboxes/mailbox/"])
def test_in_every_address(admin, kind, path):
    from urllib.parse import quote  # noqa: PLC0415

    response = admin.get(f"{path}{quote(HOSTILE[kind], safe='')}/")
    assert_harmless(response, HOSTILE[kind])


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
