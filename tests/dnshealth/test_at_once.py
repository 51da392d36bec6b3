"""Several at once over a real server: a change is told once, a run over all is begun once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from audit.actor import Actor
from dnshealth.changes import announce
from dnshealth.check_all import begin_check_all
from dnshealth.mail_settings import set_mails
from dnshealth.models import Notice, Run
from dnshealth.services import Result, store_results
from domains.models import Domain
from mailkit.dns.results import Check, Severity, fail, passed

pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="NOT TESTED on SQLite, whose test database in memory lets one thread in at a time: "
    "that several at once tell a change and begin a run once; "
    "`make test` runs it on MariaDB and PostgreSQL",
)
DOMAINS = [f"d{number}.test" for number in range(20)]
TABS = 6


def at_once(what: Callable[[], object]) -> None:
    start, errors = threading.Barrier(TABS), []

    def one() -> None:
        try:
            start.wait(10)
            what()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(TABS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def store(check: Check) -> None:
    store_results(Result(name, timezone.now(), (check,)) for name in DOMAINS)


def test_once(transactional_mail_tables: None, superadmin: User, root: Actor) -> None:
    for name in DOMAINS:
        Domain.objects.create(domain=name)
    set_mails(actor=root, name="alice", address="alice@far.test", wanted=True)
    began = timezone.now()
    store(passed("mx"))
    announce(since=began)
    store(fail("mx", "mx.missing", Severity.CRITICAL))

    at_once(lambda: announce(since=began))
    assert Notice.objects.count() == 1
    assert DBTaskResult.objects.count() == 1

    actor = superadmin.actor()
    at_once(lambda: begin_check_all(actor=actor))
    assert Run.objects.filter(active="*").count() == 1
    assert DBTaskResult.objects.count() == 2
