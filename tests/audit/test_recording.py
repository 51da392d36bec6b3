"""What an entry says: who, from where, what, before and after, and which action it belongs to."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.test import Client

from accounts.services import add_operator
from audit.actions import one_action
from audit.actor import Actor, ActorKind
from audit.kept import kept_of
from audit.log import was_known
from audit.models import KEY_LENGTH, Entry
from audit.reading import ACTIONS, CHOICES
from audit.refusals import Refused
from domains.services import change_transport, create_domain, create_transport, delete_transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import change_forwarding, create_forwarding
from mailboxes.services.mailboxes import create_mailbox, delete_mailbox, set_mailbox_password

SECRET = "correct horse 42 battery"


@pytest.fixture
def undo_days(settings):
    """MAILADMIN_UNDO_DAYS for one test."""

    def set_days(days: int) -> None:
        settings.MAILADMIN = type(settings.MAILADMIN)(
            **{**vars(settings.MAILADMIN), "undo_days": days}
        )

    return set_days


def test_it_says_who_from_where_and_what(db) -> None:
    alice = Actor(ActorKind.SUPERADMIN, "alice", "192.0.2.7", domains=None)
    create_domain(actor=alice, domain="a.test")
    entry = Entry.objects.get()
    assert (entry.actor, entry.actor_kind, entry.address) == ("alice", "superadmin", "192.0.2.7")
    assert (entry.action, entry.object_type, entry.object_key) == (
        "create_domain",
        "domain",
        "a.test",
    )
    assert (entry.domain, entry.changes) == ("a.test", {"domain": [None, "a.test"]})


def test_a_password_is_a_scheme_and_that_it_is_new(db, root) -> None:
    create_domain(actor=root, domain="a.test")
    create_mailbox(actor=root, email="anna@a.test", password=SECRET)
    set_mailbox_password(actor=root, email="anna@a.test", password=SECRET + "x")
    assert Entry.objects.first().changes == {"password": ["{SHA512-CRYPT}", "{SHA512-CRYPT}, new"]}


def test_what_one_service_changes_is_one_action(db, root) -> None:
    create_domain(actor=root, domain="a.test")
    create_mailbox(actor=root, email="anna@a.test", password=SECRET)
    create_forwarding(actor=root, source="info@a.test", destination="anna@a.test")
    delete_mailbox(actor=root, email="anna@a.test")
    deleted = Entry.objects.filter(action__startswith="delete_")
    assert deleted.count() == 2
    assert deleted.values("group").distinct().count() == 1
    assert Entry.objects.values("group").distinct().count() == 4


def test_an_operator_with_his_domains_is_one_action(db, root) -> None:
    add_operator(
        actor=root, name="bob", password=SECRET, superadmin=False, domains=["a.test"], force=True
    )
    assert Entry.objects.count() == 2
    assert Entry.objects.values("group").distinct().count() == 1


def test_a_bulk_edit_is_one_action_and_the_next_is_another(db, root) -> None:
    with one_action():
        create_domain(actor=root, domain="a.test")
        create_domain(actor=root, domain="b.test")
    create_domain(actor=root, domain="c.test")
    groups = list(Entry.objects.order_by("pk").values_list("group", flat=True))
    assert groups[0] == groups[1] != groups[2]


def test_a_refused_change_leaves_no_entry(db, root) -> None:
    create_domain(actor=root, domain="a.test")
    with pytest.raises(Refused):
        create_domain(actor=root, domain="a.test")
    assert Entry.objects.count() == 1


def test_a_rename_is_found_by_both_keys(db, root) -> None:
    create_domain(actor=root, domain="a.test")
    create_forwarding(actor=root, source="old@a.test", destination="x@far.test")
    change_forwarding(actor=root, key="old@a.test", source="new@a.test", destination="x@far.test")
    entry = Entry.objects.first()
    assert (entry.object_key, entry.former_key) == ("new@a.test", "old@a.test")
    assert entry in Entry.objects.about("forwarding", "old@a.test")
    assert entry in Entry.objects.about("forwarding", "new@a.test")
    assert was_known("forwarding", "old@a.test")
    # Most entries have no former key: that is not a key of no characters.
    assert not was_known("forwarding", "")


def test_an_overlong_key_is_cut_in_the_log_and_whole_in_what_undo_needs(db, root) -> None:
    key = "x" * 200 + "." + "y" * (KEY_LENGTH - 200) + ".test"
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        create_transport(actor=root, domain="a.test", transport="smtp:")
        Forwarding.objects.create(source=key, destination="a@b.test")
        change_forwarding(actor=root, key=key, destination="c@d.test")
        entry = Entry.objects.with_kept().first()
        assert entry.object_key == key[:KEY_LENGTH]
        assert kept_of(entry).before[0]["source"] == key


def test_whole_rows_are_kept_before_and_the_mail_columns_after(db, root) -> None:
    create_transport(actor=root, domain="far.test", transport="smtp:")
    change_transport(actor=root, key="far.test", transport="relay:")
    delete_transport(actor=root, key="far.test")
    created, changed, deleted = (
        kept_of(entry) for entry in Entry.objects.with_kept().order_by("pk")
    )
    smtp = {"domain": "far.test", "transport": "smtp:"}
    relay = {"domain": "far.test", "transport": "relay:"}
    assert (created.before, created.after) == ((), (smtp,))
    assert (changed.before, changed.after) == ((smtp,), (relay,))
    assert (deleted.before, deleted.after) == ((relay,), ())


def test_nothing_is_kept_when_told_so(db, root, undo_days) -> None:
    undo_days(0)
    create_domain(actor=root, domain="a.test")
    create_forwarding(actor=root, source="info@a.test", destination="x@far.test")
    create_mailbox(actor=root, email="anna@a.test", password=SECRET)
    change_forwarding(
        actor=root, key="info@a.test", source="x@b.test", destination="x@far.test", force=True
    )
    delete_domain(actor=root, domain="a.test")
    entries = Entry.objects.with_kept()
    assert entries.count() == 7
    assert {entry.kept for entry in entries} == {None}


def test_the_pages_log_the_network_address(admin: Client) -> None:
    admin.post("/domains/add/", {"domain": "a.test"}, REMOTE_ADDR="198.51.100.9")
    assert Entry.objects.get().address == "198.51.100.9"


def test_a_command_logs_the_system_user(run) -> None:
    run("domain", "add", "a.test")
    entry = Entry.objects.get()
    assert (entry.actor_kind, entry.address) == ("command", "")
    assert entry.actor


def test_every_action_has_words_and_a_choice(db, root) -> None:
    assert set(ACTIONS) == set(CHOICES)


def test_no_entry_holds_a_hash_outside_the_protected_column(db, root) -> None:
    create_domain(actor=root, domain="a.test")
    create_mailbox(actor=root, email="anna@a.test", password=SECRET)
    stored = Mailbox.objects.get().password
    set_mailbox_password(actor=root, email="anna@a.test", password=SECRET + "x")
    delete_domain(actor=root, domain="a.test")
    rows = json.dumps(list(Entry.objects.values()), default=str)
    assert stored not in rows
    assert "$6$" not in rows
