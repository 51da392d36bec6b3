"""MAILADMIN_REQUIRE_SECOND_FACTOR: an operator without one does nothing before setting it up."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Authenticator, Kind, User
from accounts.second_factor.state import Required
from mailadmin.env import WHO_NEEDS_SECOND_FACTOR

from .conftest import ANNA, give_authenticator, give_code, give_passkey, number, sign_in
from .test_security_page import APP, PAGE, secret_on, set_up


def signed_in(name: str) -> Client:
    client = Client()
    assert sign_in(client, name).status_code == 302
    return client


def test_the_settings_values_are_known_to_both():
    assert set(WHO_NEEDS_SECOND_FACTOR) == {one.value for one in Required}


@pytest.mark.parametrize(
    ("value", "alice", "bob"),
    [("no", False, False), ("superadmins", True, False), ("operators", True, True)],
)
def test_of_whom(superadmin, domain_admin, anna_user, configured, value, alice, bob):
    configured(require_second_factor=value)
    for name, must in (("alice", alice), ("bob", bob)):
        response = signed_in(name).get("/mailboxes/")
        assert (response.status_code == 302) is must, name
        if must:
            assert response["Location"] == PAGE
    assert signed_in(ANNA).get("/account/").status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/domains/add/",
        "/mailboxes/",
        "/admin/",
        "/admin/mailboxes/mailbox/",
        "/operators/",
        "/operators/alice/",
        "/audit/",
        "/password/",
        "/account/security/recovery-codes/",
        "/account/security/sessions/end/",
        "/nothing/",
    ],
)
def test_nothing_else_opens(superadmin, configured, path, method):
    configured(require_second_factor="operators")
    response = getattr(signed_in("alice"), method)(path)
    if path != "/nothing/":
        assert (response.status_code, response["Location"]) == (302, PAGE)
    else:
        assert response.status_code == 404


def test_recovery_codes_alone_are_no_second_factor(superadmin, configured):
    configured(require_second_factor="operators")
    give_code(superadmin)
    assert signed_in("alice").get("/")["Location"] == PAGE


def test_setting_it_up_opens_everything(superadmin, configured):
    configured(require_second_factor="operators")
    client = signed_in("alice")
    page = client.get("/", follow=True).content.decode()
    assert "A second factor is required here" in page
    assert secret_on(client.get(APP).content.decode())
    set_up(client)
    assert client.get("/").status_code == 200
    assert "is required here" not in client.get(PAGE).content.decode()


def test_signing_out_works(superadmin, configured):
    configured(require_second_factor="operators")
    assert signed_in("alice").post("/logout/")["Location"] == "/login/"


def test_the_last_one_is_not_removed(superadmin, configured):
    configured(require_second_factor="operators")
    give_authenticator(superadmin)
    client = Client()
    sign_in(client, "alice")
    client.post("/login/step/", {"code": number()})
    response = client.post(APP + "remove/")
    assert "add another one before you remove the last" in response.content.decode()
    assert Authenticator.objects.exists()
    give_passkey(superadmin)
    assert client.post(APP + "remove/").status_code == 302
    assert not Authenticator.objects.exists()


def test_the_setting_counts_at_the_next_request(superadmin, configured):
    client = signed_in("alice")
    assert client.get("/operators/").status_code == 200
    configured(require_second_factor="superadmins")
    assert client.get("/operators/")["Location"] == PAGE


def test_a_domain_admin_who_becomes_superadmin_must_too(superadmin, domain_admin, configured):
    configured(require_second_factor="superadmins")
    client = signed_in("bob")
    assert client.get("/mailboxes/").status_code == 200
    User.objects.filter(username="bob", kind=Kind.OPERATOR).update(is_superadmin=True)
    assert client.get("/mailboxes/")["Location"] == PAGE
