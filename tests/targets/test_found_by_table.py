"""What is found by the table is looked at as it is now; what a deletion misses comes later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from audit.models import Entry
from domains.models import Domain
from mailboxes.dependents import domain_dependents, mailbox_dependents
from mailboxes.leading import leading
from mailboxes.models import Forwarding, Mailbox, TargetsState
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import create_mailbox, delete_mailbox
from mailboxes.target_runs import compare_targets, plan_comparison
from tests.account.conftest import ANNA
from tests.conftest import PASSWORD
from undo.services import undo

from .conftest import by_sql, in_step

FAR = "x@far.example"


def rows() -> dict[str, str]:
    return dict(Forwarding.objects.values_list("source", "destination"))


@pytest.mark.parametrize("late", ["never", "few", "old"])
def test_all_are_read_where_the_table_may_lack_too_much(compared, late, monkeypatch):
    if late != "never":
        compared()
        assert leading().by_table
    if late == "few":
        monkeypatch.setattr("mailboxes.leading.FEW", 1)
    elif late == "old":
        TargetsState.objects.update(compared_at=timezone.now() - timedelta(hours=2))
    assert leading().as_of is None


def test_a_row_that_leads_elsewhere_by_now_is_not_believed(anna, compared):
    by_sql("info@a.test", ANNA)
    by_sql("gone@a.test", ANNA)
    by_sql("same@a.test", f"{FAR}, {ANNA.upper()}")
    compared()
    Forwarding.objects.filter(pk="info@a.test").update(destination=FAR)
    Forwarding.objects.filter(pk="gone@a.test").delete()

    assert mailbox_dependents(ANNA).forwardings_to.keys == ["same@a.test"]


def test_a_deletion_takes_targets_at_once(anna, compared, root, work):
    by_sql("info@a.test", ANNA)
    by_sql("both@b.test", f"{ANNA}, {FAR}")
    compared()

    delete_mailbox(actor=root, email=ANNA)

    assert rows() == {"both@b.test": FAR}
    work()
    assert rows() == {"both@b.test": FAR}
    assert in_step()


def test_what_sql_made_since_loses_its_target_in_the_same_action(anna, compared, root, work):
    by_sql("info@a.test", ANNA)
    compared()
    by_sql("late@b.test", f"{ANNA}, {FAR}")
    before = rows()
    delete_mailbox(actor=root, email=ANNA)
    assert rows() == {"late@b.test": f"{ANNA}, {FAR}"}

    work()

    assert rows() == {"late@b.test": FAR}
    assert in_step()
    deleted = Entry.objects.get(action="delete_mailbox")
    assert Entry.objects.get(object_key="late@b.test").group == deleted.group
    undo(actor=root, entry_id=Entry.objects.first().pk, force=True)
    assert rows() == before
    assert Mailbox.objects.filter(pk=ANNA).exists()


def test_a_mailbox_made_anew_meanwhile_keeps_its_forwardings(anna, compared, root, work):
    compared()
    by_sql("late@b.test", ANNA)
    delete_mailbox(actor=root, email=ANNA)
    create_mailbox(actor=root, email=ANNA, password=PASSWORD, force=True)

    work()

    assert rows() == {"late@b.test": ANNA}


def test_a_domain_goes_with_what_sql_made_since(anna, compared, root, work):
    Domain.objects.get_or_create(domain="a.test")
    by_sql("one@b.test", ANNA)
    compared()
    by_sql("late@b.test", f"no@A.test, {FAR}")
    assert domain_dependents("a.test").forwardings_to.keys == ["one@b.test"]
    delete_domain(actor=root, domain="a.test")
    assert rows() == {"late@b.test": f"no@A.test, {FAR}"}

    work()

    assert rows() == {"late@b.test": FAR}
    assert in_step()


@pytest.mark.parametrize("how", ["keep", "by_reading"])
def test_nothing_is_left_to_do_where_nothing_can_be_missed(anna, compared, root, how):
    by_sql("info@a.test", ANNA)
    if how == "keep":
        compared()
    delete_mailbox(actor=root, email=ANNA, dependents="keep" if how == "keep" else "remove")
    assert not DBTaskResult.objects.exists()


def test_the_comparison_plans_itself_anew_once(db, work):
    by_sql("info@a.test", ANNA)
    plan_comparison()
    plan_comparison()
    assert DBTaskResult.objects.ready().count() == 1

    work()

    assert in_step()
    (waiting,) = DBTaskResult.objects.filter(status="READY")
    assert waiting.task_path == compare_targets.module_path
    assert timezone.now() < waiting.run_after < timezone.now() + timedelta(minutes=11)
    plan_comparison()
    work()
    assert DBTaskResult.objects.filter(status="READY").count() == 1
