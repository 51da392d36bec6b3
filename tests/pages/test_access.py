"""Who may open which page: a stranger, a mailbox owner, a domain admin, a superadmin."""

from __future__ import annotations

import pytest
from django.test import Client

OPERATOR_PAGES = [
    "/domains/",
    "/domains/a.test/",
    "/mailboxes/",
    "/mailboxes/add/",
    "/mailboxes/anna@a.test/",
    "/mailboxes/anna@a.test/password/",
    "/mailboxes/anna@a.test/delete/",
    "/forwardings/",
    "/forwardings/add/",
    "/transports/",
    "/transports/add/",
]
SUPERADMIN_PAGES = ["/domains/add/", "/domains/a.test/delete/"]
OWNER_PAGES = ["/account/", "/account/password/"]
POST_ONLY = ["/logout/", "/mailboxes/anna@a.test/suspend/", "/mailboxes/anna@a.test/resume/"]


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("path", ["/", *OPERATOR_PAGES, *SUPERADMIN_PAGES, *OWNER_PAGES])
def test_a_stranger_is_sent_to_the_sign_in_page(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("path", [*OPERATOR_PAGES, *SUPERADMIN_PAGES])
def test_a_mailbox_owner_gets_403_on_operator_pages(owner: Client, path: str) -> None:
    assert owner.get(path).status_code == 403
    assert owner.post(path).status_code in (403, 405)


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("path", ["/", *OPERATOR_PAGES])
def test_a_domain_admin_opens_the_pages_of_his_domain(bob: Client, path: str) -> None:
    assert bob.get(path).status_code == 200


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("path", SUPERADMIN_PAGES)
def test_a_domain_admin_may_neither_add_nor_delete_domains(bob: Client, path: str) -> None:
    assert bob.get(path).status_code == 403
    assert bob.post(path, {"domain": "c.test", "confirm": "a.test"}).status_code == 403


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("path", ["/", *OPERATOR_PAGES, *SUPERADMIN_PAGES])
def test_a_superadmin_opens_every_operator_page(admin: Client, path: str) -> None:
    assert admin.get(path).status_code == 200


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("path", POST_ONLY)
def test_what_changes_something_wants_a_post(admin: Client, path: str) -> None:
    assert admin.get(path).status_code == 405


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("path", ["/domains/", "/mailboxes/", "/forwardings/", "/transports/"])
def test_a_list_takes_no_post(admin: Client, path: str) -> None:
    assert admin.post(path).status_code == 405


@pytest.mark.parametrize("path", OPERATOR_PAGES)
def test_a_page_has_no_inline_script_and_no_inline_style(
    anna: object, admin: Client, path: str
) -> None:
    html = admin.get(path).content.decode()

    assert " style=" not in html
    assert "<style" not in html
    assert "<script>" not in html
    assert " onclick=" not in html


def test_every_answer_carries_the_security_headers(client: Client, db: None) -> None:
    for path in ("/login/", "/healthz", "/nothing-here/"):
        response = client.get(path)
        policy = response["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe-inline" not in policy, path
        assert response["Referrer-Policy"] == "same-origin", path
        assert response["X-Content-Type-Options"] == "nosniff", path
