"""A link dies with the domain it was made in, an invitation with the leave of who handed it out."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.test import Client

from accounts.links import make_link
from accounts.models import Kind, OneTimeLink, Purpose, Recovery, User
from accounts.owners import owner_of
from accounts.recovery import invite_owner, make_recovery_link
from accounts.services import (
    change_operator,
    create_operator,
    delete_operator,
    grant_domains,
    revoke_domains,
    set_operator_active,
)
from audit.actor import Actor
from mailboxes.models import Mailbox
from mailkit.passwords import verify
from tests.conftest import PASSWORD
from tests.domain_stories import NAME, play
from tests.pages.reading import read

from .conftest import FAR, NEW, passwords

OWNER = f"m1@{NAME}"
CONFIRM = "/recover/confirm/"
PAGES = {
    Purpose.INVITE: "/invitation/",
    Purpose.RECOVER: "/recover/password/",
    Purpose.CONFIRM: CONFIRM,
}


@pytest.fixture
def bob(superadmin: User) -> User:
    """A domain admin; Alice, the superadmin, is there too."""
    return User.objects.create(username="bob", kind=Kind.OPERATOR)


def works(client: Client, page: str, token: str) -> bool:
    """Whether it does what it is for; if not, it must be answered like one that never was."""
    found, never = (answers(client, f"{page}?token={one}") for one in (token, "x" * len(token)))
    if found[1] == HTTPStatus.FOUND:
        return page == CONFIRM or bool(verify(NEW, Mailbox.objects.get(pk=OWNER).password))
    assert found == never
    return False


def answers(client: Client, link: str) -> tuple[str, int, str]:
    """What is said to who looks at a link, and to who uses it."""
    looked, used = client.get(link), client.post(link, passwords())
    said = read(used).text if used.status_code == HTTPStatus.OK else ""
    return read(looked).text, used.status_code, said


@pytest.mark.parametrize(
    ("story", "alive"),
    [
        ("", True),
        # The mailbox is kept, or comes back by undo as a stranger's.
        ("K", False),
        ("K C", False),
        ("K R", True),
        ("K c", False),
        ("D R", False),
        ("D C M", False),
    ],
)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_and_the_domain(bob, root, client, purpose, story: str, alive: bool) -> None:
    play("C G M", root)
    mailbox = Mailbox.objects.get(pk=OWNER)
    recovery = {"pending": FAR} if purpose is Purpose.CONFIRM else {"address": FAR}
    Recovery.objects.create(user=owner_of(mailbox), **recovery)
    token = {
        Purpose.INVITE: lambda: invite_owner(actor=bob.actor(), email=OWNER).token,
        Purpose.RECOVER: lambda: make_recovery_link(email=OWNER, network="").token,
        Purpose.CONFIRM: lambda: make_link(mailbox, Purpose.CONFIRM, FAR),
    }[purpose]()
    # Whoever hands it out manages the next domain of that name as well.
    play(story + ("G" if story else ""), root)
    Mailbox.objects.filter(pk=f"m2@{NAME}").update(email=OWNER, password=mailbox.password)
    assert works(client, PAGES[purpose], token) is alive


def disable(root: Actor) -> None:
    set_operator_active(actor=root, name="bob", active=False)


def enable(root: Actor) -> None:
    set_operator_active(actor=root, name="bob", active=True)


def delete(root: Actor) -> None:
    delete_operator(actor=root, name="bob")


def add(root: Actor) -> None:
    create_operator(actor=root, name="bob", password=PASSWORD, force=True)


def revoke(root: Actor) -> None:
    revoke_domains(actor=root, name="bob", domains=[NAME])


def grant(root: Actor) -> None:
    grant_domains(actor=root, name="bob", domains=[NAME])


def promote(root: Actor) -> None:
    change_operator(actor=root, name="bob", superadmin=True, domains=[])


def demote(root: Actor) -> None:
    change_operator(actor=root, name="bob", superadmin=False, domains=["other.test"], force=True)


@pytest.mark.parametrize(
    ("events", "alive"),
    [
        ([], True),
        ([disable], False),
        ([disable, enable], True),
        ([delete], False),
        # Somebody else of that name.
        ([delete, add, grant], False),
        ([revoke], False),
        ([revoke, grant], True),
        ([promote], True),
        ([promote, demote], False),
    ],
    ids=lambda value: "-".join(one.__name__ for one in value) if isinstance(value, list) else None,
)
def test_an_invitation_and_who_handed_it_out(
    bob, root, client, events: list[Callable[[Actor], None]], alive: bool
) -> None:
    play("C G M", root)
    token = invite_owner(actor=bob.actor(), email=OWNER).token
    for event in events:
        event(root)
    assert works(client, PAGES[Purpose.INVITE], token) is alive


def test_an_invitation_by_command_needs_nobody(bob, root, client) -> None:
    play("C M", root)
    token = invite_owner(actor=root, email=OWNER).token
    delete_operator(actor=root, name="bob")
    assert OneTimeLink.objects.get().inviter is None
    assert works(client, PAGES[Purpose.INVITE], token)
