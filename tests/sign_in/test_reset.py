"""Taking the second factor from somebody who has lost it: who may, and what the log says."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Authenticator, Grant, Passkey, RecoveryCode, User
from accounts.owners import owner_of
from accounts.second_factor.services import reset_second_factor
from audit.actor import Actor, ActorKind
from audit.models import Entry
from domains.models import Domain
from mailboxes.services.mailboxes import create_mailbox
from tests.conftest import PASSWORD

from .conftest import ANNA, give_authenticator, give_code, give_passkey, sign_in


def give_all(user: User) -> User:
    give_code(give_authenticator(user))
    give_passkey(user)
    return user


def has_any(user: User) -> bool:
    rows = (Authenticator, Passkey, RecoveryCode)
    return any(model.objects.filter(user=user).exists() for model in rows)


@pytest.fixture
def ben(anna, root) -> User:
    """The owner of a mailbox in a domain that Bob does not have."""
    Domain.objects.create(domain="b.test")
    return owner_of(create_mailbox(actor=root, email="ben@b.test", password=PASSWORD))


def test_everything_goes_and_the_sessions_end(superadmin, domain_admin):
    his = Client()
    sign_in(his, "bob")
    give_all(domain_admin)
    assert reset_second_factor(actor=superadmin.actor("192.0.2.1"), username="BOB")
    assert not has_any(domain_admin)
    assert his.get("/").status_code == 302
    assert sign_in(Client(), "bob")["Location"] == "/"
    entry = Entry.objects.get(action="reset_second_factor")
    assert (entry.actor, entry.object_key, entry.address) == ("alice", "bob", "192.0.2.1")
    assert entry.changes == {"second_factor": ["set", None]}


@pytest.mark.parametrize(
    ("who", "whose", "may"),
    [
        ("superadmin", "bob", True),
        ("superadmin", ANNA, True),
        ("superadmin", "ben@b.test", True),
        ("domain admin", ANNA, True),
        ("domain admin", "ben@b.test", False),
        ("domain admin", "bob", False),
        ("domain admin", "alice", False),
        ("owner", ANNA, False),
        ("owner", "ben@b.test", False),
        ("nobody", ANNA, False),
        ("command", "alice", True),
    ],
)
def test_who_may(superadmin, domain_admin, anna_user, ben, who, whose, may):
    user = give_all(User.objects.get(username=whose))
    actor = {
        "superadmin": superadmin.actor(),
        "domain admin": domain_admin.actor(),
        "owner": anna_user.actor(),
        "nobody": Actor(ActorKind.NOBODY),
        "command": Actor(ActorKind.COMMAND, "root", domains=None),
    }[who]
    if may:
        reset_second_factor(actor=actor, username=whose)
    else:
        with pytest.raises(PermissionDenied):
            reset_second_factor(actor=actor, username=whose)
    assert has_any(user) is not may


def test_it_is_in_the_log_of_the_domain(domain_admin, anna_user):
    give_all(anna_user)
    reset_second_factor(actor=domain_admin.actor(), username=ANNA)
    assert Entry.objects.get(action="reset_second_factor").domain == "a.test"


def test_the_pages(superadmin, domain_admin, anna_user):
    client = Client()
    sign_in(client, "alice")
    for user, shown, path in (
        (domain_admin, "/operators/bob/", "/operators/bob/reset-second-factor/"),
        (anna_user, f"/mailboxes/{ANNA}/", f"/mailboxes/{ANNA}/reset-second-factor/"),
    ):
        assert path not in client.get(shown).content.decode()
        assert "no second factor to reset" in client.get(path).content.decode()
        give_all(user)
        assert path in client.get(shown).content.decode()
        assert has_any(user)
        assert client.post(path)["Location"] == shown
        assert not has_any(user)


def test_a_domain_admin_does_it_for_his_owners_only(domain_admin, anna_user, ben):
    Grant.objects.get_or_create(user=domain_admin, domain="a.test")
    client = Client()
    sign_in(client, "bob")
    give_all(anna_user)
    give_all(ben)
    assert client.post(f"/mailboxes/{ANNA}/reset-second-factor/").status_code == 302
    assert client.post("/mailboxes/ben@b.test/reset-second-factor/").status_code == 404
    assert client.post("/operators/alice/reset-second-factor/").status_code == 403
    assert has_any(ben)


@pytest.mark.parametrize("name", ["bob", ANNA])
def test_the_command(superadmin, domain_admin, anna_user, name, capsys):
    user = give_all(User.objects.get(username=name))
    call_command("operator", "reset-second-factor", name)
    assert not has_any(user)
    assert "is signed out" in capsys.readouterr().out
    call_command("operator", "reset-second-factor", name)
    assert "Nothing to change" in capsys.readouterr().out
    call_command("audit", "list", "--json", "--limit", "1")
    assert json.loads(capsys.readouterr().out)[0]["action"] == "reset_second_factor"


def test_the_command_says_that_there_is_nobody(db):
    with pytest.raises(CommandError, match="There is no operator nobody"):
        call_command("operator", "reset-second-factor", "nobody")


def test_undo_leaves_it_alone(superadmin, domain_admin):
    give_all(domain_admin)
    reset_second_factor(actor=superadmin.actor(), username="bob")
    entry = Entry.objects.get(action="reset_second_factor")
    client = Client()
    sign_in(client, "alice")
    client.post(f"/audit/{entry.pk}/undo/")
    assert not has_any(domain_admin)
