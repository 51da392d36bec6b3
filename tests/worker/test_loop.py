"""One worker: it does tasks, writes down how they ended, and leaves no secret anywhere."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.worker import sample
from worker import loop as loop_module
from worker import queue
from worker.leases import Watch
from worker.loop import Loop
from worker.models import Worker

SECRET = "{PLAIN}hunter2"


@pytest.fixture
def loop(db: None) -> Loop:
    return Loop(interval=0.0)


def the_task() -> DBTaskResult:
    return DBTaskResult.objects.get()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_tasks_are_done_in_their_order(loop: Loop, tmp_path: Path) -> None:
    done = tmp_path / "done"
    for line in ("first", "second"):
        sample.write.enqueue(str(done), line)

    assert [loop.step(), loop.step(), loop.step()] == [True, True, False]
    assert lines(done) == ["first", "second"]
    ended = DBTaskResult.objects.values_list("status", "return_value", "worker_ids")
    assert sorted(ended) == [
        ("SUCCESSFUL", "first", [loop.worker_id]),
        ("SUCCESSFUL", "second", [loop.worker_id]),
    ]


def test_a_task_that_is_due_later_waits(loop: Loop, tmp_path: Path) -> None:
    done = tmp_path / "done"
    later = sample.write.using(run_after=timezone.now() + timedelta(minutes=5))
    later.enqueue(str(done), "later")

    assert not loop.step()
    DBTaskResult.objects.update(run_after=timezone.now() - timedelta(seconds=1))
    assert loop.step()
    assert lines(done) == ["later"]


def test_a_failed_task_leaves_no_secret(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    sample.fail.enqueue(SECRET)

    assert loop.step()

    task = the_task()
    assert (task.status, task.exception_class_path) == ("FAILED", "builtins.ValueError")
    assert "sample.py" in task.traceback
    assert SECRET not in task.traceback
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= 30]
    assert "tests.worker.sample.fail) failed: ValueError in " in said
    assert SECRET not in caplog.text


@pytest.mark.parametrize("path", ["tests.worker.sample.no_task", "tests.nowhere.at_all", "x"])
def test_a_row_that_names_no_task_fails(loop: Loop, path: str) -> None:
    sample.write.enqueue("x", "x")
    DBTaskResult.objects.update(task_path=path)

    assert loop.step()
    assert the_task().status == "FAILED"


def test_it_is_tried_again_when_the_database_was_away(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test's own transaction lives in the connection.
    monkeypatch.setattr(loop_module.connections, "close_all", lambda: None)
    done = tmp_path / "done"
    sample.lose_database.enqueue(str(done))

    assert loop.step()
    assert (the_task().status, len(the_task().worker_ids)) == ("READY", 1)
    assert loop.step()
    assert (the_task().status, lines(done)) == ("SUCCESSFUL", ["tried", "tried"])


def test_a_worker_waits_for_the_database_and_comes_back(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loop_module.connections, "close_all", lambda: None)
    waits: list[float] = []
    monkeypatch.setattr(loop, "_sleep", waits.append)
    answers = iter([OperationalError("database is locked"), *[OperationalError("gone")] * 6, True])

    def step() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert loop._lasting(step) is True
    assert waits == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[1] == "The database is there again."


def test_a_task_is_given_back_when_the_worker_is_to_stop(loop: Loop, tmp_path: Path) -> None:
    done, sign = tmp_path / "done", tmp_path / "sign"
    sample.wait_for.enqueue(str(done), str(sign))
    loop.stopping = True

    assert loop.step()
    assert (the_task().status, the_task().worker_ids) == ("READY", [])

    sign.touch()
    loop.stopping = False
    assert loop.step()
    assert the_task().status == "SUCCESSFUL"


def test_one_task_is_taken_once(db: None) -> None:
    sample.write.enqueue("x", "x")

    assert queue.claim("one") is not None
    assert queue.claim("two") is None


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def worker(name: str) -> Worker:
    now = timezone.now()
    return Worker.objects.create(id=name, host="h", pid=1, started_at=now, seen_at=now)


def test_what_a_dead_worker_left_is_taken_up_and_it_writes_nothing_over_that(db: None) -> None:
    sample.write.enqueue("x", "x")
    worker("dead")
    left = queue.claim("dead")
    clock = Clock()
    watch = Watch(30.0, clock)

    assert watch.take_up() == 0
    clock.now = 29.0
    assert watch.take_up() == 0
    clock.now = 31.0
    assert watch.take_up() == 1
    assert not Worker.objects.exists()

    again = queue.claim("living")
    assert again is not None
    assert queue.succeed(left, "old") is False
    assert queue.succeed(again, "new") is True
    assert (the_task().return_value, the_task().worker_ids) == ("new", ["dead", "living"])


def test_a_worker_that_counts_up_keeps_its_task(db: None) -> None:
    sample.write.enqueue("x", "x")
    alive = worker("alive")
    queue.claim("alive")
    clock = Clock()
    watch = Watch(30.0, clock)
    for beat in range(5):
        clock.now += 25.0
        # Its own clock may stand still or be wrong.
        Worker.objects.filter(pk=alive.pk).update(beats=beat + 1)
        assert watch.take_up() == 0
    assert the_task().status == "RUNNING"


@pytest.mark.parametrize("workers", [["never seen"], []])
def test_a_task_whose_worker_never_showed_itself_is_taken_up(db: None, workers: list[str]) -> None:
    sample.write.enqueue("x", "x")
    DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now(), worker_ids=workers)
    clock = Clock()
    watch = Watch(30.0, clock)
    freed = watch.take_up()
    clock.now = 31.0
    assert freed + watch.take_up() == 1


def test_a_task_over_which_every_worker_dies_fails(db: None) -> None:
    sample.write.enqueue("x", "x")
    for number in range(queue.MOST_TRIES):
        row = queue.claim(f"worker {number}")
        assert row is not None
        assert queue.give_back(row, counted=True)
    assert (the_task().status, the_task().exception_class_path) == ("FAILED", queue.KILLED)
    assert queue.claim("another") is None


def test_what_ended_long_ago_is_removed(db: None, tmp_path: Path) -> None:
    for days, status in ((20, "SUCCESSFUL"), (20, "FAILED"), (1, "FAILED"), (20, "READY")):
        made = sample.write.enqueue("x", "x")
        ended = timezone.now() - timedelta(days=days)
        DBTaskResult.objects.filter(pk=made.id).update(status=status, finished_at=ended)

    assert queue.prune() == 2
    assert sorted(DBTaskResult.objects.values_list("status", flat=True)) == ["FAILED", "READY"]


def test_the_log_says_what_it_does(loop: Loop, tmp_path: Path, caplog) -> None:
    caplog.set_level(logging.INFO, "worker")
    sample.write.enqueue(str(tmp_path / "done"), SECRET)

    loop.step()

    assert "begins: tests.worker.sample.write" in caplog.text
    assert SECRET not in caplog.text
