"""A grant is of the domain that had the name when it was given, not of the next one."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.granted import granted_to
from accounts.models import Grant, Kind, User
from accounts.services import change_operator, grant_domains
from audit.log import record
from audit.models import Entry
from audit.refusals import codes_of
from domains.models import Domain
from domains.services import create_domain
from mailadmin.pruning import prune_log
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import create_mailbox
from tests.domain_stories import NAME, SECRET, manages, play, rows
from undo.services import undo

# See `play`.
STORIES = {
    "C G": True,
    "c G": True,
    "G": True,
    # Given before there is such a domain: it is of the first one.
    "G C": True,
    "G c": True,
    "G C D": False,
    "G C D C": False,
    "G C d C": False,
    "G c D C": False,
    "G C D R": True,
    # Gone, and somebody else's.
    "C G D": False,
    "C G D C": False,
    "C G D c": False,
    "C G d C": False,
    "C G K C": False,
    "c G D C": False,
    "C G M D C": False,
    # Deleted and made by SQL alone: nothing tells the panel.
    "C G d c": True,
    # Given anew.
    "C G D C G": True,
    "C G D C X": False,
    "C G D G": True,
    "C G D G C": True,
    "C D G C": True,
    "C D G C D C": False,
    "C D c G": True,
    "C D c G d C": False,
    "C d G C": True,
    # Taken back: it is the same domain again.
    "C G D U": True,
    "C G D R": True,
    "C G M D O": True,
    "C G M D R": True,
    "C G D U U": False,
    "C G D U U U": True,
    "C G D U D": False,
    "C G D C U": False,
    "C G D C U R": True,
    "C G D C D S": True,
    "C G D C D S d C": False,
    "C G D C D S D": False,
    "C G D C D S D R": True,
    # Given for the domain in between.
    "C D C G D S": False,
    "C D C G U R": False,
    "C D G R": False,
    # The creation is taken back.
    "C G U": False,
    "C G U c": False,
    "C G U C": False,
    "C G U U": True,
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bob(db: None) -> User:
    """A domain admin without domains."""
    return User.objects.create(username="bob", kind=Kind.OPERATOR)


@pytest.mark.parametrize(("story", "counts"), STORIES.items())
def test_whether_it_counts(root, bob: User, story: str, counts: bool) -> None:
    play(story, root)
    assert manages() is counts
    granted = granted_to([bob])[bob.pk]
    former = [NAME] if rows() and not counts else []
    assert (granted.domains, granted.former) == ([NAME] if counts else [], former)


def test_another_domain_has_nothing_to_do_with_it(root) -> None:
    play("C G", root)
    for name in ("sub.firm.test", "xfirm.test", "firm.test.test"):
        create_domain(actor=root, domain=name)
        delete_domain(actor=root, domain=name)
    # MariaDB's collations take these for the same.
    for name in ("fírm.test", "ｆirm.test"):
        record(actor=root, action="delete_domain", object_type="domain", key=name, domain=name)
    assert manages()


def test_a_row_with_capitals_is_the_domain_too(root) -> None:
    Domain.objects.create(domain="Firm.TEST")
    grant_domains(actor=root, name="bob", domains=[NAME])
    assert not Grant.objects.get().ahead
    delete_domain(actor=root, domain="Firm.TEST")
    assert not manages()


def test_to_grant_again_renews_it_in_one_row(root) -> None:
    play("C G D C", root)
    assert grant_domains(actor=root, name="bob", domains=[NAME]) == [NAME]
    assert grant_domains(actor=root, name="bob", domains=[NAME]) == []
    assert rows() == 1
    assert Entry.objects.filter(action="grant_domain").count() == 2


def change(root, *domains: str, superadmin: bool = False) -> None:
    change_operator(actor=root, name="bob", superadmin=superadmin, domains=domains, force=True)


def test_saving_the_operator_neither_renews_nor_removes_a_former_one(root) -> None:
    play("C G D C", root)
    change(root, "other.test")
    assert not manages()
    assert rows() == 1
    change(root, "other.test", NAME)
    assert manages()


def test_a_superadmin_keeps_no_former_one_either(root, superadmin) -> None:
    play("C G D", root)
    change(root, superadmin=True)
    change(root)
    play("R", root)
    assert not manages()


def test_a_former_one_that_is_revoked_does_not_come_back(root) -> None:
    play("C G D X R", root)
    assert not manages()
    assert Entry.objects.get(action="revoke_domain").domain == "", "no news for the next admin"


def test_a_grant_of_a_former_domain_is_not_undone(root) -> None:
    """It is not there any more, as after a revocation."""
    play("C G D C", root)
    with pytest.raises(ValidationError) as refused:
        undo(actor=root, entry_id=Entry.objects.get(action="grant_domain").pk)
    assert codes_of(refused.value) == ["changed"]


def test_limits_do_not_count_a_former_domain(root, bob: User) -> None:
    """One mailbox at most: those in the next owner's domain are not his."""
    bob.max_mailboxes = 1
    bob.save()
    play("C G D C M M", root)
    create_domain(actor=root, domain="other.test")
    grant_domains(actor=root, name="bob", domains=["other.test"])
    create_mailbox(actor=bob.actor(), email="x@other.test", password=SECRET)
    with pytest.raises(ValidationError) as refused:
        create_mailbox(actor=bob.actor(), email="y@other.test", password=SECRET)
    assert codes_of(refused.value) == ["limit.mailboxes"]


@pytest.mark.parametrize(
    ("story", "days", "left"),
    [
        # Undo can still bring it back.
        ("C G D", 29, 1),
        ("C G D", 31, 0),
        ("C G D C", 31, 0),
        ("C G d C", 31, 0),
        ("C G D R", 31, 1),
        ("C G", 31, 1),
        ("G C", 31, 1),
    ],
)
def test_what_undo_cannot_bring_back_is_removed(root, story: str, days: int, left: int) -> None:
    play(story, root)
    counted = manages()
    Entry.objects.update(time=timezone.now() - timedelta(days=days))
    prune_log(root)
    assert rows() == left
    if not left:
        logged = Entry.objects.get(action="revoke_domain")
        assert (logged.actor, logged.domain) == ("root", "")
        # However much of the log goes now.
        Entry.objects.all().delete()
    assert manages() is counted


def test_with_nothing_kept_for_undo_it_is_removed_at_once(root, monkeypatch) -> None:
    values = {**vars(settings.MAILADMIN), "undo_days": 0}
    monkeypatch.setattr(settings, "MAILADMIN", settings.MAILADMIN.__class__(**values))
    play("C G D", root)
    prune_log(root)
    assert rows() == 0


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("C G", "", True),
        ("C G", "D", False),
        ("C G", "D C", False),
        ("c G", "", True),
        ("c G", "D", False),
        ("G", "", True),
        ("G", "C", True),
        ("G", "C D C", False),
        ("C G D", "", False),
        ("C G D", "C", False),
        ("C G D", "c", False),
        ("C G D", "R", True),
        ("C G D R d", "C", False),
        ("C G d", "", False),
        ("C G d", "C", False),
        # In force until the upgrade, whatever was before.
        ("C G D C", "", True),
        ("C G D C", "D", False),
    ],
)
def test_grants_of_before_the_upgrade(root, before: str, after: str, counts: bool) -> None:
    """The panel did not write down when they were given."""
    play(before, root)
    Grant.objects.update(since=Entry.objects.newest_id(), ahead=False)
    migration = import_module("accounts.migrations.0008_grant_since")
    migration.judge_grants_without_a_domain(apps, SimpleNamespace(connection=connection))
    play(after, root)
    assert manages() is counts


def test_it_is_one_query_however_many_there_are(root, bob: User) -> None:
    found = []
    for start, stop in ((0, 2), (2, 40)):
        for number in range(start, stop):
            create_domain(actor=root, domain=f"d{number}.test")
        grant_domains(actor=root, name="bob", domains=[f"d{n}.test" for n in range(stop)])
        with CaptureQueriesContext(connection) as captured:
            assert len(bob.actor().domains or ()) == stop
        found.append([len(query["sql"]) for query in captured.captured_queries])
    assert found[0] == found[1]
    assert len(found[0]) == 1
