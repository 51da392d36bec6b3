"""What the page of an undo says of mail comes true once it is undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from audit.actor import Actor
from audit.models import Entry
from domains.services import create_transport, delete_transport
from mailadmin.undo_preview import undo_preview
from mailboxes.routing import DatabaseTables
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import (
    change_forwarding,
    create_forwarding,
    delete_forwarding,
)
from mailboxes.services.mailboxes import delete_mailbox, suspend_mailbox
from mailserver.tracing import follow
from tests.undo.helpers import newest
from undo.services import plan_undo, undo

pytestmark = pytest.mark.usefixtures("world")


def _made(root: Actor) -> None:
    create_forwarding(actor=root, source="new@a.test", destination="bert@a.test")


def _changed(root: Actor) -> None:
    _made(root)
    change_forwarding(actor=root, key="new@a.test", destination="anna@a.test")


def _renamed(root: Actor) -> None:
    _made(root)
    change_forwarding(
        actor=root, key="new@a.test", source="newer@a.test", destination="bert@a.test"
    )


def _gone(root: Actor) -> None:
    _made(root)
    delete_forwarding(actor=root, key="new@a.test")


def _transport(root: Actor) -> None:
    create_transport(actor=root, domain="bert@a.test", transport="smtp:[192.0.2.1]", force=True)


def _no_transport(root: Actor) -> None:
    _transport(root)
    delete_transport(actor=root, key="bert@a.test")


DONE: dict[str, Callable[[Actor], object]] = {
    "create_forwarding": _made,
    "change_forwarding": _changed,
    "rename_forwarding": _renamed,
    "delete_forwarding": _gone,
    "create_transport": _transport,
    "delete_transport": _no_transport,
    "delete_mailbox": lambda root: delete_mailbox(actor=root, email="bert@a.test"),
    "delete_domain": lambda root: delete_domain(actor=root, domain="a.test"),
}


@pytest.mark.parametrize("name", DONE)
def test_what_it_says_comes_true(admin: Client, root: Actor, name: str) -> None:
    DONE[name](root)
    entry = Entry.objects.filter(group=newest().group).order_by("pk").first()
    assert entry is not None
    plan = plan_undo(actor=root, entry_id=entry.pk, whole=True)
    shown = undo_preview(root, plan.steps)
    assert shown is not None
    lines = [one["preview"] for one in shown["lines"]]
    page = admin.get(f"/audit/{entry.pk}/undo/").content.decode()
    assert page.count('class="route-line"') == len(lines) > 0
    assert any(line.differs for line in lines)
    undo(actor=root, entry_id=entry.pk, force=True)
    for line in lines:
        found = follow(root, line.address, DatabaseTables())
        assert (found.outcome, found.deliveries) == (line.after.outcome, line.after.deliveries)


def test_a_password_moves_no_mail(admin: Client, root: Actor) -> None:
    suspend_mailbox(actor=root, email="anna@a.test")
    assert "route-line" not in admin.get(f"/audit/{newest().pk}/undo/").content.decode()
