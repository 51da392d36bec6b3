"""Requests that are too large or broken get a page of the panel's, and no traceback."""

from __future__ import annotations

import io
import time

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.access.walk import address, every_route

from .contents import contents

FORM = "application/x-www-form-urlencoded"
BIG = 20_000_000


def assert_styled(response, status: int) -> None:
    assert response.status_code == status
    html = response.content.decode()
    assert "/static/" in html
    assert "<h1" in html
    assert "Traceback" not in html
    assert len(html) < 50_000, "what was sent is not sent back"
    assert response.has_header("Content-Security-Policy")
    assert "no-store" in response.get("Cache-Control", "no-store")


BODIES = {
    "20 MB in one field": (413, FORM, lambda: b"username=" + b"x" * BIG),
    "20 MB of no kind": (413, "application/octet-stream", lambda: b"x" * BIG),
    "20 MB that say they are JSON": (413, "application/json", lambda: b"[" * BIG),
    "3 MB in one field": (413, FORM, lambda: b"username=" + b"x" * 3_000_000),
    "100,000 fields": (413, FORM, lambda: b"&".join(b"f%d=1" % n for n in range(100_000))),
    "100,000 times one field": (413, FORM, lambda: b"&".join([b"username=a"] * 100_000)),
    "nothing but ampersands": (413, FORM, lambda: b"&" * 2_000_000),
    "a broken part": (400, "multipart/form-data", lambda: b"x"),
    "a boundary of any length": (
        400,
        "multipart/form-data; boundary=" + "b" * 5000,
        lambda: b"--x",
    ),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("path", ["/login/", "/recover/"])
def test_a_body_that_is_too_much(db, kind, path):
    status, content_type, body = BODIES[kind]
    before = contents()
    began = time.thread_time()
    client = Client(raise_request_exception=False)
    response = client.post(path, body(), content_type=content_type)
    assert time.thread_time() - began < 3
    assert_styled(response, status)
    assert contents() == before


@pytest.mark.parametrize("name", ["superadmin", "domain_admin", "owner"])
def test_no_address_takes_a_body_that_is_too_large(cast, name):
    client = cast[name]
    for url in [address(route) for route in every_route()]:
        response = client.post(url, b"x" * 10, content_type=FORM, CONTENT_LENGTH=str(BIG))
        assert_styled(response, 413)


@pytest.mark.parametrize("length", ["-1", "x", "1e9", "", " ", "9" * 5000, "0x10", "1,1"])
def test_a_length_that_is_none(db, length):
    client = Client(raise_request_exception=False)
    response = client.post("/login/", b"", content_type=FORM, CONTENT_LENGTH=length)
    assert response.status_code in (200, 400, 413)
    assert "/static/" in response.content.decode()


@pytest.mark.parametrize("count", [1, settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1, 500])
def test_files_are_not_wanted(superadmin, client_of, count):
    """No form has a field for one; more than a few are refused unread."""
    files = {
        f"file{number}": SimpleUploadedFile("../../etc/passwd", b"x") for number in range(count)
    }
    response = client_of(superadmin).post("/domains/add/", {"domain": "a.test\x00", **files})
    expected = 200 if count <= settings.DATA_UPLOAD_MAX_NUMBER_FILES else 413
    assert response.status_code == expected
    assert "/static/" in response.content.decode()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/login/", "next=" + "x" * 1_000_000),
        ("/login/", "&".join(f"f{number}=1" for number in range(6_000))),
        ("/mailboxes/", "q=" + "%ff" * 5_000),
        ("/mailboxes/", "after=" + "x" * 1_000_000),
        ("/" + "x" * 60_000 + "/", ""),
        ("/mailboxes/" + "x" * 60_000 + "/", ""),
        ("/mailboxes/" + "%2e%2e%2f" * 5_000, ""),
        ("/%ff%fe/", ""),
        ("/mailboxes/%ff%fe@a.test/", ""),
        ("/mailboxes/%00@a.test/", ""),
        ("/audit/99999999999999999999999999/", ""),
        ("/account/security/passkeys/99999999999999999999999999/", ""),
        ("/operators/%00/", ""),
        ("/admin/mailboxes/mailbox/_00/change/", ""),
    ],
    ids=lambda text: text[:30],
)
def test_a_long_or_broken_address_is_no_fault_of_the_panels(superadmin, client_of, path, query):
    for client in (Client(), client_of(superadmin)):
        client.raise_request_exception = False
        response = client.get(path, QUERY_STRING=query)
        assert response.status_code in (200, 302, 400, 404, 413), response.content[:300]


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "sessionid=" + "x" * 50_000},
        {"cookie": "sessionid=\x7f\x01; csrftoken='; mailadmin_device=\xff"},
        {"cookie": "; ".join(f"c{number}=1" for number in range(3_000))},
        {"cookie": "sessionid=../../etc/passwd"},
        {"accept-language": ",".join(["xx"] * 20_000)},
        {"accept-language": "x" * 100_000},
        {"accept": "x" * 100_000},
        {"user-agent": "x" * 100_000},
        {"referer": "x" * 100_000},
        {"content-type": "text/html; charset=" + "x" * 10_000},
        {"content-type": "text/html; charset=utf-7"},
        {"x-forwarded-for": "x" * 100_000},
        {"hx-request": "true", "hx-current-url": "javascript:alert(1)", "hx-target": "<x>"},
        {"hx-request": "true", "hx-current-url-uri-autoencoded": "true", "hx-current-url": "%"},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_headers_of_any_kind(superadmin, client_of, headers):
    for client in (Client(), client_of(superadmin)):
        client.raise_request_exception = False
        for path in ("/login/", "/mailboxes/", "/account/security/"):
            assert client.get(path, headers=headers).status_code in (200, 302, 400)


def test_a_body_without_a_length_is_not_read(db):
    """Chunked: the server hands on no length, and Django takes the body for empty."""
    client = Client(raise_request_exception=False)
    response = client.post(
        "/login/",
        b"",
        content_type=FORM,
        HTTP_TRANSFER_ENCODING="chunked",
        **{"wsgi.input": io.BytesIO(b"username=x&password=y")},
    )
    assert response.status_code in (200, 400)
