"""*Check all domains*: begun once, done by a worker, watched, stopped, gone on with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import Grant, User
from audit.models import Entry
from dnshealth import check_all as check_all_module
from dnshealth import runs
from dnshealth.check_all import begin_check_all, cancel_check_all
from dnshealth.models import Health, Outcome
from dnshealth.models import Run as StoredRun
from domains.models import Domain
from tests.dnshealth.zones import GOOD, NO_SPF, TWO_SPF, Answers, Use, answers
from tests.pages.reading import read
from worker.loop import Loop
from worker.models import Worker

BEGIN = "/dns/check/"


@pytest.fixture
def zones(two_domains: None, use: Use) -> Answers:
    return use(answers(a_test=TWO_SPF, b_test=NO_SPF, c_test=GOOD))


@pytest.fixture
def loop(db: None) -> Loop:
    return Loop(interval=0.0)


@pytest.fixture
def some_worker(db: None) -> Worker:
    now = timezone.now()
    return Worker.objects.create(id="w", host="h", pid=1, started_at=now, seen_at=now)


def checked() -> list[str]:
    return list(Health.objects.order_by("pk").values_list("pk", flat=True))


def the_run() -> StoredRun:
    return StoredRun.objects.get()


def test_a_worker_checks_all_domains(
    admin: Client, zones: Answers, loop: Loop, some_worker: Worker
) -> None:
    assert admin.post(BEGIN).status_code == 302
    page = read(admin.get("/dns/"))
    assert "Waiting for a worker" in page.text
    assert "No worker runs" not in page.text
    assert "Check all domains" not in page.text

    assert loop.step()

    assert checked() == ["a.test", "b.test"]
    run = the_run()
    assert (run.outcome, run.checked, run.domains, run.active) == (Outcome.DONE, 2, 2, None)
    assert run.actor == "alice"
    assert "Check all domains" in read(admin.get("/dns/")).text


def test_a_domain_admin_checks_his_own(bob: Client, zones: Answers, loop: Loop) -> None:
    bob.post(BEGIN)
    loop.step()

    assert checked() == ["a.test"]
    assert the_run().scope == "bob"


def test_it_is_begun_once(admin: Client, bob: Client, zones: Answers) -> None:
    for _twice in range(2):
        admin.post(BEGIN)
        bob.post(BEGIN)

    assert sorted(StoredRun.objects.values_list("scope", flat=True)) == ["*", "bob"]
    assert DBTaskResult.objects.count() == 2


def test_of_two_tabs_at_once_one_begins_it(
    admin: Client, zones: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other tab's run comes between the look for one and the start."""
    begin = check_all_module._begin

    def late(actor, scope):
        if not StoredRun.objects.exists():
            begin(actor, scope)
        return begin(actor, scope)

    monkeypatch.setattr(check_all_module, "_begin", late)

    assert admin.post(BEGIN).status_code == 302
    assert the_run().active == "*"
    assert DBTaskResult.objects.count() == 1


def test_progress_is_shown_until_it_ends(
    admin: Client, zones: Answers, loop: Loop, some_worker: Worker
) -> None:
    admin.post(BEGIN)
    watch = f"{BEGIN}{the_run().pk}/"
    DBTaskResult.objects.update(status="RUNNING")
    StoredRun.objects.update(checked=1, domains=2)
    page = read(admin.get(watch))
    assert "1 of 2" in page.text
    assert f'hx-get="{watch}"' in page.html

    DBTaskResult.objects.update(status="READY")
    loop.step()

    answer = admin.get(watch)
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


@pytest.mark.parametrize(
    ("who", "words"),
    [("admin", "python manage.py worker run"), ("bob", "No worker runs on the server")],
)
def test_it_says_when_no_worker_runs(
    request: pytest.FixtureRequest, zones: Answers, who: str, words: str
) -> None:
    client = request.getfixturevalue(who)
    client.post(BEGIN)
    assert words in read(client.get("/dns/")).text


def test_a_run_is_its_scopes_own(admin: Client, bob: Client, zones: Answers) -> None:
    admin.post(BEGIN)
    number = the_run().pk

    assert bob.get(f"{BEGIN}{number}/").status_code == 404
    assert bob.post(f"{BEGIN}{number}/stop/").status_code == 404
    assert "Waiting for a worker" not in read(bob.get("/dns/")).text
    assert the_run().outcome == Outcome.RUNNING


def test_it_is_stopped_before_it_began(admin: Client, zones: Answers, loop: Loop) -> None:
    admin.post(BEGIN)
    admin.post(f"{BEGIN}{the_run().pk}/stop/")
    loop.step()

    assert the_run().outcome == Outcome.CANCELLED
    assert checked() == []
    # And another one may begin.
    admin.post(BEGIN)
    assert StoredRun.objects.filter(active="*").count() == 1


def test_whoever_stops_it_may_do_so_and_is_logged(
    admin: Client, zones: Answers, superadmin: User, domain_admin: User
) -> None:
    admin.post(BEGIN)
    run = the_run()
    with pytest.raises(PermissionDenied):
        cancel_check_all(actor=domain_admin.actor(), run=run)
    assert the_run().outcome == Outcome.RUNNING
    assert not Entry.objects.filter(action="stop_dns_check").exists()

    assert cancel_check_all(actor=superadmin.actor(), run=run)
    # Another tab's is too late.
    assert not cancel_check_all(actor=superadmin.actor(), run=run)

    entry = Entry.objects.get(action="stop_dns_check")
    assert (entry.actor, entry.changes) == ("alice", {"outcome": ["running", "cancelled"]})
    assert f"{run.started_at:%Y-%m-%d %H:%M} UTC" == entry.object_key
    assert "stopped the DNS check of all domains, begun" in read(admin.get("/audit/")).text


def test_it_is_stopped_in_the_middle(
    admin: Client, zones: Answers, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.post(BEGIN)
    monkeypatch.setattr(runs, "NOTE_EVERY", -1.0)
    monkeypatch.setattr(
        check_all_module, "carry_on", lambda: StoredRun.objects.update(outcome="cancelled")
    )
    loop.step()

    assert the_run().outcome == Outcome.CANCELLED
    assert DBTaskResult.objects.get().return_value == "cancelled"
    # What was found is kept.
    assert checked() == ["a.test", "b.test"]


def test_another_worker_goes_on_where_it_was_left(
    admin: Client, zones: Answers, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.post(BEGIN)
    loop.stopping = True
    loop.step()
    assert DBTaskResult.objects.get().status == "READY"
    assert the_run().outcome == Outcome.RUNNING
    (first,) = checked()
    before = Health.objects.get().checked_at

    Loop(interval=0.0).step()

    assert checked() == ["a.test", "b.test"]
    assert Health.objects.get(pk=first).checked_at == before
    run = the_run()
    assert (run.outcome, run.checked, run.domains) == (Outcome.DONE, 2, 2)


def test_whoever_asked_and_lost_his_rights_gets_nothing(
    bob: Client, domain_admin: User, zones: Answers, loop: Loop
) -> None:
    bob.post(BEGIN)
    Grant.objects.filter(user=domain_admin).update(domain="b.test")
    loop.step()
    assert checked() == ["b.test"]

    StoredRun.objects.all().delete()
    Health.objects.all().delete()
    bob.post(BEGIN)
    User.objects.filter(pk=domain_admin.pk).update(is_active=False)
    loop.step()
    assert (checked(), the_run().outcome) == ([], Outcome.CANCELLED)


def test_a_dead_resolver_is_told(admin: Client, zones: Answers, loop: Loop) -> None:
    admin.post(BEGIN)
    zones.down = True
    loop.step()

    assert the_run().outcome == Outcome.RESOLVER_DOWN
    assert "No name server (resolver) answered" in read(admin.get("/dns/")).text
    assert checked() == []
    # Tomorrow it is of no interest any more.
    StoredRun.objects.update(started_at=timezone.now() - timedelta(days=2))
    assert "No name server" not in read(admin.get("/dns/")).text


def test_a_fault_of_ours_is_told_without_its_text(
    admin: Client, zones: Answers, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(check_all_module, "check_domains", broken)
    admin.post(BEGIN)
    loop.step()

    page = read(admin.get("/dns/"))
    assert "ended by a fault of this program" in page.text
    assert "secret" not in page.html
    assert DBTaskResult.objects.get().status == "FAILED"


def test_a_run_whose_task_is_gone_does_not_hold_up_the_next(admin: Client, zones: Answers) -> None:
    admin.post(BEGIN)
    DBTaskResult.objects.update(status="FAILED")
    assert "ended by a fault of this program" in read(admin.get("/dns/")).text

    admin.post(BEGIN)

    outcomes = StoredRun.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == [Outcome.FAILED, Outcome.RUNNING]


def test_a_run_over_no_domain_ends(superadmin: User, loop: Loop, use: Use) -> None:
    use(answers())
    Domain.objects.all().delete()
    begin_check_all(actor=superadmin.actor())
    loop.step()
    assert (the_run().outcome, the_run().domains) == (Outcome.DONE, 0)
