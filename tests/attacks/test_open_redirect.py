"""`next` leads to a page of this panel, and a page that is not ours is never gone to."""

from __future__ import annotations

import time
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from audit.recent import SESSION_KEY
from tests.conftest import PASSWORD
from tests.sign_in.conftest import CODE, give_authenticator, give_code

from .conftest import ANNA

# `next` as it is typed -> where the sign-in leads to; "/" where it is not ours.
NEXT = {
    "": "/",
    "/": "/",
    "/mailboxes/?q=x&domain=a.test": "/mailboxes/?q=x&domain=a.test",
    "/mailboxes/%2F%2Fevil.example/": "/mailboxes/%2F%2Fevil.example/",
    "/nothing/here/": "/nothing/here/",
    "/domains/#top": "/domains/#top",
    "/domains/?next=//evil.example": "/domains/?next=//evil.example",
    # A path from the root, and nothing else.
    "domains/": "/",
    "?q=1": "/",
    "login_again": "/",
    "http://testserver/domains/": "/",
    # Another host.
    "//evil.example": "/",
    "///evil.example": "/",
    "////evil.example": "/",
    "/\\evil.example": "/",
    "\\\\evil.example": "/",
    "\\/evil.example": "/",
    "/\\/evil.example": "/",
    "http:evil.example": "/",
    "https:evil.example": "/",
    "http:/evil.example": "/",
    "https:/\\evil.example": "/",
    "http:///evil.example": "/",
    "http:////evil.example": "/",
    "https://evil.example/": "/",
    "HTTPS://EVIL.EXAMPLE/": "/",
    "ftp://evil.example/": "/",
    "//evil.example\\@testserver/": "/",
    "//testserver.evil.example/": "/",
    "//evil.example#@testserver/": "/",
    "//evil.example?@testserver/": "/",
    "http://evil.example:80\\@testserver/": "/",
    # Somebody's name before the host.
    "http://testserver@evil.example/": "/",
    "http://testserver:80@evil.example/": "/",
    "http://evil.example@testserver/": "/",
    "//testserver@evil.example": "/",
    "http://testserver%2F@evil.example/": "/",
    # Our own name elsewhere.
    "http://testserver:8443/": "/",
    "http://testserver.:80/": "/",
    "http://testserve\u0280/": "/",
    "http://\uff54estserver/": "/",
    "ftp://testserver/": "/",
    # What is no address of a page.
    "javascript:alert(1)": "/",
    "JaVaScRiPt:alert(1)": "/",
    " javascript:alert(1)": "/",
    "java\tscript:alert(1)": "/",
    "\x01javascript:alert(1)": "/",
    "javascript://testserver/%0aalert(1)": "/",
    "data:text/html,<script>alert(1)</script>": "/",
    "vbscript:x": "/",
    "mailto:x@evil.example": "/",
    "file:///etc/passwd": "/",
    "blob:http://testserver/x": "/",
    # Signs that browsers drop or take for others.
    "\t//evil.example": "/",
    " //evil.example": "/",
    "\n//evil.example": "/",
    "\r\n//evil.example": "/",
    "/\t/evil.example": "/",
    "/\n/evil.example": "/",
    "/\r/evil.example": "/",
    "\t/\t/evil.example": "/",
    "/\t\\evil.example": "/",
    "h\nttps://evil.example": "/",
    "\u3000//evil.example": "/",
    "\x00//evil.example": "/",
    "http://[::1": "/",
    "http://[evil.example]/": "/",
}
# Those that stay here in a form of their own.
HERE = [
    "/%2Fevil.example",
    "/%5Cevil.example",
    "/%09/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/domains/\r\nSet-Cookie: sessionid=evil",
    "/domains/\r\n\r\n<script>alert(1)</script>",
    "/..//evil.example",
    "/.//evil.example",
    "/domains/..//evil.example",
    "/\uff0f\uff0fevil.example",
    "\uff0f\uff0fevil.example",
    "/@evil.example",
    "/:80@evil.example",
    "/;//evil.example",
    "%2F%2Fevil.example",
    "%68ttps://evil.example",
    "https%3A//evil.example",
    "/\ud7ff",
    "/\u202e//moc.elpmaxe",
]
LONG = "/domains/?q=" + "x" * 20_000


def leads_to(location: str) -> str:
    """The host that a browser goes to from the sign-in page (WHATWG URL, basic URL parser)."""
    assert location.isascii()
    assert not set(location) & set("\r\n\t\\ "), "a browser drops or turns them round"
    return urlsplit(urljoin("http://testserver/login/", location)).netloc


def sign_in(next_: str, client: Client | None = None):
    data = {"username": "alice", "password": PASSWORD, "next": next_}
    return (client or Client()).post("/login/", data)


@pytest.mark.parametrize("wanted", NEXT, ids=ascii)
def test_the_sign_in_leads_to_this_panel(superadmin, wanted):
    response = sign_in(wanted)
    assert (response.status_code, response["Location"]) == (302, NEXT[wanted])


@pytest.mark.parametrize("wanted", HERE, ids=ascii)
def test_what_looks_like_another_host_stays_here(superadmin, wanted):
    response = sign_in(wanted)
    assert response.status_code == 302
    assert leads_to(response["Location"]) == "testserver"
    assert "evil" not in response.cookies.output()


@pytest.mark.parametrize("wanted", [*NEXT, *HERE, LONG], ids=lambda text: ascii(text)[:40])
def test_every_other_step_asks_the_same(superadmin, anna, wanted):
    """In the query and in the form; after the second step, again, signed in already, as owner."""
    give_code(give_authenticator(superadmin))
    client = Client()
    first = sign_in(wanted, client)
    assert urlsplit(first["Location"])[:3] == ("", "", "/login/step/")
    second = client.post("/login/step/", {"code": CODE, "next": wanted})
    session = client.session
    session[SESSION_KEY] = time.time() - 3600
    session.save()
    again = client.post("/login/again/", {"password": PASSWORD, "next": wanted})
    already = client.get("/login/", {"next": wanted})
    out = client.post("/logout/", {"next": wanted})
    owner = Client().post("/login/", {"username": ANNA, "password": PASSWORD, "next": wanted})
    for response in (first, second, again, already, out, owner):
        assert response.status_code == 302
        assert leads_to(response["Location"]) == "testserver"
    assert out["Location"] == "/login/"
    assert owner["Location"] == "/account/"


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/account/password/", "/account/password/"),
        ("/account/?x=//evil.example", "/account/?x=//evil.example"),
        ("/accounts/", "/account/"),
        ("/account", "/account/"),
        ("/mailboxes/", "/account/"),
        ("/account/../mailboxes/", "/account/"),
        ("/account/..%2f..%2fmailboxes/", "/account/"),
        ("/account/%2e%2e/mailboxes/", "/account/"),
        ("/account/..\\..\\mailboxes/", "/account/"),
        ("http://testserver/account/", "/account/"),
    ],
)
def test_an_owner_is_led_to_his_own_pages_only(anna, wanted, goes_to):
    data = {"username": ANNA, "password": PASSWORD, "next": wanted}
    assert Client().post("/login/", data)["Location"] == goes_to


def test_a_page_that_would_be_too_long_is_not_gone_to(superadmin):
    """Browsers and proxies have a limit, and Django refuses to redirect beyond its own."""
    assert sign_in(LONG)["Location"] == "/"


@pytest.mark.parametrize("path", ["/mailboxes/", "/domains/a.test/delete/", "/admin/"])
def test_a_stranger_with_a_long_address_gets_the_sign_in_page(db, path):
    response = Client().get(path, {"q": "x" * 20_000})
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_an_old_sign_in_with_a_long_address_is_asked_again(superadmin, client_of):
    client = client_of(superadmin)
    session = client.session
    session[SESSION_KEY] = time.time() - 3600
    session.save()
    response = client.get("/operators/add/", {"q": "x" * 20_000})
    assert response.status_code == 302
    assert response["Location"].startswith("/login/again/")


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/", "///evil.example/domains"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_an_address_with_two_slashes_is_no_other_host(superadmin, client_of, path, signed_in):
    client = client_of(superadmin) if signed_in else Client()
    response = client.get("/", PATH_INFO=path)
    if response.status_code in (301, 302):
        assert leads_to(response["Location"]) == "testserver"
    else:
        assert response.status_code == 404
