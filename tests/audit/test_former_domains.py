"""Domain admins see the history of the domain they manage, not of a former one of its name."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Kind, User
from audit.actor import Actor, ActorKind
from audit.log import record
from audit.models import Entry
from audit.reading import entries_visible_to
from domains.services import create_domain
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import create_mailbox
from tests.domain_stories import NAME, SECRET, play

BOB = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({NAME}))
HISTORY = {
    # Story (see `play`): what is seen of it, in the order in which it happened.
    "C M": "create_domain +m1",
    "c M M": "+m1 +m2",
    "M C M": "create_domain +m2",
    "C M D": "",
    "C M D C M": "create_domain +m2",
    "C M K C": "create_domain",
    "C M d C M": "create_domain +m2",
    "c M D C M": "create_domain +m2",
    "c M D c M": "+m2",
    # Deleted and made by SQL alone: nothing tells the panel.
    "C M d c M": "create_domain +m1 +m2",
    # The same domain is back, with its history.
    "C M D R": "create_domain +m1 delete_domain -m1 ~m1 undo",
    "C M D R M": "create_domain +m1 delete_domain -m1 ~m1 undo +m2",
    "C M D O": "create_domain +m1 delete_domain -m1 undo",
    "c M K R": "+m1 delete_domain undo",
    "C M D R D C M": "create_domain +m2",
    # It was somebody else's in between.
    "C M D C M U R": "create_domain +m1 delete_domain -m1 ~m1 undo",
    "C D C M D R M": "create_domain +m1 delete_domain -m1 ~m1 undo +m2",
    "C M D C M D S M": "create_domain +m1 ~m1 undo +m3",
    # An undone undo deletes it again.
    "C M D U U": "",
    "C M D U U c M": "+m2",
    "C M D U U C M": "create_domain +m2",
    # A creation that was taken back.
    "C M U": "",
    "C M U c M": "+m2",
    "C M U C": "create_domain",
    "C M U U M": "create_domain +m1 +m2",
}

pytestmark = pytest.mark.django_db


def seen(actor: Actor = BOB) -> str:
    """The entries somebody sees, oldest first: `+m1` is the mailbox m1 added, `-` gone, `~` back.

    Of domains the action, unless it belongs to one that is gone.
    """
    marks = {"create_mailbox": "+", "delete_mailbox": "-", "undo": "~"}
    found = Entry.objects.visible_to(actor).exclude(object_type="operator").order_by("pk")
    return " ".join(
        entry.action
        if entry.object_type == "domain"
        else marks[entry.action] + entry.object_key.partition("@")[0]
        for entry in found
    )


@pytest.mark.parametrize(("story", "expected"), HISTORY.items())
def test_what_a_domain_admin_sees(root, story: str, expected: str) -> None:
    play(story, root)
    assert seen() == expected
    assert Entry.objects.visible_to(root).count() == Entry.objects.count()
    newest = entries_visible_to(BOB).first()
    assert (newest.action if newest else "") == (
        {"+": "create_mailbox", "-": "delete_mailbox", "~": "undo", "": ""}.get(
            expected.rpartition(" ")[2][:1], expected.rpartition(" ")[2]
        )
    )


def test_each_domain_has_its_own_history(root) -> None:
    both = Actor(ActorKind.DOMAIN_ADMIN, "carol", domains=frozenset({NAME, "other.test"}))
    create_domain(actor=root, domain="other.test")
    create_mailbox(actor=root, email="x@other.test", password=SECRET)
    play("C M D C M", root)
    assert seen(both) == "create_domain +x create_domain +m2"
    delete_domain(actor=root, domain="other.test")
    create_domain(actor=root, domain="other.test")
    assert seen(both) == "create_domain +m2 create_domain"


def test_what_only_looks_like_the_domain_is_not_it(root) -> None:
    """MariaDB's collations take them for the same."""
    play("C M", root)
    for name in ("fírm.test", "ｆirm.test"):
        record(actor=root, action="delete_domain", object_type="domain", key=name, domain=name)
    assert seen() == "create_domain +m1"


def test_however_many_domains_it_is_two_statements_that_stay_short(root) -> None:
    User.objects.create(username="bob", kind=Kind.OPERATOR)
    lengths = []
    for start, stop in ((0, 1), (1, 30)):
        for number in range(start, stop):
            name = f"d{number:03}.test"
            create_domain(actor=root, domain=name)
            delete_domain(actor=root, domain=name)
            create_domain(actor=root, domain=name)
        names = [f"d{number:03}.test" for number in range(stop)]
        actor = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset(names))
        with CaptureQueriesContext(connection) as captured:
            assert len(Entry.objects.visible_to(actor)) == stop
        _turns, query = captured.captured_queries
        lengths.append(len(query["sql"]))
    # Each name stands in it twice, and 20 of those that were made anew with their turn.
    longest = lengths[0] + 29 * 2 * len("'d000.test', ") + 20 * 100
    assert lengths[1] < longest
