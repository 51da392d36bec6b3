"""What is switched off is counted beside the verdict, and told as switched, never as mended."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actor import Actor
from dnshealth.change_settings import change_settings
from dnshealth.changes import announce
from dnshealth.domain_settings import settings_of
from dnshealth.mail_settings import set_mails
from dnshealth.models import Health
from dnshealth.services import Result, store_results
from mailkit.dns.results import Check, Severity, fail, passed
from mailkit.dns.switched_off import off_family, off_keys, without
from tests.dnshealth.conftest import Run
from tests.dnshealth.zones import GOOD, Use, answers
from tests.pages.reading import read
from worker.loop import Loop

SPF = fail("spf", "spf.multiple", Severity.CRITICAL)
OPEN = fail("spf", "spf.open", Severity.CRITICAL)
CAA = fail("caa", "caa.missing", Severity.NOTICE)
WATCHED = fail("dmarc", "dmarc.p_none", Severity.WARNING)
FINE = passed("mx")
Off = dict[str, str]


def off(actor: Actor, switched_off: Off) -> None:
    change_settings(actor=actor, domain="a.test", role="", selectors=[], switched_off=switched_off)


def seen(*checks: Check, since: datetime | None = None) -> None:
    """What a run sees, by the settings as they are; operators are told of what changed."""
    began = since or timezone.now()
    own = {key: one.reason for key, one in settings_of("a.test").switched_off.items()}
    found = [off_family(one.family, own) or one for one in checks]
    store_results([Result("a.test", timezone.now(), without(found, own))])
    announce(since=began)
    loop = Loop(interval=0.0)
    while loop.step():
        pass


@pytest.fixture
def alice(two_domains: None, root: Actor, superadmin: User) -> Actor:
    """Gets the mails."""
    set_mails(actor=root, name="alice", address="alice@far.test", wanted=True)
    return superadmin.actor()


def test_each_is_counted_once_with_the_worst_of_it() -> None:
    lesser = fail("spf", "spf.multiple", Severity.NOTICE)
    found = without([lesser, SPF, CAA], {"spf.multiple": "x"})
    family = off_family("dmarc", {"dmarc": "x"})
    assert family is not None
    assert off_keys([*found, family]) == {"spf.multiple": "critical", "dmarc": ""}


@pytest.mark.parametrize(
    ("switched", "said"),
    [({"spf.multiple": "we know"}, "1 switched off"), ({}, ""), ({"spf.open": "not found"}, "")],
    ids=["one", "none", "one that is not found"],
)
def test_pages_say_it_beside_the_verdict(
    admin: Client, alice: Actor, switched: Off, said: str
) -> None:
    off(alice, switched)
    seen(FINE, SPF)
    for page in ("/dns/", "/domains/a.test/dns/", "/domains/a.test/"):
        text = read(admin.get(page)).text
        assert ("1 switched off" in text) == bool(said), page
    in_order = "What is not switched off is in order." in read(admin.get("/domains/a.test/")).text
    assert in_order == bool(said)


def test_the_command_says_it_beside_the_verdict(
    alice: Actor, two_domains: None, run: Run, use: Use
) -> None:
    use(answers(a_test=GOOD))
    assert "switched off" not in run("dns", "check", "a.test").out
    off(alice, {"caa.missing": "none"})
    use(answers(a_test=GOOD))
    assert "a.test: warning, 1 switched off" in run("dns", "check", "a.test").out


# What was seen and switched off first and then, and what the mail says of it.
COURSES: dict[str, tuple[list[Check], Off, list[Check], Off, str, str]] = {
    "mended": ([SPF], {}, [FINE], {}, "DNS: 1 domain is better", "is “in order” now"),
    "switched off": (
        [SPF],
        {},
        [SPF],
        {"spf.multiple": "we know"},
        "DNS: checks switched off or on for 1 domain",
        "counts as “in order” now. It is not mended, but switched off",
    ),
    "a family switched off": (
        [WATCHED],
        {},
        [WATCHED],
        {"dmarc": "we know"},
        "DNS: checks switched off or on for 1 domain",
        "DMARC: switched off by alice (we know).",
    ),
    "switched on again": (
        [SPF],
        {"spf.multiple": "we know"},
        [SPF],
        {},
        "DNS: checks switched off or on for 1 domain",
        "DNS is no worse: what was switched off counts again",
    ),
    "a family switched on again": (
        [WATCHED],
        {"dmarc": "we know"},
        [WATCHED],
        {},
        "DNS: checks switched off or on for 1 domain",
        "DMARC: not switched off any more.",
    ),
    "a lesser one switched off, a worse one mended": (
        [SPF, CAA],
        {},
        [CAA],
        {"caa.missing": "we know"},
        "DNS: 1 domain is better",
        "switched off by alice (we know)",
    ),
    "one switched on again, a worse one new": (
        [CAA],
        {"caa.missing": "we know"},
        [CAA, OPEN],
        {},
        "DNS: 1 domain is worse",
        "was “in order”, is “critical” now",
    ),
    "another one broken": (
        [SPF],
        {"spf.multiple": "we know"},
        [SPF, OPEN],
        {"spf.multiple": "we know"},
        "DNS: 1 domain is worse",
        "One check is switched off.",
    ),
    "one switched on again that is mended by now, and another one broken": (
        [SPF],
        {"spf.multiple": "we know"},
        [OPEN],
        {},
        "DNS: 1 domain is worse",
        "is “critical” now",
    ),
}


@pytest.mark.parametrize(
    ("first", "first_off", "then", "then_off", "subject", "words"), COURSES.values(), ids=COURSES
)
def test_a_mail_says_what_it_is(
    alice: Actor,
    first: list[Check],
    first_off: Off,
    then: list[Check],
    then_off: Off,
    subject: str,
    words: str,
) -> None:
    off(alice, first_off)
    seen(*first)
    off(alice, then_off)
    seen(*then)
    (one,) = mail.outbox
    assert one.subject == subject
    assert words in one.body
    assert "\n\n\n" not in one.body


def test_what_is_told_is_told_once(alice: Actor) -> None:
    seen(SPF)
    off(alice, {"spf.multiple": "we know"})
    for _thrice in range(3):
        seen(SPF)
    assert len(mail.outbox) == 1
    assert "There are several SPF records: switched off by alice (we know)." in mail.outbox[0].body


def test_all_kinds_in_one_subject(alice: Actor) -> None:
    began = timezone.now() - timedelta(minutes=1)
    seen(SPF)
    store_results([Result("b.test", timezone.now(), (FINE,))])
    announce(since=began)
    off(alice, {"spf.multiple": "we know"})
    store_results([Result("b.test", timezone.now(), (SPF,))])
    seen(SPF, since=began)
    assert [one.subject for one in mail.outbox] == ["DNS: 1 worse, 1 switched off or on"]


def test_what_was_switched_off_before_the_update_is_not_told_as_worse(alice: Actor) -> None:
    off(alice, {"spf.multiple": "we know"})
    seen(SPF)
    Health.objects.update(off={}, told_off=[])

    migration = import_module("dnshealth.migrations.0005_apart")
    migration.count_what_is_switched_off(apps, None)

    assert Health.objects.get().told_off == ["spf.multiple"]
    off(alice, {})
    seen(SPF)
    assert "switched off or on" in mail.outbox[0].subject
