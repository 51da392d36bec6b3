"""Undo of single changes and whole actions: what comes back, and what stands in the way."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.utils import timezone

from audit.actions import one_action
from audit.actor import Actor, ActorKind
from audit.kept import oldest, prune
from audit.log import record_sign_in
from audit.models import Entry
from audit.reading import undone_by
from domains.models import Domain
from domains.services import change_transport, create_domain
from mailboxes.models import Forwarding, Mailbox, MailboxRecord
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import change_forwarding
from mailboxes.services.mailboxes import (
    create_mailbox,
    delete_mailbox,
    set_mailbox_password,
    suspend_mailbox,
)
from mailkit.passwords import verify
from tests.undo.helpers import SECRET, codes, execute, newest
from tests.undo.snapshot import snapshot
from undo.services import plan_undo, undo

pytestmark = pytest.mark.usefixtures("further_columns")


def test_a_deleted_domain_comes_back_with_all_that_hung_on_it(world, root) -> None:
    execute("UPDATE users SET department = %s, quota = 7 WHERE email = 'anna@a.test'", "Poststelle")
    execute("UPDATE domains SET info = %s WHERE domain = 'a.test'", b"\x00\xff")
    before = snapshot()
    delete_domain(actor=root, domain="a.test")
    assert not Domain.objects.filter(pk="a.test").exists()
    done = undo(actor=root, entry_id=newest().pk)
    assert snapshot() == before
    assert done.taken_back == done.entries.count() == 6
    assert verify(SECRET, Mailbox.objects.get(pk="anna@a.test").password)


@pytest.mark.parametrize("which", ["first", "last"])
def test_any_entry_stands_for_its_whole_action(world, root, which) -> None:
    before = snapshot()
    delete_domain(actor=root, domain="a.test")
    entries = Entry.objects.filter(group=newest().group).order_by("pk")
    undo(actor=root, entry_id=getattr(entries, which)().pk)
    assert snapshot() == before


def test_one_mailbox_of_a_deleted_domain_can_come_back_alone_and_the_rest_later(world, root):
    before = snapshot()
    delete_domain(actor=root, domain="a.test")
    group = newest().group
    one = Entry.objects.get(group=group, object_key="bert@a.test")
    assert undo(actor=root, entry_id=one.pk, whole=False).taken_back == 1
    assert list(Mailbox.objects.values_list("pk", flat=True).order_by("pk")) == [
        "anna@b.test",
        "bert@a.test",
    ]
    plan = plan_undo(actor=root, entry_id=one.pk)
    assert (len(plan.steps), plan.already) == (5, 1)
    assert undo(actor=root, entry_id=one.pk).taken_back == 5
    assert snapshot() == before


def test_an_undo_is_logged_and_marked(world, root) -> None:
    set_mailbox_password(actor=root, email="anna@a.test", password=SECRET + "2")
    entry = newest()
    alice = Actor(ActorKind.SUPERADMIN, "alice", "192.0.2.7", domains=None)
    (logged,) = undo(actor=alice, entry_id=entry.pk).entries
    assert (logged.action, logged.actor, logged.address) == ("undo", "alice", "192.0.2.7")
    assert (logged.object_type, logged.object_key, logged.domain) == (
        "mailbox",
        "anna@a.test",
        "a.test",
    )
    assert logged.changes == {"password": ["{SHA512-CRYPT}", "{SHA512-CRYPT}, former"]}
    entry.refresh_from_db()
    assert undone_by([entry]) == {entry.pk: logged.pk}
    assert logged.undoes_id == entry.pk


def test_undone_and_not_undone_take_turns(world, root) -> None:
    """A change, its undo, the undo of that ...: the last one is open, and every second before."""
    suspend_mailbox(actor=root, email="anna@a.test")
    chain = [newest()]
    for length in range(1, 6):
        (entry,) = undo(actor=root, entry_id=chain[-1].pk).entries
        chain.append(entry)
        undone = [Entry.objects.get(pk=one.pk).undone for one in reversed(chain)]
        assert undone == [bool(back % 2) for back in range(length + 1)]
        plans = [plan_undo(actor=root, entry_id=one.pk) for one in reversed(chain)]
        assert ["undone" in [one.code for one in plan.obstacles] for plan in plans] == undone


def test_an_undone_undo_opens_the_change_again(world, root) -> None:
    suspend_mailbox(actor=root, email="anna@a.test")
    change = newest()
    suspended = snapshot()
    (first,) = undo(actor=root, entry_id=change.pk).entries
    assert codes(root, change.pk) == ["undone"]
    (second,) = undo(actor=root, entry_id=first.pk).entries
    assert snapshot() == suspended
    change.refresh_from_db()
    first.refresh_from_db()
    assert undone_by([change, first]) == {first.pk: second.pk}
    assert codes(root, first.pk) == ["undone"]
    assert undo(actor=root, entry_id=change.pk).taken_back == 1


def test_what_is_undone_alternates_all_the_way_back(world, root) -> None:
    suspend_mailbox(actor=root, email="anna@a.test")
    chain = [newest()]
    for _ in range(4):
        chain.append(undo(actor=root, entry_id=chain[-1].pk).entries.get())
        for entry in chain:
            entry.refresh_from_db()
        in_effect = [not entry.undone for entry in chain]
        # The last one is, the one it took back is not, the one that this had taken back is ...
        assert in_effect == [(len(chain) - number) % 2 == 1 for number in range(len(chain))]


def test_a_rename_goes_back_to_the_old_key(world, root) -> None:
    execute("UPDATE forwardings SET note = 'kept' WHERE source = 'info@a.test'")
    before = snapshot()
    change_forwarding(actor=root, key="info@a.test", source="new@a.test", destination="bert@a.test")
    (logged,) = undo(actor=root, entry_id=newest().pk).entries
    assert snapshot() == before
    assert (logged.object_key, logged.former_key) == ("info@a.test", "new@a.test")
    undo(actor=root, entry_id=logged.pk)
    assert Forwarding.objects.filter(pk="new@a.test", destination="bert@a.test").exists()


def test_further_columns_that_changed_since_stay_as_they_are(world, root) -> None:
    """An undo of a password is no undo of what somebody else's program wrote beside it."""
    set_mailbox_password(actor=root, email="anna@a.test", password=SECRET + "2")
    execute("UPDATE users SET department = 'moved' WHERE email = 'anna@a.test'")
    undo(actor=root, entry_id=newest().pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT department FROM users WHERE email = 'anna@a.test'")
        assert cursor.fetchone() == ("moved",)
    assert verify(SECRET, Mailbox.objects.get(pk="anna@a.test").password)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE users SET password = '{PLAIN}x' WHERE email = 'anna@a.test'", ["changed"]),
        ("DELETE FROM users WHERE email = 'anna@a.test'", ["gone"]),
    ],
)
def test_sql_that_came_after_stands_in_the_way(world, root, sql, expected) -> None:
    set_mailbox_password(actor=root, email="anna@a.test", password=SECRET + "2")
    entry = newest()
    execute(sql)
    assert codes(root) == expected
    (obstacle,) = plan_undo(actor=root, entry_id=entry.pk).obstacles
    assert obstacle.newer is None
    assert "past the panel" in str(obstacle.message)


def test_a_newer_change_is_named(world, root) -> None:
    change_transport(actor=root, key="x@a.test", transport="discard:", force=True)
    entry = newest()
    alice = Actor(ActorKind.SUPERADMIN, "alice", domains=None)
    change_transport(actor=alice, key="x@a.test", transport="relay:", force=True)
    assert codes(root, entry.pk) == ["changed"]
    (obstacle,) = plan_undo(actor=root, entry_id=entry.pk).obstacles
    assert obstacle.newer == newest()
    assert f"Change {newest().pk} by alice" in str(obstacle.message)


def test_a_newer_rename_is_named_too(world, root) -> None:
    change_forwarding(actor=root, key="info@a.test", destination="bert@a.test")
    entry = newest()
    change_forwarding(actor=root, key="info@a.test", source="new@a.test", destination="bert@a.test")
    assert codes(root, entry.pk) == ["gone"]
    assert plan_undo(actor=root, entry_id=entry.pk).obstacles[0].newer == newest()


def test_a_key_that_is_taken_again(world, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    entry = newest()
    create_mailbox(actor=root, email="bert@a.test", password=SECRET)
    assert codes(root, entry.pk) == ["taken"]
    assert plan_undo(actor=root, entry_id=entry.pk).obstacles[0].newer == newest()


def test_a_key_that_the_database_takes_for_the_same_is_taken(world, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    entry = newest()
    Mailbox.objects.create(email="BERT@a.test", password="x")
    blind = connection.vendor == "mysql"
    assert codes(root, entry.pk) == (["taken"] if blind else [])
    assert Mailbox.objects.filter(pk="BERT@a.test").exists()


def test_a_rename_back_onto_a_taken_key(world, root) -> None:
    change_forwarding(actor=root, key="info@a.test", source="new@a.test", destination="bert@a.test")
    entry = newest()
    Forwarding.objects.create(source="info@a.test", destination="x@far.test")
    assert codes(root, entry.pk) == ["taken"]


def test_one_obstacle_stops_the_whole_action(world, root) -> None:
    delete_domain(actor=root, domain="a.test")
    entry = newest()
    Mailbox.objects.create(email="bert@a.test", password="x")
    assert codes(root, entry.pk) == ["taken"]
    assert not Domain.objects.filter(pk="a.test").exists()


def test_what_is_no_change_says_so(db, root) -> None:
    record_sign_in(actor=Actor(ActorKind.SUPERADMIN, "alice", domains=None))
    assert codes(root) == ["not_a_change"]


def test_nothing_kept_cannot_come_back(world, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    Entry.objects.update(kept=None)
    assert codes(root) == ["not_kept"]


def test_after_its_time_it_counts_as_gone_and_is_emptied(world, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    old = newest()
    Entry.objects.filter(pk=old.pk).update(time=oldest() - timezone.timedelta(seconds=1))
    assert codes(root, old.pk) == ["not_kept"]
    (obstacle,) = plan_undo(actor=root, entry_id=old.pk).obstacles
    assert "kept for 30 days" in str(obstacle.message)
    kept = Entry.objects.filter(kept__isnull=False).count()
    assert prune() == 1
    assert Entry.objects.filter(kept__isnull=False).count() == kept - 1
    assert Entry.objects.filter(pk=old.pk).exists()
    assert prune() == 0


def test_with_zero_days_all_of_it_is_gone(world, root, settings) -> None:
    settings.MAILADMIN = type(settings.MAILADMIN)(**{**vars(settings.MAILADMIN), "undo_days": 0})
    assert codes(root) == ["not_kept"]
    assert prune() > 0
    assert not Entry.objects.filter(kept__isnull=False).exists()


def test_a_mailbox_that_comes_back_belongs_to_somebody_new(world, root) -> None:
    """Sessions and second factor went with the mailbox, and do not come back by themselves."""
    identity = MailboxRecord.objects.get(email="bert@a.test").identity
    delete_mailbox(actor=root, email="bert@a.test")
    undo(actor=root, entry_id=newest().pk)
    assert MailboxRecord.objects.get(email="bert@a.test").identity != identity
    suspend_mailbox(actor=root, email="bert@a.test")
    undo(actor=root, entry_id=newest().pk)
    record = MailboxRecord.objects.get(email="bert@a.test")
    create = Entry.objects.get(action="create_mailbox", object_key="bert@a.test")
    undo(actor=root, entry_id=create.pk, force=True)
    assert not MailboxRecord.objects.filter(pk=record.pk).exists()


def test_many_rows_in_a_few_statements(db, root, django_assert_max_num_queries) -> None:
    create_domain(actor=root, domain="a.test")
    Mailbox.objects.bulk_create(
        Mailbox(email=f"m{number:04}@a.test", password=f"{{PLAIN}}{number}")
        for number in range(1200)
    )
    before = snapshot()
    delete_domain(actor=root, domain="a.test")
    entry = newest()
    with django_assert_max_num_queries(120):
        done = undo(actor=root, entry_id=entry.pk)
    assert done.taken_back == 1201
    assert snapshot() == before


def test_an_action_that_touched_a_row_twice(db, root) -> None:
    create_domain(actor=root, domain="a.test")
    before = snapshot()
    with one_action():
        create_mailbox(actor=root, email="anna@a.test", password=SECRET)
        suspend_mailbox(actor=root, email="anna@a.test")
        delete_mailbox(actor=root, email="anna@a.test")
        create_mailbox(actor=root, email="anna@a.test", password=SECRET)
    undo(actor=root, entry_id=newest().pk)
    assert snapshot() == before


def test_an_entry_that_is_not_there(db, root) -> None:
    with pytest.raises(Entry.DoesNotExist):
        undo(actor=root, entry_id=5)
    Entry.objects.create(
        group=uuid.uuid4(), action="x", object_type="gadget", object_key="x", actor_kind="command"
    )
    assert codes(root) == ["not_undoable"]
