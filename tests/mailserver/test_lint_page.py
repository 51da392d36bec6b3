"""The page of the lint: begun once, done by a worker, its report kept and linked to the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from audit.actor import command_actor
from domains.models import Domain, Transport
from mailadmin.pruning import prune_log
from mailboxes.models import Forwarding, Mailbox
from mailserver import lint_runs
from mailserver.lint_runs import begin_lint, last_report, lint_all
from mailserver.models import ACTIVE, LintRun
from worker.giving_back import GivenBack, asked_by

ROOT = command_actor("root")


@pytest.fixture
def admin(superadmin: User) -> Client:
    client = Client()
    client.force_login(superadmin, backend="accounts.backends.OperatorBackend")
    return client


@pytest.fixture
def rows(db: None) -> None:
    Domain.objects.create(domain="a.test")
    Mailbox.objects.create(email="anna@a.test", password="{PLAIN}")
    Forwarding.objects.create(source="dead@a.test", destination="no@a.test")
    Forwarding.objects.create(source="<b>@a.test", destination="<b>@a.test, x")
    Transport.objects.create(domain="far.test", transport="nosuch:")


def page(client: Client) -> str:
    return unescape(client.get(reverse("show_lint")).content.decode())


def test_before_the_first_run(admin: Client) -> None:
    assert "Not looked at yet" in page(admin)


def test_it_is_begun_once_and_its_report_has_links(admin: Client, rows: None) -> None:
    for _click in range(2):
        assert admin.post(reverse("run_lint")).status_code == 302
    (run,) = LintRun.objects.all()
    assert DBTaskResult.objects.count() == 1
    assert "No worker runs" in page(admin)
    assert admin.get(reverse("watch_lint")).status_code == 200
    assert lint_all.func(run.pk) == "done"
    DBTaskResult.objects.update(status="SUCCESSFUL")
    answer = admin.get(reverse("watch_lint"))
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    text = page(admin)
    assert '<a href="/mailboxes/anna@a.test/">anna@a.test</a>' in text
    assert '<a href="/forwardings/dead@a.test/">dead@a.test</a>' in text
    assert '<a href="/transports/far.test/">far.test</a>' in text
    assert "The mailbox opens without a password." in text
    raw = admin.get(reverse("show_lint")).content.decode()
    assert "<b>@a.test" not in raw


def test_nothing_to_mend(admin: Client) -> None:
    lint_all.func(begin_lint(actor=ROOT).pk)
    assert "Nothing to mend" in page(admin)


def test_the_newest_report_is_kept_and_the_run_before_it_goes(admin: Client, rows: None) -> None:
    for _time in range(2):
        lint_all.func(begin_lint(actor=ROOT).pk)
        DBTaskResult.objects.all().delete()
    assert LintRun.objects.count() == 1


@pytest.mark.parametrize("status", ["FAILED", None])
def test_one_whose_task_failed_holds_nobody_up(
    admin: Client, rows: None, status: str | None
) -> None:
    lint_all.func(begin_lint(actor=ROOT).pk)
    run = begin_lint(actor=ROOT)
    tasks = DBTaskResult.objects.filter(pk=run.task)
    tasks.update(status=status) if status else tasks.delete()
    text = page(admin)
    assert "came to no end" in text
    assert "The mailbox opens without a password." in text
    newer = begin_lint(actor=ROOT)
    assert newer.pk != run.pk
    assert lint_all.func(run.pk) == "ended before it began"
    assert lint_all.func(newer.pk) == "done"
    assert "came to no end" not in page(admin)


@pytest.mark.parametrize(
    ("days", "status", "is_kept"),
    [(6, "FAILED", True), (8, "FAILED", False), (8, None, False), (8, "RUNNING", True)],
)
def test_one_that_came_to_no_end_goes_after_a_week(
    admin: Client, rows: None, days: int, status: str | None, is_kept: bool
) -> None:
    lint_all.func(begin_lint(actor=ROOT).pk)
    (done,) = LintRun.objects.all()
    run = begin_lint(actor=ROOT)
    tasks = DBTaskResult.objects.filter(pk=run.task)
    tasks.update(status=status) if status else tasks.delete()
    LintRun.objects.update(started_at=timezone.now() - timedelta(days=days))
    prune_log(ROOT)
    assert LintRun.objects.filter(pk=run.pk).exists() == is_kept
    # What was found stays, however old.
    assert last_report() == done
    assert ("came to no end" in page(admin)) == (is_kept and status == "FAILED")


def test_a_fault_of_the_program_ends_it(rows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_options: object) -> None:
        raise RuntimeError("anna@a.test")

    monkeypatch.setattr(lint_runs, "lint", broken)
    run = begin_lint(actor=ROOT)
    with pytest.raises(RuntimeError):
        lint_all.func(run.pk)
    run.refresh_from_db()
    assert (run.active, run.report) == (None, None)


def test_a_worker_that_stops_gives_it_back(rows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin_lint(actor=ROOT)
    with asked_by(lambda: True), pytest.raises(GivenBack):
        lint_all.func(run.pk)
    run.refresh_from_db()
    assert run.active == ACTIVE
    assert lint_all.func(run.pk) == "done"


def test_progress_is_written_down(rows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(lint_runs, "STEP", 1)
    plain: Callable[..., object] = lint_runs.lint

    def watched(*, limit: int, on_progress: Callable[[str, int], object]) -> object:
        def both(table: str, count: int) -> None:
            on_progress(table, count)
            seen.append(LintRun.objects.get().rows)

        return plain(limit=limit, on_progress=both)

    monkeypatch.setattr(lint_runs, "lint", watched)
    lint_all.func(begin_lint(actor=ROOT).pk)
    assert seen == [1, 2, 3, 5]
