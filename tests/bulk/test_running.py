"""A job: its plan only looks, it is carried out part by part, stopped, gone on with, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.refusals import Refused, codes_of
from bulk import kinds, parts, running
from bulk.items import Item, Verdict
from bulk.models import Job, Part, Role, State
from bulk.sealing import NotOurs, seal, unseal
from bulk.services import begin_job, cancel_job, confirm_job, has_stopped, prune_jobs, resume_job
from bulk.work import Progress
from domains.models import Domain
from mailadmin.pruning import prune_log
from mailboxes.models import Mailbox
from mailkit.passwords import is_locked
from undo.services import undo
from worker.giving_back import GivenBack, asked_by
from worker.loop import Loop

pytestmark = pytest.mark.django_db
MANY = 7


@pytest.fixture
def boxes(db: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Seven mailboxes, and parts of three items."""
    monkeypatch.setattr(running, "ITEMS", 3)
    Domain.objects.create(domain="a.test")
    names = [f"u{number}@a.test" for number in range(MANY)]
    Mailbox.objects.bulk_create(Mailbox(email=name, password="{PLAIN}x") for name in names)
    return names


def suspended() -> list[str]:
    rows = Mailbox.objects.order_by("pk")
    return [row.pk for row in rows if row.password and is_locked(row.password)]


def begun(actor: Actor, **selection: Any) -> Job:
    return begin_job(actor=actor, kind="suspend_mailboxes", options={"selection": selection})


def test_a_worker_plans_and_once_confirmed_carries_out(root: Actor, boxes: list[str]) -> None:
    job = begun(root, domain="a.test")
    loop = Loop(interval=0.0)
    assert loop.step()

    job.refresh_from_db()
    assert (job.state, job.items, job.counts) == (State.CHECKED, MANY, {"change": MANY})
    assert suspended() == []

    assert confirm_job(actor=root, job=job)
    assert not confirm_job(actor=root, job=job)
    assert loop.step()

    job.refresh_from_db()
    assert (job.state, job.done, job.failed, job.position) == (State.DONE, MANY, 0, 3)
    assert suspended() == boxes
    groups = set(Entry.objects.filter(action="suspend_mailbox").values_list("group", flat=True))
    assert groups == {job.group}


def test_it_is_undone_as_one_action(root: Actor, boxes: list[str]) -> None:
    job = begun(root, keys=boxes)
    run_to_the_end(root, job)

    entry = Entry.objects.filter(group=job.group).order_by("pk").first()
    assert entry is not None
    undo(actor=root, entry_id=entry.pk)

    assert suspended() == []


def run_to_the_end(actor: Actor, job: Job, **how: Any) -> None:
    running.run(job.pk)
    job.refresh_from_db()
    confirm_job(actor=actor, job=job, **how)
    running.run(job.pk)
    job.refresh_from_db()


def test_what_a_worker_left_is_gone_on_with_and_nothing_done_twice(
    root: Actor, boxes: list[str]
) -> None:
    job = begun(root, keys=boxes)
    running.run(job.pk)
    job.refresh_from_db()
    confirm_job(actor=root, job=job)
    asked = iter([False, True])
    with pytest.raises(GivenBack), asked_by(lambda: next(asked)):
        running.run(job.pk)
    assert len(suspended()) == 3

    running.run(job.pk)

    assert suspended() == boxes
    job.refresh_from_db()
    assert (job.state, job.done) == (State.DONE, MANY)
    assert Entry.objects.filter(action="suspend_mailbox").count() == MANY


def test_a_worker_that_was_taken_for_dead_writes_no_more_of_a_plan(
    root: Actor, boxes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begun(root, keys=boxes)
    work = kinds.KINDS["suspend_mailboxes"]
    late: list[int] = []

    class Slow(type(work)):  # type: ignore[misc]
        def plan(self, job: Job, actor: Actor, progress: Progress) -> Iterator[Item]:
            for item in super().plan(job, actor, progress):
                yield item
                if item.line == 4 and not late:
                    late.append(item.line)
                    Mailbox.objects.filter(pk=boxes[0]).delete()
                    # Another one has it now, and is told to stop in the middle.
                    with pytest.raises(GivenBack), asked_by(iter([False, True]).__next__):
                        running.run(job.pk)

    monkeypatch.setitem(kinds.KINDS, "suspend_mailboxes", Slow())
    assert running.run(job.pk) == State.CHECKING
    assert running.run(job.pk) == State.CHECKED

    job.refresh_from_db()
    assert (job.state, job.items, job.counts) == (State.CHECKED, MANY - 1, {"change": MANY - 1})
    planned = [item.key for n in (0, 1) for item in parts.read_items(job, Role.PLAN, n)]
    assert planned == boxes[1:]
    assert parts.numbers(job, Role.PLAN) == [0, 1]


def test_one_that_is_stopped_knows_what_is_done(
    root: Actor, boxes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begun(root, keys=boxes)
    running.run(job.pk)
    job.refresh_from_db()
    confirm_job(actor=root, job=job)
    work = kinds.KINDS["suspend_mailboxes"]
    carried = []

    class Stopping(type(work)):  # type: ignore[misc]
        def prepare(self, job: Job, items: list[Item]) -> None:
            carried.append(len(items))
            if len(carried) == 2:
                cancel_job(actor=root, job=Job.objects.get(pk=job.pk))

    monkeypatch.setitem(kinds.KINDS, "suspend_mailboxes", Stopping())
    running.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done) == (State.CANCELLED, 3)
    assert suspended() == boxes[:3]
    assert not cancel_job(actor=root, job=job)


def test_all_or_nothing_is_taken_back_when_a_row_is_refused_on_the_way(
    root: Actor, boxes: list[str]
) -> None:
    job = begun(root, keys=boxes)
    running.run(job.pk)
    job.refresh_from_db()
    confirm_job(actor=root, job=job, all_or_nothing=True)
    Mailbox.objects.filter(pk=boxes[4]).delete()
    running.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.reason, job.done) == (State.REFUSED, "all_or_nothing", 0)
    assert suspended() == []


def test_good_rows_only_goes_on_and_lists_what_was_refused(root: Actor, boxes: list[str]) -> None:
    job = begun(root, keys=boxes)
    running.run(job.pk)
    job.refresh_from_db()
    confirm_job(actor=root, job=job)
    Mailbox.objects.filter(pk=boxes[4]).delete()
    running.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == (State.DONE, MANY - 1, 1)
    (left,) = parts.read_items(job, Role.RESULT, 1)
    assert (left.key, left.reasons[0].code) == (boxes[4], "not_found")


def test_all_or_nothing_is_not_begun_while_a_row_is_refused(root: Actor, boxes: list[str]) -> None:
    job = begun(root, keys=boxes)
    running.run(job.pk)
    Job.objects.filter(pk=job.pk).update(counts={"change": 6, "refused": 1})
    job.refresh_from_db()
    with pytest.raises(Refused) as caught:
        confirm_job(actor=root, job=job, all_or_nothing=True)
    assert codes_of(caught.value) == ["not_all"]


def test_only_whoever_began_it_confirms_and_others_do_not_see_it(
    root: Actor, boxes: list[str]
) -> None:
    job = begun(root, keys=boxes)
    running.run(job.pk)
    other = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
    assert not Job.objects.visible_to(other).exists()
    for service in (confirm_job, cancel_job, resume_job):
        with pytest.raises(PermissionDenied):
            service(actor=other, job=job)
    assert suspended() == []


def test_a_domain_admin_gets_no_further_than_his_domains(root: Actor, boxes: list[str]) -> None:
    bob = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"b.test"}))
    job = begun(bob, keys=boxes)
    assert list(kinds.KINDS[job.kind].plan(job, bob, lambda read, whole: None)) == []
    # He is no operator (any more), so a worker does nothing for him.
    assert running.run(job.pk) == State.CANCELLED


def test_one_whose_task_failed_can_go_on(root: Actor, boxes: list[str]) -> None:
    job = begun(root, keys=boxes)
    assert not has_stopped(job)
    Job.objects.filter(pk=job.pk).update(task="1b0f6d2e-0000-4000-8000-000000000000")
    job.refresh_from_db()
    assert has_stopped(job)
    assert resume_job(actor=root, job=job)
    assert not has_stopped(job)


def test_secrets_are_kept_apart_and_forgotten(root: Actor, boxes: list[str]) -> None:
    job = begun(root, keys=boxes)
    item = Item(1, "mailbox", boxes[0], Verdict.CREATE, secret={"password": "geheim"})
    parts.keep_items(job, Role.PLAN, 0, [item])
    assert parts.read_items(job, Role.PLAN, 0)[0].secret == {}
    assert parts.read_items(job, Role.PLAN, 0, secrets=True)[0].secret == {"password": "geheim"}
    assert all(b"geheim" not in bytes(part.data) for part in Part.objects.all())
    assert "geheim" not in repr(item)

    running.end(job, State.CANCELLED)
    assert not Part.objects.filter(role=Role.SECRET).exists()


def test_a_file_comes_back_as_it_was(root: Actor) -> None:
    pieces = [b"\xff\xfe a", b"", b"b" * 1000]
    job = begin_job(actor=root, kind="suspend_mailboxes", options={}, file=iter(pieces))
    assert job.whole == 1004
    assert list(parts.read_file(job)) == pieces


def test_a_part_put_elsewhere_is_refused() -> None:
    assert unseal(seal(b"x", "1/plan/0"), "1/plan/0") == b"x"
    with pytest.raises(NotOurs):
        unseal(seal(b"x", "1/plan/0"), "2/plan/0")


def test_old_jobs_are_pruned(root: Actor, boxes: list[str]) -> None:
    job = begun(root, keys=boxes)
    running.run(job.pk)
    assert prune_jobs() == 0
    Job.objects.update(created_at="2020-01-01T00:00:00Z")
    assert prune_jobs() == 1
    assert not Part.objects.exists()


def test_the_worker_and_the_daily_pruning_remove_old_jobs(root: Actor, boxes: list[str]) -> None:
    for by in (lambda: Loop(interval=0.0).step(), lambda: prune_log(root)):
        old = begun(root, keys=boxes)
        running.run(old.pk)
        Job.objects.filter(pk=old.pk).update(created_at="2020-01-01T00:00:00Z")
        by()
        assert not Job.objects.filter(pk=old.pk).exists()
