"""All or nothing: what was done is taken back, also after a crash, or nothing is begun."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.actor import Actor
from audit.models import Entry
from audit.refusals import Refused, codes_of
from bulk import running
from bulk.models import Job, State
from bulk.services import begin_job, confirm_job
from bulk.telling import told_by
from bulk.words import REASONS
from domains.models import Domain
from mailboxes.models import Forwarding, Mailbox
from mailkit.passwords import is_locked, lock
from undo.services import undo

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def boxes(db: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Seven mailboxes, and parts of three items."""
    monkeypatch.setattr(running, "ITEMS", 3)
    Domain.objects.create(domain="a.test")
    names = [f"u{number}@a.test" for number in range(7)]
    Mailbox.objects.bulk_create(Mailbox(email=name, password="{PLAIN}x") for name in names)
    return names


def suspended() -> list[str]:
    rows = Mailbox.objects.order_by("pk")
    return [row.pk for row in rows if row.password and is_locked(row.password)]


def planned(actor: Actor, kind: str, keys: list[str], **options: object) -> Job:
    job = begin_job(actor=actor, kind=kind, options={**options, "selection": {"keys": keys}})
    running.run(job.pk)
    job.refresh_from_db()
    return job


def test_a_crash_right_after_the_refusal_does_not_lose_it(root: Actor, boxes: list[str]) -> None:
    job = planned(root, "suspend_mailboxes", boxes)
    confirm_job(actor=root, job=job, all_or_nothing=True)
    Mailbox.objects.filter(pk=boxes[1]).delete()

    def die(job: Job) -> None:
        raise Killed

    with pytest.raises(Killed), told_by(die):
        running.run(job.pk)
    assert suspended() == [boxes[0], boxes[2]]
    assert running.run(job.pk) == State.REFUSED

    job.refresh_from_db()
    assert (job.reason, job.done) == ("all_or_nothing", 0)
    assert suspended() == []


def test_without_undo_it_cannot_be_had(
    admin: Client, superadmin: User, boxes: list[str], settings: Any
) -> None:
    root = superadmin.actor("")
    job = planned(root, "suspend_mailboxes", boxes)
    assert 'value="all"' in admin.get(f"/bulk/{job.pk}/").content.decode()
    settings.MAILADMIN = type(settings.MAILADMIN)(**{**vars(settings.MAILADMIN), "undo_days": 0})

    assert 'value="all"' not in admin.get(f"/bulk/{job.pk}/").content.decode()
    with pytest.raises(Refused) as caught:
        confirm_job(actor=root, job=job, all_or_nothing=True)
    assert codes_of(caught.value) == ["cannot_take_back"]
    assert confirm_job(actor=root, job=job)


def test_rows_of_others_that_went_along_come_back_too(domain_admin: User, boxes: list[str]) -> None:
    Domain.objects.create(domain="b.test")
    Forwarding.objects.create(source="x@b.test", destination=boxes[0])
    bob = domain_admin.actor("")
    job = planned(bob, "delete_mailboxes", boxes, dependents="remove")
    confirm_job(actor=bob, job=job, all_or_nothing=True)
    Mailbox.objects.filter(pk=boxes[5]).delete()
    assert running.run(job.pk) == State.REFUSED

    assert Mailbox.objects.count() == len(boxes) - 1
    assert [row.pk for row in Forwarding.objects.all()] == ["x@b.test"]


def test_what_cannot_be_taken_back_is_said(
    root: Actor, boxes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = planned(root, "suspend_mailboxes", boxes)
    confirm_job(actor=root, job=job, all_or_nothing=True)
    Mailbox.objects.filter(pk=boxes[5]).delete()

    def change(job: Job) -> None:
        # Somebody else, in between.
        Mailbox.objects.filter(pk=boxes[0]).update(password="{PLAIN}other")

    with told_by(change):
        assert running.run(job.pk) == State.FAILED

    job.refresh_from_db()
    assert (job.reason, job.done) == ("not_taken_back", 5)
    assert "stay changed" in str(REASONS[job.reason])
    Mailbox.objects.filter(pk=boxes[0]).update(password=lock("{PLAIN}x"))
    entry = Entry.objects.filter(group=job.group).order_by("pk").first()
    assert entry is not None
    undo(actor=root, entry_id=entry.pk, force=True)
    assert suspended() == []


def test_it_is_offered_for_a_clean_plan(admin: Client, superadmin: User, boxes: list[str]) -> None:
    job = planned(superadmin.actor(""), "suspend_mailboxes", boxes)
    page = admin.get(f"/bulk/{job.pk}/").content.decode()
    assert page.count('name="rows"') == 2
    admin.post(f"/bulk/{job.pk}/confirm/", {"rows": "all"})
    job.refresh_from_db()
    assert (job.all_or_nothing, job.state) == (True, State.DONE)
