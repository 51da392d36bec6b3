"""All or nothing: what was done is taken back, also after a crash, or nothing is begun."""

from __future__ import annotations

import pytest

from audit.actor import Actor
from bulk import running
from bulk.models import Job, State
from bulk.services import begin_job, confirm_job
from bulk.telling import told_by
from domains.models import Domain
from mailboxes.models import Mailbox
from mailkit.passwords import is_locked

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
