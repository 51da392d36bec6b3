"""A weak hash is written anew when its owner signs in, and the owner notices nothing."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client

from accounts.models import User
from accounts.owners import factors_suspended, owner_of
from audit.models import Entry
from domains.models import Domain
from mailboxes.models import Mailbox
from mailboxes.services import rehash
from mailkit.passwords import LOCK_PREFIX, Scheme, hash_password, verify
from tests.mailkit.passwords.samples import PASSWORD

ANNA = "anna@a.test"
DES = "VsEsrUn4Z8u2A"
MD5 = "$1$SAH/vSFH$xhCbByAR/bfhOXHRnHapW0"
SHA512_5000 = "{SHA512-CRYPT}" + (
    "$6$/vZaOd8ZC4vDAzK0$xX6pJEgXiWgrNnklbuIS/m7miwx9cb/MiRuhCHEajbFPBGr/fqpzeNcSx6wVBptUmnr05"
    ".czXpPxU3KiCQTj6."
)


@pytest.fixture(autouse=True)
def _said_nothing_yet() -> None:
    rehash._say_too_narrow.cache_clear()
    rehash._say_not_taken.cache_clear()


@pytest.fixture
def config() -> Iterator[Callable[..., None]]:
    """`config(name=value)`: settings of the panel for one test."""
    before = settings.MAILADMIN

    def change(**values: object) -> None:
        settings.MAILADMIN = before.__class__(**{**vars(settings.MAILADMIN), **values})

    yield change
    settings.MAILADMIN = before


@pytest.fixture
def anna(db: None) -> Callable[[str], Mailbox]:
    """Anna's mailbox with this stored value, as SQL made it."""

    def make(stored: str) -> Mailbox:
        Domain.objects.get_or_create(domain="a.test")
        return Mailbox.objects.create(email=ANNA, password=stored)

    return make


def sign_in(password: str = PASSWORD) -> Client:
    client = Client()
    response = client.post("/login/", {"username": ANNA, "password": password})
    assert response.status_code == 302, response.content.decode()
    return client


def stored() -> str:
    return Mailbox.objects.get(pk=ANNA).password or ""


@pytest.mark.parametrize(
    "value",
    [
        DES,
        "{CRYPT}" + DES,
        MD5,
        "{PLAIN}" + PASSWORD,
        "{PLAIN-MD5}9f3a2e1e6b817c6b284317340e27fbf4",
    ],
)
def test_a_weak_hash_is_of_the_chosen_scheme_after_a_sign_in(anna, value):
    if value.startswith("{PLAIN-MD5}"):
        assert verify(PASSWORD, value)
    anna(value)
    client = sign_in()
    assert stored().startswith("{SHA512-CRYPT}$6$")
    assert verify(PASSWORD, stored())
    assert client.get("/account/").status_code == 200, "the session goes on"
    before = stored()
    sign_in()
    assert stored() == before, "once is enough"


def test_the_log_tells_it_without_hash_or_password(anna):
    anna(DES)
    sign_in()
    entry = Entry.objects.get(action="rehash")
    assert (entry.actor_kind, entry.actor, entry.object_key) == ("mailbox_owner", ANNA, ANNA)
    assert entry.address == "127.0.0.1"
    assert entry.domain == "a.test"
    assert entry.changes == {"password": ["{DES-CRYPT}", "{SHA512-CRYPT}"]}


def test_it_suspends_neither_second_factor_nor_recovery_address(anna):
    mailbox = anna(DES)
    owner_of(mailbox)
    sign_in()
    assert stored() != DES
    assert not factors_suspended(User.objects.get(username=ANNA))


def test_it_confirms_nothing_either(anna):
    owner_of(anna(hash_password("somebody's", Scheme.SHA512_CRYPT, 5000)))
    Mailbox.objects.update(password=DES)
    sign_in()
    assert stored() != DES
    assert factors_suspended(User.objects.get(username=ANNA))


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper()])
def test_a_wrong_password_changes_nothing(anna, password):
    anna(DES)
    assert Client().post("/login/", {"username": ANNA, "password": password}).status_code == 200
    assert stored() == DES


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        ("{SHA512-CRYPT}" + SHA512_5000.removeprefix("{SHA512-CRYPT}"), {}),
        (
            "{BLF-CRYPT}$2y$05$DTO9ToLI8JQsQ.sWFK3hZuynkpoFtQMAgR7j3NPqR5wir.HLynX7u",
            {},
        ),
        ("$5$dht6upvPgtpRE/bD$v9C8kjyfE67UESBdssoZyyNMhv5hRCXt5jlG8ZvoFw/", {}),
        (DES, {"upgrade_hashes": False}),
    ],
    ids=["chosen already", "sound of another scheme", "sound and bare", "switched off"],
)
def test_what_stays_as_it_is(anna, config, value, changes):
    config(**changes)
    anna(value)
    sign_in()
    assert stored() == value
    assert not Entry.objects.filter(action="rehash").exists()


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (SHA512_5000, {"password_cost": 6000}),
        (SHA512_5000.removeprefix("{SHA512-CRYPT}"), {}),
    ],
    ids=["cheaper than chosen", "without its prefix"],
)
def test_the_chosen_scheme_is_brought_to_the_chosen_form(anna, config, value, changes):
    config(**changes)
    anna(value)
    sign_in()
    assert stored() != value
    assert stored().startswith("{SHA512-CRYPT}$6$")
    assert verify(PASSWORD, stored())


def test_a_suspended_mailbox_is_left_alone(anna):
    anna(LOCK_PREFIX + DES)
    assert Client().post("/login/", {"username": ANNA, "password": PASSWORD}).status_code == 200
    assert stored() == LOCK_PREFIX + DES


def test_a_column_too_narrow_keeps_the_hash_and_is_said_once(anna, caplog, monkeypatch):
    monkeypatch.setattr(rehash, "too_wide", lambda *_: 20)
    anna(DES)
    with caplog.at_level(logging.WARNING):
        sign_in()
        sign_in()
    assert stored() == DES
    assert [record.getMessage() for record in caplog.records].count(
        "Weak hashes stay as they are: users.password holds only 20 characters. "
        "Widen it with: python manage.py mailtables upgrade"
    ) == 1


def test_a_password_that_the_scheme_cannot_take_keeps_its_hash(anna, config, caplog):
    config(password_scheme=Scheme.BLF_CRYPT, password_cost=8)
    long = "x" * 80
    anna("{PLAIN}" + long)
    with caplog.at_level(logging.WARNING):
        sign_in(long)
        sign_in(long)
    assert stored() == "{PLAIN}" + long
    assert len(caplog.records) == 1
    assert long not in caplog.text


def test_a_database_that_refuses_does_not_keep_the_owner_out(anna, caplog, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise DatabaseError("the row")

    monkeypatch.setattr(rehash, "write_hash", refuse)
    anna(DES)
    assert sign_in().get("/account/").status_code == 200
    assert stored() == DES
    assert "the row" not in caplog.text


def test_a_decomposed_password_that_only_its_own_form_fits_keeps_its_hash(anna):
    decomposed = unicodedata.normalize("NFD", "sécret")
    anna("{PLAIN}" + decomposed)
    sign_in(decomposed)
    assert stored() == "{PLAIN}" + decomposed


def test_a_hash_that_changed_in_this_moment_is_not_overwritten(anna, root):
    mailbox = anna(DES)
    Mailbox.objects.update(password=MD5)
    found = rehash.rehash_password(actor=root, mailbox=mailbox, password=PASSWORD)
    assert found.password == stored() == MD5


def test_it_can_be_undone_by_the_log(anna):
    """The former value is kept like that of every change."""
    anna(DES)
    sign_in()
    entry = Entry.objects.with_kept().get(action="rehash")
    assert entry.kept is not None
