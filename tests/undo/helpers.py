"""A small world to change, and short ways to ask about undo."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import connection

from audit.actor import Actor
from audit.models import Entry
from audit.refusals import codes_of
from domains.services import create_domain, create_transport
from mailboxes.services.forwardings import create_forwarding
from mailboxes.services.mailboxes import create_mailbox
from tests.undo.snapshot import snapshot
from undo.services import plan_undo, undo

SECRET = "correct horse 42 battery"


def make_world(root: Actor) -> None:
    """Two domains with mailboxes, forwardings and a transport."""
    create_domain(actor=root, domain="a.test")
    create_domain(actor=root, domain="b.test")
    for email in ("anna@a.test", "bert@a.test", "anna@b.test"):
        create_mailbox(actor=root, email=email, password=SECRET)
    create_forwarding(actor=root, source="info@a.test", destination="anna@a.test")
    create_forwarding(actor=root, source="sales@b.test", destination="anna@a.test, anna@b.test")
    create_transport(actor=root, domain="x@a.test", transport="error:5.1.1 gone", force=True)


def execute(sql: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def newest() -> Entry:
    return Entry.objects.first()


def codes(root: Actor, entry_id: int | None = None, **options: object) -> list[str]:
    """The codes with which undo refuses, [] if it does not.

    The plan must say the same, and after a refusal nothing must have changed.
    """
    pk = newest().pk if entry_id is None else entry_id
    planned = plan_undo(actor=root, entry_id=pk, whole=bool(options.get("whole", True)))
    said = [one.code for one in planned.obstacles] or [one.code for one in planned.warnings]
    before = snapshot()
    entries = Entry.objects.count()
    try:
        undo(actor=root, entry_id=pk, **options)
    except ValidationError as error:
        found = codes_of(error)
    else:
        return []
    assert found[: len(said)] == said
    assert snapshot() == before
    assert Entry.objects.count() == entries
    return found
