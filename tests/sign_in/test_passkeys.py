"""Passkeys: made, used as the only step and as the second, refused when anything is off."""

from __future__ import annotations

import json
import time

import pytest
from django.test import Client

from accounts.models import Passkey, User
from accounts.second_factor import passkeys
from audit.models import Entry
from audit.recent import SESSION_KEY
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import suspend_mailbox
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD

from .conftest import ANNA, give_passkey, sign_in
from .device import Device

ADD = "/account/security/passkeys/add/"
ALONE = "/login/passkey/"
STEP = "/login/step/"
AGAIN = "/login/again/"


@pytest.fixture
def client() -> Client:
    """A browser at http://localhost, where passkeys work without TLS."""
    return Client(HTTP_HOST="localhost", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/130.0")


def another() -> Client:
    return Client(HTTP_HOST="localhost")


def options(client: Client, page: str) -> dict:
    response = client.post(page + "options/")
    assert response.status_code == 200, response.content
    return response.json()


def add(client: Client, device: Device, name: str = "my phone"):
    return client.post(ADD, {"name": name, "credential": device.create(options(client, ADD))})


def alone(client: Client, device: Device, **more):
    return client.post(ALONE, {"credential": device.get(options(client, ALONE)), **more})


def is_signed_in(client: Client) -> bool:
    return client.get("/account/security/").status_code == 200


@pytest.fixture
def device(client: Client, superadmin: User) -> Device:
    """Alice's device; she is signed in with her password."""
    sign_in(client, "alice")
    made = Device()
    response = add(client, made)
    assert response["Location"] == "/account/security/recovery-codes/", response.content.decode()
    return made


def test_it_is_kept_under_its_name(client, device, superadmin):
    passkey = Passkey.objects.get()
    assert (passkey.user, passkey.name, passkey.rp_id) == (superadmin, "my phone", "localhost")
    assert passkey.handle == device.handle.hex()
    assert "alice" not in passkey.handle
    page = client.get("/account/security/").content.decode()
    assert "my phone" in page
    assert "Never used yet" in page
    assert Entry.objects.get(action="add_passkey").changes == {"passkey": [None, "my phone"]}


def test_its_name_is_suggested_by_the_browser(client, superadmin):
    sign_in(client, "alice")
    assert 'value="Firefox, Linux"' in client.get(ADD).content.decode()


def test_the_options_ask_for_what_signs_in_by_itself(client, superadmin):
    sign_in(client, "alice")
    key = options(client, ADD)["publicKey"]
    assert key["authenticatorSelection"]["residentKey"] == "required"
    assert key["authenticatorSelection"]["userVerification"] == "required"
    assert key["rp"]["id"] == "localhost"
    assert key.get("attestation", "none") == "none"


def test_a_second_one_has_the_same_handle_and_the_first_is_excluded(client, device):
    asked = options(client, ADD)["publicKey"]
    assert len(asked["excludeCredentials"]) == 1
    second = Device()
    client.post(ADD, {"name": "key", "credential": second.create(options(client, ADD))})
    assert second.handle == device.handle
    assert Passkey.objects.count() == 2


def test_it_signs_in_by_itself(device):
    client = another()
    asked = options(client, ALONE)["publicKey"]
    assert not asked.get("allowCredentials"), "would tell who has which"
    response = alone(client, device, next="/mailboxes/")
    assert (response.status_code, response["Location"]) == (302, "/mailboxes/")
    assert is_signed_in(client)
    assert Entry.objects.filter(action="sign_in").latest("pk").changes["method"][1] == "passkey"
    assert Passkey.objects.get().used_at is not None
    # The device has checked who is there: dangerous acts are open, too.
    assert client.get(ADD).status_code == 200


def test_it_is_the_second_step(device):
    client = another()
    assert sign_in(client, "alice")["Location"] == STEP
    asked = options(client, STEP)["publicKey"]
    assert len(asked["allowCredentials"]) == 1
    response = client.post(STEP, {"credential": device.get(options(client, STEP))})
    assert response["Location"] == "/"
    assert is_signed_in(client)


def test_it_stands_for_the_password_asked_again(client, device):
    session = client.session
    session[SESSION_KEY] = time.time() - 1000
    session.save()
    assert client.get(ADD)["Location"].startswith(AGAIN)
    answer = device.get(options(client, AGAIN))
    assert client.post(AGAIN, {"credential": answer, "next": ADD})["Location"] == ADD
    assert client.get(ADD).status_code == 200


def test_anothers_passkey_is_none_when_asked_again(client, device, domain_admin):
    bobs = another()
    sign_in(bobs, "bob")
    answer = device.get(options(bobs, AGAIN))
    assert bobs.post(AGAIN, {"credential": answer}).status_code == 200


def test_anothers_passkey_is_no_second_step(device, domain_admin):
    give_passkey(domain_admin)
    client = another()
    sign_in(client, "bob")
    answer = device.get(options(client, STEP))
    assert client.post(STEP, {"credential": answer}).status_code == 200
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8001"},
        {"origin": "null"},
        {"rp_id": "evil.example"},
        {"verified": False},
        {"present": False},
        {"cross_origin": True},
        {"handle": b"somebody else"},
        {"id": b"an unknown one"},
    ],
    ids=str,
)
@pytest.mark.parametrize("where", [ALONE, STEP])
def test_anything_off_is_refused(device, bent, where, caplog):
    for name, value in bent.items():
        setattr(device, name, value)
    client = another()
    if where == STEP:
        sign_in(client, "alice")
    response = client.post(where, {"credential": device.get(options(client, where))})
    assert response.status_code == 200
    assert "This passkey does not open this panel" in response.content.decode()
    assert not is_signed_in(client)
    assert "refused address=127.0.0.1 method=passkey reason=mismatch" in caplog.text


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"verified": False},
        {"present": False},
        {"cross_origin": True},
        {"id": b"x" * 1024},
    ],
    ids=str,
)
def test_one_that_is_off_is_not_added(client, superadmin, bent):
    sign_in(client, "alice")
    response = add(client, Device(**bent))
    assert response.status_code == 200
    assert "made no passkey that fits" in response.content.decode()
    assert not Passkey.objects.exists()


def test_another_key_does_not_sign(device):
    device.key = Device().key
    client = another()
    assert alone(client, device).status_code == 200
    assert not is_signed_in(client)


def test_an_answer_counts_once_and_for_its_purpose(device):
    client = another()
    answer = device.get(options(client, ALONE))
    assert client.post(ALONE, {"credential": answer}).status_code == 302
    client.post("/logout/")
    assert client.post(ALONE, {"credential": answer}).status_code == 200
    # Made for the second step, and sent as the only one.
    client = another()
    sign_in(client, "alice")
    answer = device.get(options(client, STEP))
    assert client.post(ALONE, {"credential": answer}).status_code == 200
    assert not is_signed_in(client)


def test_an_answer_comes_too_late_after_five_minutes(device):
    client = another()
    answer = device.get(options(client, ALONE))
    session = client.session
    session[passkeys.SESSION_KEY]["at"] -= 301
    session.save()
    assert client.post(ALONE, {"credential": answer}).status_code == 200


def test_one_answer_to_anothers_challenge_is_none(device):
    answer = device.get(options(another(), ALONE))
    client = another()
    options(client, ALONE)
    assert client.post(ALONE, {"credential": answer}).status_code == 200


def test_a_counter_that_goes_back_is_a_copy(device):
    device.counts = True
    device.counter = 5
    assert alone(another(), device).status_code == 302
    assert Passkey.objects.get().counter == 6
    device.counter = 3
    assert alone(another(), device).status_code == 200
    device.counter = 5
    assert alone(another(), device).status_code == 200, "stands still"
    device.counts = False
    device.counter = 0
    assert alone(another(), device).status_code == 200, "no longer counts"


def test_it_is_known_at_one_site_only(device, settings):
    settings.ALLOWED_HOSTS = ["localhost", "other.localhost"]
    elsewhere = Client(HTTP_HOST="other.localhost")
    device.origin, device.rp_id = "http://other.localhost", "other.localhost"
    assert alone(elsewhere, device).status_code == 200
    page = another()
    page.force_login(User.objects.get(), backend="accounts.backends.OperatorBackend")
    assert "works at localhost only" not in page.get("/account/security/").content.decode()
    elsewhere.force_login(User.objects.get(), backend="accounts.backends.OperatorBackend")
    assert "works at localhost only" in elsewhere.get("/account/security/").content.decode()


@pytest.mark.parametrize(
    ("host", "secure", "works"),
    [
        ("localhost", False, True),
        ("localhost:8000", False, True),
        ("mail.example.org", True, True),
        ("mail.example.org", False, False),
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, False),
        ("[::1]", True, False),
    ],
)
def test_where_browsers_make_passkeys(superadmin, settings, host, secure, works):
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(HTTP_HOST=host)
    page = client.get("/login/", secure=secure).content.decode()
    assert ("/login/passkey/" in page) is works
    response = client.post(ALONE + "options/", secure=secure)
    assert response.status_code == (200 if works else 400)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"rawId": 1}',
        '{"rawId": "!!!", "response": {}}',
        '{"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"clientDataJSON": ""}}',
        '{"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"clientDataJSON": "e30",'
        ' "authenticatorData": "YQ", "signature": "YQ"}}',
        "\x00" * 10,
        "[" * 60000,
        "x" * 70000,
        "😀" * 100,
    ],
    ids=range(12),
)
@pytest.mark.parametrize("where", [ALONE, STEP, ADD, AGAIN])
def test_rubbish_is_refused_with_a_page(client, superadmin, answer, where):
    if where == STEP:
        give_passkey(superadmin)
    if where != ALONE:
        sign_in(client, "alice")
    client.post(where + "options/")
    assert client.post(where, {"name": "x", "credential": answer}).status_code == 200


def test_a_passkey_of_somebody_who_may_not_sign_in_opens_nothing(device):
    User.objects.update(is_active=False)
    client = another()
    assert alone(client, device).status_code == 200
    assert not is_signed_in(client)


# --- mailbox owners ---


@pytest.fixture
def annas(client: Client, anna: Mailbox) -> Device:
    sign_in(client, ANNA)
    device = Device()
    assert add(client, device).status_code == 302
    return device


def by_sql(password: str) -> None:
    Mailbox.objects.update(password=hash_password(password, Scheme.SHA512_CRYPT, 5000))


def test_an_owner_signs_in_with_a_passkey(annas):
    client = another()
    assert alone(client, annas)["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    assert client.get("/mailboxes/").status_code == 403


def test_not_into_a_suspended_mailbox(annas, root):
    suspend_mailbox(actor=root, email=ANNA)
    client = another()
    assert alone(client, annas).status_code == 200
    assert not is_signed_in(client)


def test_not_into_a_deleted_one_nor_that_of_the_next_owner(annas):
    row = Mailbox.objects.get()
    Mailbox.objects.all().delete()
    client = another()
    assert alone(client, annas).status_code == 200
    Mailbox.objects.create(email=row.email, password=row.password)
    assert alone(client, annas).status_code == 200
    assert not is_signed_in(client)
    assert not Passkey.objects.exists()


def test_a_hash_written_elsewhere_suspends_it(annas):
    by_sql("written by somebody 9")
    client = another()
    response = alone(client, annas)
    assert "are suspended. Sign in with the password" in response.content.decode()
    assert not is_signed_in(client)
    # And stands in nobody's way: the password is enough, and the page says so.
    assert sign_in(client, ANNA, "written by somebody 9")["Location"] == "/account/"
    page = client.get("/account/security/").content.decode()
    assert "Your password was changed outside this panel" in page
    assert client.get(ADD)["Location"] == "/account/security/"
    assert Passkey.objects.count() == 1


def test_confirmed_it_works_again(annas):
    by_sql("written by somebody 9")
    client = another()
    sign_in(client, ANNA, "written by somebody 9")
    client.post("/account/confirm/", {"password": "written by somebody 9"})
    fresh = another()
    assert sign_in(fresh, ANNA, "written by somebody 9")["Location"] == STEP
    assert alone(another(), annas).status_code == 302


def test_removed_it_is_gone(annas):
    by_sql("written by somebody 9")
    client = another()
    sign_in(client, ANNA, "written by somebody 9")
    client.post("/account/confirm/remove/", {"password": "written by somebody 9"})
    assert not Passkey.objects.exists()
    assert sign_in(another(), ANNA, "written by somebody 9")["Location"] == "/account/"


def test_the_script_gets_json_only(client, superadmin):
    response = client.post(ALONE + "options/")
    assert response["Content-Type"] == "application/json"
    assert json.loads(response.content)["publicKey"]["userVerification"] == "required"
    assert PASSWORD not in response.content.decode()
