"""Undo of an action of many rows is a job: plan, warnings, exactly once, never half."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.actor import Actor
from audit.models import Entry
from bulk import running
from bulk.models import Job, Role, State
from bulk.parts import read_items
from bulk.services import cancel_job, confirm_job
from domains.models import Domain
from mailadmin.views import audit
from mailboxes.models import Mailbox
from mailkit.passwords import is_locked
from worker.loop import Loop

pytestmark = pytest.mark.django_db
MANY = 7


@pytest.fixture
def suspended(planned: Any, done: Any, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job that suspended seven mailboxes, three of them at a time."""
    monkeypatch.setattr(running, "ITEMS", 3)
    Domain.objects.create(domain="a.test")
    for number in range(MANY):
        Mailbox.objects.create(email=f"u{number}@a.test", password="{PLAIN}x")
    job: Job = done(planned("suspend_mailboxes", selection={"domain": "a.test"}))
    assert job.done == MANY
    return job


def locked() -> list[str]:
    rows = Mailbox.objects.order_by("pk")
    return [row.pk for row in rows if row.password and is_locked(row.password)]


def entry_of(job: Job) -> Entry:
    return Entry.objects.filter(group=job.group).order_by("pk")[0]


def test_it_is_planned_row_by_row_and_taken_back_once(
    root: Actor, planned: Any, done: Any, suspended: Job
) -> None:
    job = planned("undo", entry=entry_of(suspended).pk)
    assert (job.state, job.counts) == (State.CHECKED, {"change": MANY})
    item = read_items(job, Role.PLAN, 0)[0]
    assert item.changes == {"password": ["{PLAIN}, locked", "{PLAIN}"]}
    assert len(locked()) == MANY

    done(job)
    assert (job.state, job.done) == (State.DONE, MANY)
    assert locked() == []
    assert not confirm_job(actor=root, job=job)
    # Which is an action that can be undone in its turn.
    again = done(planned("undo", entry=entry_of(job).pk))
    assert (again.state, len(locked())) == (State.DONE, MANY)


def test_what_stands_in_the_way_is_in_the_plan(root: Actor, planned: Any, suspended: Job) -> None:
    Mailbox.objects.filter(pk="u3@a.test").update(password="{PLAIN}y")
    job = planned("undo", entry=entry_of(suspended).pk)
    assert job.counts == {"refused": 1}
    with pytest.raises(Exception, match="cannot be done"):
        confirm_job(actor=root, job=job)
    assert len(locked()) == MANY - 1


def test_what_comes_into_the_way_leaves_all_as_it_is(
    planned: Any, done: Any, suspended: Job
) -> None:
    job = planned("undo", entry=entry_of(suspended).pk)
    Mailbox.objects.filter(pk="u3@a.test").delete()
    done(job)
    assert (job.state, job.reason, job.done) == (State.REFUSED, "undo_refused", 0)
    assert len(locked()) == MANY - 1
    (left,) = read_items(job, Role.RESULT, 0)
    assert left.reasons[0].code == "gone"


def test_a_worker_that_died_after_it_was_done_does_it_no_second_time(
    root: Actor, planned: Any, suspended: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = planned("undo", entry=entry_of(suspended).pk)
    confirm_job(actor=root, job=job)
    with monkeypatch.context() as patched:
        patched.setattr(running, "end", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            running.run(job.pk)
    assert locked() == []
    logged = Entry.objects.count()
    running.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, Entry.objects.count()) == (State.DONE, MANY, logged)


def test_it_cannot_be_stopped_once_it_is_under_way(
    root: Actor, planned: Any, suspended: Job
) -> None:
    job = planned("undo", entry=entry_of(suspended).pk)
    confirm_job(actor=root, job=job)
    assert not cancel_job(actor=root, job=job)


def test_the_page_of_a_big_action_begins_a_job(
    admin: Client, suspended: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/audit/{entry_of(suspended).pk}/undo/"
    assert "is a job" not in admin.get(url).content.decode()
    monkeypatch.setattr(audit, "AT_ONCE", 3)
    assert "is a job" in admin.get(url).content.decode()
    assert not Job.objects.filter(kind="undo").exists()
    page = admin.post(url, follow=True)
    job = Job.objects.get(kind="undo")
    assert page.redirect_chain == [(f"/bulk/{job.pk}/", 302)]
    loop = Loop(interval=0.0)
    while loop.step():
        pass
    assert "7 rows would be done" in admin.get(f"/bulk/{job.pk}/").content.decode()
    admin.post(f"/bulk/{job.pk}/confirm/")
    assert locked() == []


def test_one_entry_alone_is_still_undone_on_the_page(
    admin: Client, suspended: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 3)
    admin.post(f"/audit/{entry_of(suspended).pk}/undo/?only=1")
    assert len(locked()) == MANY - 1
