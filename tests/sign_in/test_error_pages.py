"""No password, number, secret, token or code in the page of an error, under DEBUG too, or in a log.

Each page that takes one is made to fail as deep inside as it goes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from unittest.mock import patch

import pyotp
import pytest
from django.test import Client
from django.test.utils import override_settings

from accounts.models import User
from accounts.recovery import set_recovery_address
from mailadmin.error_reports import Reporter
from tests.conftest import PASSWORD

from .conftest import ANNA, CODE, SECRET, give_authenticator, give_code, sign_in

TYPED = "what somebody typed 42"
STEP = "/login/step/"
APP = "/account/security/authenticator/"
WHY = "as deep inside as it goes"


def half_way(client: Client) -> None:
    sign_in(client, ANNA)


def signed_in(client: Client) -> None:
    sign_in(client, ANNA)
    client.post(STEP, {"code": CODE})


def as_alice(client: Client) -> None:
    sign_in(client, "alice")


def nobody(client: Client) -> None:
    pass


PLACES: list[tuple[str, Callable[[Client], None], str, dict[str, str]]] = [
    ("accounts.backends.verify", nobody, "/login/", {"username": ANNA, "password": TYPED}),
    ("accounts.throttle.network_of", nobody, "/login/", {"username": TYPED, "password": TYPED}),
    ("accounts.second_factor.checking.digest_of", half_way, STEP, {"code": CODE}),
    ("accounts.second_factor.totp.constant_time_compare", half_way, STEP, {"code": "424242"}),
    (
        "accounts.second_factor.passkeys.json.loads",
        nobody,
        "/login/passkey/",
        {"credential": TYPED},
    ),
    ("accounts.second_factor.totp.qr_code", signed_in, APP, {}),
    ("accounts.second_factor.services.seal", signed_in, APP, {}),
    (
        "accounts.second_factor.services.new_codes",
        signed_in,
        "/account/security/recovery-codes/",
        {},
    ),
    ("accounts.models.verify", signed_in, "/login/again/", {"password": TYPED}),
    (
        "mailboxes.services.mailboxes.hashed",
        signed_in,
        "/account/password/",
        {"old_password": PASSWORD, "new_password1": TYPED, "new_password2": TYPED},
    ),
    (
        "accounts.models.User.set_password",
        as_alice,
        "/password/",
        {"old_password": PASSWORD, "password1": TYPED, "password2": TYPED},
    ),
    (
        "accounts.models.User.set_password",
        as_alice,
        "/operators/bob/password/",
        {"password1": TYPED, "password2": TYPED},
    ),
    (
        "mailboxes.services.mailboxes.hashed",
        as_alice,
        f"/mailboxes/{ANNA}/password/",
        {"password1": TYPED, "password2": TYPED},
    ),
    ("accounts.links._digest", nobody, "/recover/password/?token=Zk9aToken&x=" + TYPED, {}),
    (
        "accounts.links._digest",
        nobody,
        "/recover/password/?token=Zk9aToken",
        {"new_password1": TYPED, "new_password2": TYPED},
    ),
]


@pytest.fixture
def people(superadmin: User, domain_admin: User, anna_user: User) -> None:
    give_code(give_authenticator(anna_user))
    set_recovery_address(actor=anna_user.actor(), password=PASSWORD, address="anna@far.example")


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(("place", "first", "url", "data"), PLACES)
def test_nothing_secret_is_shown_or_logged(people, caplog, debug, place, first, url, data) -> None:
    client = Client(raise_request_exception=False)
    first(client)
    secrets = {TYPED, TYPED.replace(" ", "%20"), PASSWORD, CODE, SECRET, "Zk9aToken", "424242"}
    if place.endswith("seal"):
        secret = client.get(APP).context["secret"].replace(" ", "")
        secrets.add(secret)
        data = {"code": pyotp.TOTP(secret).now()}
    secrets |= {morsel.value for morsel in client.cookies.values()}
    with (
        override_settings(DEBUG=debug),
        patch(place, side_effect=RuntimeError(WHY)),
        caplog.at_level(logging.DEBUG),
    ):
        response = (
            client.post(url, data)
            if data or not place.endswith(("qr_code", "_digest"))
            else client.get(url)
        )
    assert response.status_code == 500, place
    page = response.content.decode()
    assert (WHY in page) is debug
    logged = "\n".join(logging.Formatter("%(message)s").format(one) for one in caplog.records)
    assert WHY in logged
    for secret in secrets:
        assert secret not in page
        assert secret not in logged


def test_a_report_without_a_request_works() -> None:
    try:
        json.loads(TYPED)
    except ValueError as error:
        reporter = Reporter(None, type(error), error, error.__traceback__)
    for report in (reporter.get_traceback_text(), reporter.get_traceback_html()):
        assert "JSONDecodeError" in report
        assert TYPED not in report.replace("TYPED", "")
