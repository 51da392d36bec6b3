"""Each kind of job: its plan only looks, its change, what it refuses, and its undo."""

from __future__ import annotations

from typing import Any

import pytest

from audit.actor import Actor
from audit.models import Entry
from bulk.kinds import KINDS
from bulk.lines import line_of
from bulk.models import Job, Role, State
from bulk.parts import read_items, read_passwords
from bulk.services import prune_jobs, take_passwords
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.passwords import hashed
from mailkit.passwords import is_locked, verify
from undo.services import undo

pytestmark = pytest.mark.django_db
MODELS: dict[str, Any] = {
    "domain": Domain,
    "mailbox": Mailbox,
    "forwarding": Forwarding,
    "transport": Transport,
}


@pytest.fixture(autouse=True)
def rows(db: None) -> None:
    for name in ("a.test", "old.test", "new.test"):
        Domain.objects.create(domain=name)
    stored = hashed("a long enough secret 7")
    for name in ("anna@a.test", "ben@a.test", "carl@a.test", "dora@old.test", "dora@new.test"):
        Mailbox.objects.create(email=name, password=stored)
    Mailbox.objects.filter(pk="carl@a.test").update(password="{CRYPT}$!$" + stored)
    for source, destination in (
        ("info@a.test", "anna@a.test, dora@old.test"),
        ("list@a.test", "ben@a.test"),
        ("far@a.test", "x@far.test"),
        ("sub@a.test", "x@sub.old.test, y@old.test.far"),
        ("@old.test", "dora@old.test"),
    ):
        Forwarding.objects.create(source=source, destination=destination)
    for key, value in (("far.test", "smtp:[old.far.test]"), ("other.test", "smtp:[other.test]:25")):
        Transport.objects.create(domain=key, transport=value)


def contents() -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(model.objects.values_list()) for name, model in MODELS.items()}


def plan_of(job: Job) -> dict[str, str]:
    return {item.key: str(item.verdict) for item in read_items(job, Role.PLAN, 0)}


def values(noun: str) -> dict[str, str]:
    return dict(MODELS[noun].objects.values_list())


BOXES = ["anna@a.test", "ben@a.test", "carl@a.test"]
# kind, options, keys -> the plan.
PLANS: list[tuple[str, dict[str, str], list[str], dict[str, str]]] = [
    (
        "suspend_mailboxes",
        {},
        BOXES,
        {"anna@a.test": "change", "ben@a.test": "change", "carl@a.test": "same"},
    ),
    ("resume_mailboxes", {}, BOXES[1:], {"ben@a.test": "same", "carl@a.test": "change"}),
    ("new_passwords", {}, BOXES[:1], {"anna@a.test": "change"}),
    (
        "delete_mailboxes",
        {"dependents": "remove"},
        ["anna@a.test", "ben@a.test"],
        {"anna@a.test": "delete", "ben@a.test": "delete"},
    ),
    (
        "delete_mailboxes",
        {"dependents": "keep"},
        ["ben@a.test"],
        {"ben@a.test": "delete"},
    ),
    (
        "move_destination",
        {"old": "BEN@a.test", "new": "anna@a.test"},
        ["far@a.test", "list@a.test"],
        {"far@a.test": "same", "list@a.test": "change"},
    ),
    (
        "replace_in_destinations",
        {"old": "@old.test", "new": "@new.test"},
        ["@old.test", "far@a.test", "info@a.test", "sub@a.test"],
        {
            "@old.test": "change",
            "far@a.test": "same",
            "info@a.test": "change",
            "sub@a.test": "same",
        },
    ),
    (
        "add_destination",
        {"new": "x@far.test"},
        ["far@a.test", "list@a.test"],
        {"far@a.test": "same", "list@a.test": "change"},
    ),
    (
        "remove_destination",
        {"old": "dora@old.test"},
        ["info@a.test", "list@a.test"],
        {"info@a.test": "change", "list@a.test": "same"},
    ),
    ("delete_forwardings", {}, ["list@a.test"], {"list@a.test": "delete"}),
    (
        "replace_in_transports",
        {"old": "old.far.test", "new": "new.far.test"},
        ["far.test", "other.test"],
        {"far.test": "change", "other.test": "same"},
    ),
    ("delete_transports", {}, ["far.test"], {"far.test": "delete"}),
    ("delete_domains", {"dependents": "remove"}, ["old.test"], {"old.test": "delete"}),
    ("delete_domains", {"dependents": "keep"}, ["old.test"], {"old.test": "delete"}),
]
CHANGED: dict[str, Any] = {
    "move_destination": ("forwarding", {"list@a.test": "anna@a.test"}),
    "replace_in_destinations": (
        "forwarding",
        {"info@a.test": "anna@a.test, dora@new.test", "@old.test": "dora@new.test"},
    ),
    "add_destination": ("forwarding", {"list@a.test": "ben@a.test, x@far.test"}),
    "remove_destination": ("forwarding", {"info@a.test": "anna@a.test"}),
    "replace_in_transports": ("transport", {"far.test": "smtp:[new.far.test]"}),
}


def test_every_kind_is_here() -> None:
    assert {one[0] for one in PLANS} | {"undo"} >= {
        name for name, work in KINDS.items() if hasattr(work, "noun")
    }


@pytest.mark.parametrize(
    ("kind", "options", "keys", "plan"), PLANS, ids=[f"{n}-{one[0]}" for n, one in enumerate(PLANS)]
)
def test_plan_change_and_undo(
    root: Actor,
    planned: Any,
    done: Any,
    kind: str,
    options: dict[str, str],
    keys: list[str],
    plan: dict[str, str],
) -> None:
    before = contents()
    job = planned(kind, selection={"keys": keys}, **options)
    assert job.state == State.CHECKED
    assert plan_of(job) == plan
    assert contents() == before
    assert all(line_of(item).words for item in read_items(job, Role.PLAN, 0))

    done(job)
    assert (job.state, job.failed) == (State.DONE, 0)
    assert job.done == sum(verdict != "same" for verdict in plan.values())
    if kind in CHANGED:
        noun, changed = CHANGED[kind]
        assert values(noun) == {**dict(before[noun]), **changed}
    else:
        assert contents() != before

    entry = Entry.objects.filter(group=job.group).order_by("pk").first()
    assert entry is not None
    undo(actor=root, entry_id=entry.pk, force=True)
    assert contents() == before


def test_suspended_and_resumed(planned: Any, done: Any) -> None:
    before = values("mailbox")
    done(planned("suspend_mailboxes", selection={"keys": BOXES}))
    assert all(is_locked(values("mailbox")[one]) for one in BOXES)
    done(planned("resume_mailboxes", selection={"keys": BOXES[:2]}))
    assert values("mailbox") == before


def test_deleting_says_who_loses_a_target_and_takes_it_out(planned: Any, done: Any) -> None:
    job = planned("delete_mailboxes", selection={"keys": BOXES[:2]}, dependents="remove")
    effects = {one.key: line_of(one).effects for one in read_items(job, Role.PLAN, 0)}
    assert effects == {
        "anna@a.test": ["the forwarding info@a.test loses this target"],
        "ben@a.test": ["the forwarding list@a.test loses this target"],
    }
    done(job)
    assert "list@a.test" not in values("forwarding")
    assert values("forwarding")["info@a.test"] == "dora@old.test"


def test_one_forwarding_that_loses_both_its_targets_is_deleted(planned: Any, done: Any) -> None:
    Forwarding.objects.create(source="both@a.test", destination="anna@a.test, ben@a.test")
    job = done(planned("delete_mailboxes", selection={"keys": BOXES[:2]}, dependents="remove"))
    assert (job.state, job.failed) == (State.DONE, 0)
    assert "both@a.test" not in values("forwarding")


def test_another_domains_forwarding_is_not_named(domain_admin: Any, planned: Any) -> None:
    Forwarding.objects.create(source="secret@new.test", destination="ben@a.test")
    bob = domain_admin.actor()
    job = planned("delete_mailboxes", bob, selection={"keys": ["ben@a.test"]}, dependents="remove")
    effects = line_of(read_items(job, Role.PLAN, 0)[0]).effects
    assert "list@a.test" in effects[0]
    assert "secret" not in effects[0]
    assert "an address in another domain" in effects[0]


# kind, options, key, code of the refusal or warning, whether `force` lifts it.
REFUSALS: list[tuple[str, dict[str, str], str, str, bool]] = [
    (
        "move_destination",
        {"old": "ben@a.test", "new": "|cat"},
        "list@a.test",
        "destination.command",
        False,
    ),
    (
        "move_destination",
        {"old": "ben@a.test", "new": "list+x@a.test"},
        "list@a.test",
        "loop",
        False,
    ),
    (
        "move_destination",
        {"old": "ben@a.test", "new": "nobody@a.test"},
        "list@a.test",
        "dead_target",
        True,
    ),
    (
        "add_destination",
        {"new": "@new.test"},
        "list@a.test",
        "destination.domain_in_list",
        False,
    ),
    ("remove_destination", {"old": "ben@a.test"}, "list@a.test", "destination.empty", False),
    (
        "replace_in_transports",
        {"old": "smtp", "new": "pigeon"},
        "far.test",
        "transport.unknown_service",
        False,
    ),
    (
        "replace_in_transports",
        {"old": "other.test", "new": "third.test"},
        "a.test",
        "transport_own",
        True,
    ),
]


@pytest.mark.parametrize(
    ("kind", "options", "key", "code", "lifted"),
    REFUSALS,
    ids=[f"{n}-{one[0]}" for n, one in enumerate(REFUSALS)],
)
def test_what_the_services_say_stands_in_the_plan(
    planned: Any, done: Any, kind: str, options: dict[str, str], key: str, code: str, lifted: bool
) -> None:
    if code == "transport_own":
        Transport.objects.create(domain="a.test", transport="smtp:[other.test]")
    before = contents()
    job = planned(kind, selection={"keys": [key]}, **options)
    (item,) = read_items(job, Role.PLAN, 0)
    assert str(item.verdict) == ("warned" if lifted else "refused")
    assert code in [one.code for one in item.reasons] or not code
    done(job)
    assert contents() == before
    if lifted:
        again = done(planned(kind, selection={"keys": [key]}, **options), force=True)
        assert (again.done, again.failed) == (1, 0)
        assert contents() != before


def test_a_circle_that_two_changes_make_together_is_refused(planned: Any) -> None:
    Forwarding.objects.create(source="one@a.test", destination="old@far.test")
    job = planned(
        "move_destination",
        selection={"keys": ["far@a.test", "one@a.test"]},
        old="old@far.test",
        new="far@a.test",
    )
    assert plan_of(job) == {"far@a.test": "same", "one@a.test": "change"}
    job = planned(
        "replace_in_destinations",
        selection={"keys": ["far@a.test", "one@a.test"]},
        old="@far.test",
        new="@a.test",
    )
    # x@a.test and old@a.test are not there.
    assert plan_of(job) == {"far@a.test": "warned", "one@a.test": "warned"}


def test_a_forwarding_changed_since_the_plan_is_refused(planned: Any, done: Any) -> None:
    job = planned(
        "move_destination",
        selection={"keys": ["info@a.test", "list@a.test"]},
        old="ben@a.test",
        new="anna@a.test",
    )
    Forwarding.objects.filter(pk="list@a.test").update(destination="ben@a.test, x@far.test")
    done(job)
    (left,) = read_items(job, Role.RESULT, 0)
    assert (left.key, left.reasons[0].code) == ("list@a.test", "changed_meanwhile")
    assert values("forwarding")["list@a.test"] == "ben@a.test, x@far.test"


def test_new_passwords_are_shown_once_to_whoever_began_it(
    root: Actor, planned: Any, done: Any
) -> None:
    job = planned("new_passwords", selection={"keys": BOXES})
    assert take_passwords(actor=root, job=job) == []
    done(job)
    made = dict(take_passwords(actor=root, job=job))
    assert sorted(made) == BOXES
    for email in BOXES[:2]:
        assert verify(made[email], values("mailbox")[email])
    assert is_locked(values("mailbox")["carl@a.test"])
    assert made["anna@a.test"] not in str(list(Entry.objects.values()))
    # A second look within minutes, for a page that did not arrive; later there is nothing.
    assert dict(take_passwords(actor=root, job=job)) == made
    job.refresh_from_db()
    job.options["shown_at"] = "2020-01-01T00:00:00+00:00"
    job.save()
    assert take_passwords(actor=root, job=job) == []
    assert list(read_passwords(job)) == []


def test_passwords_that_fit_nothing_any_more_are_not_shown(
    root: Actor, planned: Any, done: Any
) -> None:
    job = done(planned("new_passwords", selection={"keys": BOXES}))
    entry = Entry.objects.filter(group=job.group).order_by("pk")[0]
    undo(actor=root, entry_id=entry.pk)
    assert take_passwords(actor=root, job=job) == []

    job = planned("new_passwords", selection={"keys": BOXES})
    Mailbox.objects.filter(pk="ben@a.test").delete()
    done(job, all_or_nothing=True)
    assert job.state == State.REFUSED
    assert take_passwords(actor=root, job=job) == []
    assert list(read_passwords(job)) == []


@pytest.mark.parametrize("where", ["never shown", "shown"])
def test_passwords_are_forgotten(planned: Any, done: Any, root: Actor, where: str) -> None:
    job = done(planned("new_passwords", selection={"keys": BOXES}))
    prune_jobs()
    assert len(list(read_passwords(job))) == 3
    if where == "shown":
        job.options["shown_at"] = "2020-01-01T00:00:00+00:00"
        job.save()
    else:
        Job.objects.update(ended_at=job.ended_at.replace(day=max(1, job.ended_at.day - 3)))
    prune_jobs()
    assert list(read_passwords(job)) == []


@pytest.mark.parametrize(
    ("kind", "noun"), [("suspend_mailboxes", "mailbox"), ("delete_mailboxes", "mailbox")]
)
def test_odd_keys_are_found_and_changed(planned: Any, done: Any, kind: str, noun: str) -> None:
    odd = [
        "o'brien@a.test",
        "a/b@a.test",
        'q"x@a.test',
        "Cap@A.test",
        "two\nlines@a.test",
        "é@a.test",
    ]
    for key in odd:
        Mailbox.objects.create(email=key, password="{PLAIN}x")
    job = done(planned(kind, selection={"keys": odd}, dependents="remove"))
    assert (job.done, job.failed) == (len(odd), 0)
    left = values("mailbox")
    assert all(
        is_locked(left[key]) if kind == "suspend_mailboxes" else key not in left for key in odd
    )
