"""Mails about changes: once, to whom they concern, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from audit.actor import Actor
from audit.models import Entry
from dnshealth import mails
from dnshealth.changes import announce
from dnshealth.mail_settings import set_mails
from dnshealth.mails import LEASE, send_notice
from dnshealth.models import Health, MailSetting, Notice
from dnshealth.services import Result, prune_results, store_results
from domains.models import Domain
from mailkit.dns.results import Check, Severity, fail, passed, unknown
from tests.dnshealth.conftest import Run
from tests.dnshealth.zones import GOOD, NO_SPF, Use, answers
from tests.pages.reading import read
from worker.loop import Loop

PAGE = "/dns/mails/"
FINE = (passed("mx"), passed("spf"))
BROKEN = (passed("mx"), fail("spf", "spf.multiple", Severity.CRITICAL))
BETTER = (passed("mx"), fail("spf", "spf.senderid", Severity.NOTICE))
SILENT = (passed("mx"), unknown("spf", "timeout"))


@pytest.fixture(autouse=True)
def _address(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(settings.MAILADMIN, base_url="https://panel.test", mail_hostname="mx.test")
    monkeypatch.setattr(settings, "MAILADMIN", changed)


@pytest.fixture
def readers(two_domains: None, root: Actor, superadmin: User, domain_admin: User) -> None:
    """Alice has all domains, Bob a.test; both were told how they stand."""
    set_mails(actor=root, name="alice", address="alice@far.test", wanted=True)
    set_mails(actor=root, name="bob", address="bob@far.test", wanted=True)
    run_over(a=FINE, b=BROKEN)
    assert work() == 0


def run_over(**domains: tuple[Check, ...]) -> int:
    began = timezone.now()
    store_results(
        Result(f"{name}.test", timezone.now(), checks) for name, checks in domains.items()
    )
    return announce(since=began)


def work() -> int:
    """What is due is done; how many mails have come of it."""
    before = len(mail.outbox)
    loop = Loop(interval=0.0)
    while loop.step():
        pass
    return len(mail.outbox) - before


def due_now() -> None:
    DBTaskResult.objects.update(run_after=timezone.now() - timedelta(seconds=1))


def told() -> dict[str, EmailMessage]:
    return {one.to[0]: one for one in mail.outbox}


def test_the_first_verdict_is_no_change(readers: None) -> None:
    assert dict(Health.objects.values_list("pk", "told")) == {"a.test": "ok", "b.test": "critical"}


def test_each_gets_one_mail_about_his_domains(readers: None) -> None:
    assert run_over(a=BROKEN, b=BETTER) == 2
    assert work() == 2

    alice, bob = told()["alice@far.test"], told()["bob@far.test"]
    assert alice.subject == "DNS: 1 worse, 1 better"
    assert "a.test: was “in order”, is “critical” now" in alice.body
    assert "There are several SPF records." in alice.body
    assert "https://panel.test/domains/a.test/dns/" in alice.body
    assert alice.body.index("a.test:") < alice.body.index("b.test:")
    assert bob.subject == "DNS: 1 domain is worse"
    assert "b.test" not in bob.body
    assert "https://panel.test/dns/mails/" in bob.body
    assert bob.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "{" not in alice.body
    assert "\n\n\n" not in alice.body


@pytest.mark.parametrize(
    ("then", "mails_sent"),
    [
        ([FINE], 0),
        ([BROKEN, BROKEN, BROKEN], 1),
        ([BROKEN, FINE, FINE], 2),
        ([SILENT, SILENT, FINE], 0),
        ([BROKEN, SILENT, BROKEN], 1),
        ([SILENT, BROKEN], 1),
    ],
)
def test_a_change_is_told_once_and_silence_is_none(
    readers: None, then: list[tuple[Check, ...]], mails_sent: int
) -> None:
    sent = 0
    for checks in then:
        run_over(a=checks)
        sent += work()
    # Alice and Bob.
    assert sent == 2 * mails_sent


def test_a_domain_whose_row_is_gone_is_not_told_of(readers: None) -> None:
    Domain.objects.filter(pk="a.test").delete()
    assert run_over(a=BROKEN) == 0


@pytest.mark.parametrize(
    "turn_off",
    [
        lambda: MailSetting.objects.filter(user__username="bob").update(wanted=False),
        lambda: User.objects.filter(username="bob").update(is_active=False),
        lambda: User.objects.get(username="bob").grants.all().delete(),
        lambda: User.objects.filter(username="bob").delete(),
    ],
    ids=["off", "disabled", "no grant", "deleted"],
)
@pytest.mark.parametrize("after_the_run", [False, True])
def test_who_wants_none_or_may_know_no_more_gets_none(
    readers: None, turn_off: Callable[[], object], after_the_run: bool
) -> None:
    if not after_the_run:
        turn_off()
    run_over(a=BROKEN)
    if after_the_run:
        turn_off()
    work()
    assert set(told()) == {"alice@far.test"}


def test_a_mail_waits_until_the_mail_server_takes_it(
    readers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = EmailMessage.send
    tried: list[str] = []

    def refused(self: EmailMessage, *args: object, **options: object) -> int:
        tried.append(self.extra_headers["Message-ID"])
        raise SMTPException("out of order")

    monkeypatch.setattr(EmailMessage, "send", refused)
    run_over(a=BROKEN)
    assert work() == 0
    # Not at once.
    assert work() == 0
    assert len(tried) == 2
    due_now()
    work()
    assert Notice.objects.filter(sent_at=None).count() == 2

    monkeypatch.setattr(EmailMessage, "send", real)
    due_now()
    assert work() == 2
    due_now()
    assert work() == 0
    assert not Notice.objects.filter(sent_at=None).exists()
    # Somebody who gets it twice after all can tell.
    assert {one.extra_headers["Message-ID"] for one in mail.outbox} == set(tried)


def test_a_superadmin_sees_that_mails_wait_for_a_worker(
    readers: None, admin: Client, bob: Client
) -> None:
    words = "Mails or other work wait, and no worker runs"
    assert words not in read(admin.get("/dns/")).text
    run_over(a=BROKEN)
    assert words in read(admin.get("/dns/")).text
    assert words not in read(bob.get("/dns/")).text
    work()
    assert words not in read(admin.get("/dns/")).text


def test_a_task_that_runs_twice_sends_once(readers: None) -> None:
    run_over(a=BROKEN)
    work()
    DBTaskResult.objects.update(status="READY")
    assert work() == 0


def test_of_two_workers_one_sends_it(
    readers: None, superadmin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    MailSetting.objects.exclude(user=superadmin).delete()
    run_over(a=BROKEN)
    notice = Notice.objects.get()
    real = EmailMessage.send
    said: list[str] = []

    def meanwhile(self: EmailMessage, *args: object, **options: object) -> int:
        # Another worker took the first for dead.
        said.append(send_notice.call(notice.pk))
        return real(self, *args, **options)

    monkeypatch.setattr(EmailMessage, "send", meanwhile)
    assert work() == 1
    assert said == ["another worker sends it"]
    due_now()
    assert work() == 0


def test_one_whose_worker_died_over_it_is_sent_by_another(readers: None) -> None:
    run_over(a=BROKEN)
    Notice.objects.update(claimed_at=timezone.now())
    assert work() == 0
    # The task is put off until the first one's time is over.
    (late,) = {
        round((one.run_after - timezone.now()) / timedelta(minutes=1))
        for one in DBTaskResult.objects.filter(status="READY")
    }
    assert late == LEASE / timedelta(minutes=1)
    Notice.objects.update(claimed_at=timezone.now() - LEASE - timedelta(seconds=1))
    due_now()
    assert work() == 2
    assert not Notice.objects.filter(sent_at=None).exists()


def test_it_is_given_up_after_weeks(readers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "send_mail", lambda *args: False)
    run_over(a=BROKEN)
    Notice.objects.update(made_at=timezone.now() - timedelta(days=15))
    work()
    due_now()
    assert not DBTaskResult.objects.ready().exists()
    Notice.objects.update(made_at=timezone.now() - timedelta(days=31))
    prune_results()
    assert not Notice.objects.exists()


def test_many_domains_make_one_mail_of_bearable_length(readers: None) -> None:
    names = [f"d{number}.test" for number in range(60)]
    for name in names:
        Domain.objects.create(domain=name)
    for checks in (FINE, BROKEN):
        began = timezone.now()
        store_results(Result(name, timezone.now(), checks) for name in names)
        announce(since=began)
    assert work() == 1
    (one,) = mail.outbox
    assert one.subject == "DNS: 60 domains are worse"
    assert "And 10 more domains." in one.body


def test_nothing_in_a_name_begins_a_header(readers: None) -> None:
    evil = "e.test\r\nBcc: everybody@far.test"
    Domain.objects.create(domain=evil)
    for checks in (FINE, BROKEN):
        began = timezone.now()
        store_results([Result(evil, timezone.now(), checks)])
        announce(since=began)
    assert work() == 1
    (one,) = mail.outbox
    head, _, _body = one.message().as_string().partition("\n\n")
    assert "everybody" not in head
    assert "\nBcc:" not in one.body
    assert one.recipients() == ["alice@far.test"]


def test_without_the_panel_s_address_there_are_no_links(
    readers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MAILADMIN", replace(settings.MAILADMIN, base_url=""))
    run_over(a=BROKEN)
    work()
    assert "http" not in told()["bob@far.test"].body
    assert "in the panel, under DNS" in told()["bob@far.test"].body


def test_the_command_tells_after_a_run_over_all(readers: None, run: Run, use: Use) -> None:
    use(answers(a_test=NO_SPF, b_test=GOOD))
    run("dns", "check", "a.test")
    assert not Notice.objects.exists()

    run("dns", "check", "--all")
    assert work() == 2
    run("dns", "check", "--all")
    assert work() == 0


def test_an_operator_sets_the_own_address(bob: Client) -> None:
    assert 'name="wanted"' in read(bob.get(PAGE)).html
    answer = bob.post(PAGE, {"address": " Bob@Far.Test ", "wanted": "on"}, follow=True)
    assert "Mails about changes go to" in read(answer).text
    setting = MailSetting.objects.get()
    assert (setting.user.username, setting.wanted) == ("bob", True)
    entry = Entry.objects.get()
    assert (entry.action, entry.object_key) == ("change_dns_mails", "bob")

    bob.post(PAGE, {"address": setting.address})
    assert MailSetting.objects.get().wanted is False
    bob.post(PAGE, {"address": ""})
    assert not MailSetting.objects.exists()


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b.test, c@d.test", "a@b.test\nBcc: c@d.test", "<a@b.test>", "a@b"]
)
def test_an_address_nobody_can_write_to_is_refused(bob: Client, address: str) -> None:
    page = read(bob.post(PAGE, {"address": address, "wanted": "on"}))
    assert page.response.status_code == 200
    assert 'role="alert"' in page.html
    assert not MailSetting.objects.exists()
