"""A request's word for its host, scheme and address counts from trusted proxies only."""

from __future__ import annotations

import ipaddress
import subprocess
import sys

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client, override_settings

from accounts.models import SignInFailures
from accounts.throttle import OWN
from audit.models import Entry
from mailadmin.env import BASE_DIR
from tests.conftest import PASSWORD

from .conftest import ANNA

FAR = "192.0.2.66"
HOSTS = (
    "evil.example",
    "testserver.evil.example",
    "testserver@evil.example",
    "evil.example@testserver",
    "testserver:80@evil.example",
    "testserver/",
    "testserver\\.evil.example",
    "testserver evil.example",
    "testserver,evil.example",
    "testserver#evil",
    "xn--testserver",
    "[::ffff:192.0.2.1]",
    "192.0.2.1",
    "'\"><script>alert(1)</script>",
    "testserver:port",
    "x" * 5000,
)
BELIEVED_FROM_NOBODY = {
    "x-forwarded-host": "evil.example",
    "x-host": "evil.example",
    "x-forwarded-server": "evil.example",
    "x-original-host": "evil.example",
    "x-original-url": "/admin/",
    "x-rewrite-url": "/admin/",
    "forwarded": "for=192.0.2.66;host=evil.example;proto=https",
    "x-real-ip": FAR,
    "client-ip": FAR,
    "true-client-ip": FAR,
    "cf-connecting-ip": FAR,
    "x-http-method-override": "DELETE",
}


# --- host ---


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: ascii(host)[:40])
@pytest.mark.parametrize("path", ["/", "/login/", "/recover/", "/nothing/"])
def test_another_host_gets_the_styled_page(db, host, path):
    response = Client().get(path, headers={"host": host})
    assert response.status_code == 400
    html = response.content.decode()
    assert "ALLOWED_HOSTS" in html
    assert "/static/" in html
    assert "evil" not in html
    assert "Traceback" not in html
    assert not response.cookies


@pytest.mark.parametrize("header", BELIEVED_FROM_NOBODY)
def test_other_headers_change_nothing(db, superadmin, anna, header):
    headers = {header: BELIEVED_FROM_NOBODY[header]}
    for path in ("/login/", "/mailboxes/", "/recover/"):
        plain, forged = Client().get(path), Client().get(path, headers=headers)
        assert (forged.status_code, forged.headers.get("Location")) == (
            plain.status_code,
            plain.headers.get("Location"),
        )
        assert "evil.example" not in forged.content.decode()
    Client().post("/login/", {"username": "alice", "password": "x"}, headers=headers)
    assert Entry.objects.latest("pk").address == "127.0.0.1"


@pytest.mark.parametrize(
    "header", ["x-forwarded-host", "x-host", "forwarded", "x-forwarded-server"]
)
@pytest.mark.parametrize("base_url", ["", "https://panel.example.org"])
def test_links_lead_to_the_panel(cast, configured, header, base_url):
    configured(base_url=base_url)
    admin = cast["superadmin"]
    headers = {header: BELIEVED_FROM_NOBODY[header]}
    page = admin.post(f"/mailboxes/{ANNA}/invite/", headers=headers).content.decode()
    admin.post(f"/mailboxes/{ANNA}/invite/", {"address": "new@far.example"}, headers=headers)
    site = base_url or "http://testserver"
    for text in (page, mail.outbox[-1].body):
        assert f"{site}/invitation/?token=" in text
        assert "evil.example" not in text


@override_settings(ALLOWED_HOSTS=["*"])
def test_no_link_takes_a_host_from_anywhere(cast):
    page = cast["superadmin"].post(f"/mailboxes/{ANNA}/invite/", headers={"host": "evil.example"})
    assert "//evil.example" not in page.content.decode()


# --- address ---


def refused_from(client: Client, **headers: str) -> str:
    """The address in the change log of a refused sign-in."""
    client.post("/login/", {"username": "alice", "password": "x"}, headers=headers)
    return Entry.objects.latest("pk").address


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "counts"),
    [
        ("203.0.113.9", FAR, "203.0.113.9"),
        ("203.0.113.9", f"10.0.0.1, {FAR}", "203.0.113.9"),
        ("203.0.113.9", "10.0.0.1", "203.0.113.9"),
        ("2001:db8::9", FAR, "2001:db8::9"),
        # Of a proxy that is trusted: 10.0.0.0/8.
        ("10.0.0.1", FAR, FAR),
        ("10.0.0.1", f"{FAR}, 10.0.0.2", FAR),
        ("10.0.0.1", f"{FAR}, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", f"{FAR}, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", f"{FAR}, unknown", "10.0.0.1"),
        ("10.0.0.1", f"{FAR}:443", "10.0.0.1"),
        ("10.0.0.1", f'{FAR}" name="x', "10.0.0.1"),
        ("10.0.0.1", "fe80::1%x address=192.0.2.1", "10.0.0.1"),
        ("10.0.0.1", 'fe80::1%" reason=mismatch name="', "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.1"),
        ("10.0.0.1", "," * 5000, "10.0.0.1"),
        ("10.0.0.1", f"{FAR}," * 5000, "10.0.0.1"),
    ],
    ids=lambda text: str(text)[:40],
)
def test_the_address_that_counts(superadmin, configured, caplog, peer, forwarded_for, counts):
    configured(trusted_proxies=[ipaddress.ip_network("10.0.0.0/8")])
    client = Client(REMOTE_ADDR=peer)
    assert refused_from(client, **{"x-forwarded-for": forwarded_for}) == counts
    assert f"refused address={counts} method=" in caplog.text


def test_a_forged_address_does_not_escape_the_waiting(superadmin):
    client = Client(REMOTE_ADDR="203.0.113.9")
    for count in range(OWN.free + 1):
        page = client.post(
            "/login/",
            {"username": "alice", "password": "x"},
            headers={"x-forwarded-for": f"192.0.2.{count}"},
        ).content.decode()
    assert "Too many attempts have failed" in page
    # And the owner, whose address was forged, does not wait.
    right = {"username": "alice", "password": PASSWORD}
    assert Client(REMOTE_ADDR="192.0.2.1").post("/login/", right).status_code == 302
    assert SignInFailures.objects.count() == 3


@pytest.mark.parametrize("peer", ["203.0.113.9", "127.0.0.1"])
def test_a_forged_scheme_is_not_believed(db, peer):
    client = Client(REMOTE_ADDR=peer)
    with override_settings(SECURE_HSTS_SECONDS=3600):
        response = client.get("/login/", headers={"x-forwarded-proto": "https"})
    assert not response.has_header("Strict-Transport-Security")


# --- behind TLS ---


def test_a_base_url_with_https_switches_on_what_needs_tls():
    """The settings of a panel that is started so, and of one that is not."""
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    code = f"from mailadmin import settings; print([getattr(settings, n) for n in {names}])"
    for base_url, found in (
        ("https://panel.example.org", "[True, True, 31536000]"),
        ("http://localhost:8000", "[False, False, 0]"),
    ):
        environment = {"MAILADMIN_BASE_URL": base_url, "SECRET_KEY": "x" * 50}
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == found


@override_settings(
    SECURE_HSTS_SECONDS=31536000, SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True
)
@pytest.mark.parametrize("how", ["by a proxy", "itself"])
def test_behind_tls_cookies_and_answers_say_so(superadmin, configured, how):
    configured(trusted_proxies=[ipaddress.ip_network("127.0.0.1")])
    headers = {"x-forwarded-proto": "https", "x-forwarded-for": FAR} if how == "by a proxy" else {}
    client = Client(headers=headers)
    secure = how == "itself"
    page = client.get("/login/", secure=secure)
    answer = client.post("/login/", {"username": "alice", "password": PASSWORD}, secure=secure)
    for response in (page, answer):
        assert response["Strict-Transport-Security"] == "max-age=31536000"
    assert {"csrftoken", "sessionid", "mailadmin_device"} == {*page.cookies, *answer.cookies}
    for cookie in (*page.cookies.values(), *answer.cookies.values()):
        assert cookie["secure"], cookie.key
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key
    assert settings.SESSION_COOKIE_HTTPONLY
