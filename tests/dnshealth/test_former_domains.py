"""A domain made anew for somebody else begins without the DNS history of the former one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Grant, User
from audit.actor import Actor
from audit.models import Entry
from dnshealth.changes import announce
from dnshealth.mail_settings import set_mails
from dnshealth.models import Finding, Health, Notice, Outcome, PastVerdict, Run
from dnshealth.services import Result, store_results
from domains.models import Domain
from domains.services import create_domain
from mailboxes.services.domains import delete_domain
from mailkit.dns.results import Check, Severity, fail, passed, unknown
from tests.pages.reading import read
from undo.services import undo
from worker.loop import Loop

NAME = "a.test"
PAGE = f"/domains/{NAME}/dns/"
BROKEN = (passed("mx"), fail("spf", "spf.multiple", Severity.CRITICAL, observed=("v=spf1 +all",)))
FINE = (passed("mx"), passed("spf"))


@pytest.fixture
def carol(db: None, client_of: Callable[[User], Client]) -> Client:
    """Gets the domain once it is made anew."""
    user = User.objects.create(username="carol")
    Grant.objects.create(user=user, domain=NAME, ahead=True)
    return client_of(user)


def check(*checks: Check) -> None:
    store_results([Result(NAME, timezone.now(), checks)])


@pytest.fixture
def made_anew(root: Actor, carol: Client) -> None:
    """A domain with a history, deleted, and made anew."""
    create_domain(actor=root, domain=NAME)
    check(*FINE)
    check(*BROKEN)
    Run.objects.create(
        kind="page",
        actor="bob",
        domain=NAME,
        started_at=timezone.now() + timedelta(seconds=1),
        outcome=Outcome.RESOLVER_DOWN,
        place=Entry.objects.newest_id(),
    )
    again(root)


def again(root: Actor) -> None:
    delete_domain(actor=root, domain=NAME)
    create_domain(actor=root, domain=NAME)
    grant_it()


def grant_it() -> None:
    user = User.objects.get(username="carol")
    Grant.objects.filter(user=user).delete()
    Grant.objects.create(user=user, domain=NAME)


@pytest.mark.parametrize("how", ["by the panel", "by SQL and the panel"])
def test_its_admin_sees_nothing_of_the_former_one(
    root: Actor, made_anew: None, carol: Client, admin: Client, how: str
) -> None:
    if how == "by SQL and the panel":
        check(*BROKEN)
        Domain.objects.filter(pk=NAME).delete()
        create_domain(actor=root, domain=NAME)
        grant_it()
    page = read(carol.get(PAGE))
    assert "Not checked yet" in page.text
    for words in ("critical", "spf", "came to nothing", "v=spf1"):
        assert words not in page.html.split("<main")[1].split("Settings")[-1], words
    shown = read(carol.get(f"/domains/{NAME}/")).text
    assert "Nobody has checked this domain yet" in shown
    for query in ("", "?sort=name", "?sort=spf", "?verdict=unchecked"):
        answer = carol.get(f"/dns/{query}")
        assert [line.health for line in answer.context["lines"]] == [None], query
    assert carol.get("/dns/?verdict=critical").context["lines"] == []
    assert carol.get(f"{PAGE}zonefile/").status_code == 404
    assert "spf" not in b"".join(carol.get("/dns/zonefile/").streaming_content).decode()
    # As the change log: superadmins see everything.
    assert "There are several SPF records" in read(admin.get(PAGE)).text


def test_what_was_known_of_the_former_one_counts_no_more(made_anew: None, carol: Client) -> None:
    check(passed("mx"), unknown("spf", "timeout"))
    health = Health.objects.get()
    assert (health.verdict, health.told) == ("unknown", "")
    assert Finding.objects.get(family="spf").known_checks is None
    page = read(carol.get(PAGE))
    assert "several SPF records" not in page.text
    # Its history has one span, of the two before nothing is seen.
    assert page.html.count(" state-") == 1
    assert PastVerdict.objects.count() == 3


def test_undo_of_the_deletion_brings_it_back(root: Actor, carol: Client) -> None:
    create_domain(actor=root, domain=NAME)
    check(*FINE)
    check(*BROKEN)
    delete_domain(actor=root, domain=NAME)
    undo(actor=root, entry_id=Entry.objects.get(action="delete_domain").pk)

    page = read(carol.get(PAGE))
    assert "There are several SPF records" in page.text
    assert page.html.count(" state-") == 2


def test_a_mail_about_the_former_one_is_not_sent(root: Actor, carol: Client) -> None:
    create_domain(actor=root, domain=NAME)
    set_mails(actor=root, name="carol", address="carol@far.test", wanted=True)
    began = timezone.now()
    for checks in (FINE, BROKEN):
        check(*checks)
        announce(since=began)
    assert Notice.objects.get().user.username == "carol"
    again(root)
    loop = Loop(interval=0.0)
    while loop.step():
        pass
    assert mail.outbox == []
    # Nor does the first of the new one tell anything.
    check(*FINE)
    assert announce(since=began) == 0


def test_what_was_stored_before_the_update_is_placed(
    root: Actor, made_anew: None, carol: Client
) -> None:
    create_domain(actor=root, domain="b.test")
    store_results([Result("b.test", timezone.now(), BROKEN)])
    # The log's times are those of the test, all within a moment: what was seen was before.
    turns = list(Entry.objects.filter(turn=NAME).order_by("pk"))
    now = timezone.now()
    for entry, ago in zip(turns, (30, 20, 10), strict=True):
        Entry.objects.filter(pk=entry.pk).update(time=now - timedelta(days=ago))
    Health.objects.filter(pk=NAME).update(checked_at=now - timedelta(days=25))
    PastVerdict.objects.filter(domain=NAME).update(first_seen=now - timedelta(days=25))
    Run.objects.update(started_at=now - timedelta(days=25))
    for model in (Health, PastVerdict, Run):
        model.objects.update(place=0)

    import_module("dnshealth.migrations.0005_apart").place_what_is_stored(apps, None)

    newest = Entry.objects.newest_id()
    assert dict(Health.objects.values_list("pk", "place")) == {NAME: turns[0].pk, "b.test": newest}
    assert "Not checked yet" in read(carol.get(PAGE)).text
    check(*FINE)
    assert read(carol.get(PAGE)).html.count(" state-") == 1
