"""What is typed is a password, whatever it looks like; a stored value opens nothing by itself."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from accounts.owners import owner_of
from mailboxes.models import Mailbox
from mailkit.passwords import Scheme, hash_password, verify
from tests.conftest import PASSWORD

from .conftest import ANNA

# The hashes are of PASSWORD where one can be made quickly.
LOOKS = {
    "plain": "{PLAIN}x",
    "plain, as the policy wants it": "{PLAIN}a long enough one",
    "lower case": "{plain}a long enough one",
    "cleartext": "{CLEARTEXT}" + PASSWORD,
    "encoded": "{PLAIN.B64}YSBsb25nIGVub3VnaCBzZWNyZXQgNw==",
    "hex": "{PLAIN.HEX}61206c6f6e6720656e6f75676820736563726574",
    "sha512-crypt": hash_password(PASSWORD, Scheme.SHA512_CRYPT, 5000),
    "without its prefix": hash_password(PASSWORD, Scheme.SHA512_CRYPT, 5000).partition("}")[2],
    "bcrypt": hash_password(PASSWORD, Scheme.BLF_CRYPT, 8)[:60],
    "md5-crypt": "$1$abcdefgh$WB3OTU.VcnGyfpkRIgv6Y1",
    "des": "rl.3StKT.4T8M",
    "salted": "{SSHA}C3M6eFIrQ8eQMtpVnGBOnZ2E7FRhYmNk",
    "locked": "{SHA512-CRYPT}!" + PASSWORD,
    "no scheme of all": "{NO-SUCH-SCHEME}a long enough one",
    "empty scheme": "{}a long enough one",
    "django's": "pbkdf2_sha256$1000$salt$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo=",
    "unusable": "!" + "x" * 40,
}


def signs_in(name: str, password: str) -> bool:
    data = {"username": name, "password": password}
    return Client().post("/login/", data).status_code == 302


def assert_is_the_password(typed: str) -> None:
    """Stored as a hash of what was typed, which signs in, and what it might mean does not."""
    stored = Mailbox.objects.get(pk=ANNA).password
    assert stored != typed
    assert stored.startswith("{SHA512-CRYPT}$6$")
    assert verify(typed, stored)
    assert signs_in(ANNA, typed)
    assert not signs_in(ANNA, stored)
    for meant in {PASSWORD, typed.rpartition("}")[2]} - {typed}:
        assert not signs_in(ANNA, meant)


def at_setting(admin: Client, owner: Client, typed: str):
    data = {"password1": typed, "password2": typed, "force": "1"}
    return admin.post(f"/mailboxes/{ANNA}/password/", data)


def at_creating(admin: Client, owner: Client, typed: str):
    Mailbox.objects.all().delete()
    data = {"email": ANNA, "password1": typed, "password2": typed, "force": "1"}
    return admin.post("/mailboxes/add/", data)


def at_changing_ones_own(admin: Client, owner: Client, typed: str):
    data = {"old_password": PASSWORD, "new_password1": typed, "new_password2": typed, "force": "1"}
    return owner.post("/account/password/", data)


def in_django_admin(admin: Client, owner: Client, typed: str):
    Mailbox.objects.all().delete()
    data = {"email": ANNA, "password1": typed, "password2": typed, "force": "1"}
    return admin.post("/admin/mailboxes/mailbox/add/", data)


def by_an_invitation(admin: Client, owner: Client, typed: str):
    page = admin.post(f"/mailboxes/{ANNA}/invite/").content.decode()
    link = page.split("http://testserver")[1].split('"')[0]
    return Client().post(link, {"new_password1": typed, "new_password2": typed, "force": "1"})


FEW = ("plain", "sha512-crypt", "locked")
PLACES = [
    *((at_setting, kind) for kind in LOOKS),
    *((where, kind) for where in (at_creating, at_changing_ones_own) for kind in FEW),
    *((where, kind) for where in (in_django_admin, by_an_invitation) for kind in FEW),
]


@pytest.mark.parametrize(("where", "kind"), PLACES)
def test_it_is_taken_as_typed(anna, superadmin, client_of, where, kind):
    response = where(client_of(superadmin), client_of(owner_of(anna)), LOOKS[kind])
    assert response.status_code == 302 or "is set" in response.content.decode()
    assert_is_the_password(LOOKS[kind])


@pytest.mark.parametrize("kind", LOOKS)
def test_no_stored_value_signs_in_by_itself(anna, kind):
    stored = LOOKS[kind]
    Mailbox.objects.update(password=stored)
    assert not signs_in(ANNA, stored)
    assert Mailbox.objects.get().password == stored, "and is not hashed anew"


def test_nor_an_operators(superadmin):
    assert not signs_in("alice", superadmin.password)
    superadmin.password = PASSWORD
    superadmin.save()
    assert not signs_in("alice", PASSWORD)
    superadmin.set_unusable_password()
    superadmin.save()
    assert not signs_in("alice", superadmin.password)


@pytest.mark.parametrize("kind", LOOKS)
def test_an_operators_password_is_taken_as_typed_too(superadmin, client_of, kind):
    typed = LOOKS[kind]
    data = {"username": "new", "password1": typed, "password2": typed, "force": "1"}
    response = client_of(superadmin).post("/operators/add/", data)
    if response.status_code == 302:
        assert User.objects.get(username="new").password != typed
        assert signs_in("new", typed)
    else:
        assert not User.objects.filter(username="new").exists()


@pytest.mark.parametrize("field", ["password", "hash", "password_hash", "stored", "identity"])
def test_no_form_has_a_field_for_a_hash(anna, superadmin, client_of, field):
    admin = client_of(superadmin)
    before = Mailbox.objects.get().password
    for path in (
        f"/mailboxes/{ANNA}/",
        f"/mailboxes/{ANNA}/password/",
        "/admin/mailboxes/mailbox/anna_40a.test/change/",
    ):
        admin.post(path, {"email": ANNA, field: "{PLAIN}x", "force": "1"})
    assert Mailbox.objects.get().password == before
