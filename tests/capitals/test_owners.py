"""What the panel keeps of mailbox owners, where their addresses are stored with capitals.

Each test once where `users` tells capitals apart and once where it does not; the panel's own tables
do the one on SQLite and PostgreSQL, the other on MariaDB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.confirming import confirm_factors, remove_factors
from accounts.models import Authenticator, Recovery, User
from accounts.owners import factors_suspended, owner_of, person_of
from accounts.recovery import make_recovery_link
from accounts.second_factor.services import reset_second_factor
from accounts.templatetags.owners import owner_is_suspended
from accounts.templatetags.second_factor import has_second_factor
from audit.actor import Actor, ActorKind
from domains import schema
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import suspend_mailbox
from mailboxes.services.own import own_forwarding, set_own_forwarding
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD

STORED, LOWER = "Zoe@UP.test", "zoe@up.test"
TYPED = [STORED, LOWER, "ZOE@up.TEST"]
FAR = "zoe@far.test"
OWNER = Actor(ActorKind.MAILBOX_OWNER, STORED)

# (database, blind to case): the type of users.email.
TYPES = {
    ("mysql", False): "varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    ("mysql", True): "varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    ("postgresql", False): "varchar(254)",
    ("postgresql", True): "citext",
    ("sqlite", False): "varchar(254)",
    ("sqlite", True): "varchar(254) COLLATE NOCASE",
}


@pytest.fixture(scope="module", params=[False, True], ids=["apart", "blind"], autouse=True)
def _collation(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker
) -> Iterator[bool]:
    """Another `users` beside the one that is there, in place of the conversion of all four."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "postgresql" and request.param:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS citext")
        cursor.execute("ALTER TABLE users RENAME TO users_as_made")
        type_ = TYPES[connection.vendor, request.param]
        cursor.execute(
            f"CREATE TABLE users (email {type_} NOT NULL PRIMARY KEY, password varchar(255))"
        )
    schema.forget_schema()
    yield request.param
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE users")
        cursor.execute("ALTER TABLE users_as_made RENAME TO users")
    schema.forget_schema()


@pytest.fixture
def blind(_collation: bool, db: None) -> bool:
    """Whether `users` finds Zoe however her address is typed."""
    assert ("users" in schema.schema().blind) == _collation
    return _collation


@pytest.fixture
def zoe(rows, db: None) -> User:
    """The owner of a mailbox that SQL made with capitals: with a second factor and all."""
    rows(domains="UP.test")
    stored = hash_password(PASSWORD, Scheme.SHA512_CRYPT, 5000)
    return make_owner(Mailbox.objects.create(email=STORED, password=stored))


def make_owner(mailbox: Mailbox) -> User:
    user = owner_of(mailbox)
    Authenticator.objects.create(user=user, secret="sealed")
    Recovery.objects.create(user=user, address=FAR)
    return user


def has_factor(user: User) -> bool:
    return Authenticator.objects.filter(user_id=user.pk).exists()


def found(typed: str, blind: bool) -> bool:
    return blind or typed == STORED


@pytest.mark.parametrize("typed", TYPED)
def test_an_operator_resets_the_second_factor(zoe, blind, root, typed: str) -> None:
    assert person_of(typed) == (zoe if found(typed, blind) else None)
    if not found(typed, blind):
        with pytest.raises(User.DoesNotExist):
            reset_second_factor(actor=root, username=typed)
        assert has_factor(zoe)
        return
    assert reset_second_factor(actor=root, username=typed)
    assert not has_factor(zoe)


def test_so_do_the_command_and_the_pages(zoe, admin: Client, capsys) -> None:
    assert "reset-second-factor/" in admin.get(f"/mailboxes/{STORED}/").content.decode()
    assert admin.post(f"/mailboxes/{STORED}/reset-second-factor/").status_code == 302
    assert not has_factor(zoe)
    Authenticator.objects.create(user=zoe, secret="sealed")
    call_command("operator", "reset-second-factor", f" {STORED} ", "--json")
    assert json.loads(capsys.readouterr().out) == {"name": STORED, "reset": True}
    assert not has_factor(zoe)


@pytest.mark.parametrize("typed", TYPED)
def test_a_recovery_link(zoe, blind, typed: str) -> None:
    """Asked for in lower case, as for a sign-in; so the mailbox is found where `users` finds it."""
    asked = make_recovery_link(email=typed, network="192.0.2.1")
    assert (asked is not None) == blind
    if asked is not None:
        assert (asked.email, asked.address) == (STORED, FAR)


@pytest.mark.parametrize("typed", TYPED)
def test_a_hash_that_sql_wrote_is_confirmed(zoe, blind, root, typed: str) -> None:
    Mailbox.objects.filter(pk=STORED).update(password="{PLAIN}another")
    assert owner_is_suspended(Mailbox.objects.get(pk=STORED))
    if not found(typed, blind):
        with pytest.raises(Mailbox.DoesNotExist):
            confirm_factors(actor=root, email=typed)
        return
    confirm_factors(actor=root, email=typed)
    assert not factors_suspended(User.objects.get(pk=zoe.pk))
    assert has_factor(zoe)
    remove_factors(actor=root, email=typed)
    assert not has_factor(zoe)


@pytest.mark.parametrize("typed", TYPED)
def test_who_signs_in_sees_his_own_sign_ins(zoe, blind, client: Client, typed: str) -> None:
    Authenticator.objects.all().delete()
    client.post("/login/", {"username": typed, "password": "wrong"})
    client.post("/login/", {"username": typed, "password": PASSWORD})
    page = client.get("/account/security/")
    # Mail servers ask in lower case too, and do not find him where capitals are told apart.
    assert (page.status_code == 200) == blind
    if blind:
        methods = [one["entry"].action for one in page.context["sign_ins"]]
        assert methods == ["sign_in", "refuse_sign_in"]
        assert page.wsgi_request.user.pk == zoe.pk
        assert client.get("/account/").status_code == 200
        client.post("/login/", {"username": LOWER, "password": "wrong"})
        assert Recovery.objects.get(user=zoe).address == FAR


def test_the_own_forwarding_is_the_one_that_postfix_finds(zoe, blind, rows) -> None:
    rows(forwardings={LOWER: FAR})
    assert own_forwarding(STORED).others == [FAR]
    set_own_forwarding(actor=OWNER, destination="other@far.test", keep_copy=True, force=True)
    (row,) = Forwarding.objects.all()
    assert (row.source, row.destination) == (LOWER, f"{LOWER}, other@far.test")


def test_another_mailbox_of_the_same_letters_is_somebody_else(zoe, blind, root) -> None:
    if blind:
        assert Mailbox.objects.by_key(LOWER).email == STORED
        return
    other = Mailbox.objects.create(email=LOWER, password="{PLAIN}x")
    assert person_of(LOWER) is None
    assert not has_second_factor(other)
    assert has_second_factor(Mailbox.objects.get(pk=STORED))
    assert not owner_is_suspended(other)
    suspend_mailbox(actor=root, email=LOWER)
    confirm_factors(actor=root, email=LOWER)
    with pytest.raises(User.DoesNotExist):
        reset_second_factor(actor=root, username=LOWER)
    assert has_factor(zoe)
    assert not factors_suspended(User.objects.get(pk=zoe.pk))
