"""What a plan says of mail comes true once it is carried out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.actor import Actor
from bulk.items import Item, Verdict
from bulk.mail_preview import COUNTED_IN, change_of
from bulk.models import Job, Role
from bulk.parts import read_items
from domains.models import Transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.routing import DatabaseTables
from mailserver.changes import merged
from mailserver.preview import SHOWN, preview_change
from mailserver.tracing import follow
from tests.bulk.conftest import Planned

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rows(two_domains: None) -> None:
    for name in ("anna@a.test", "ben@a.test", "carl@b.test"):
        Mailbox.objects.create(email=name, password="{PLAIN}x")
    for number in range(8):
        Forwarding.objects.create(source=f"f{number}@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="@b.test", destination="ben@a.test, carl@b.test")
    Transport.objects.create(domain="carl@b.test", transport="smtp:[192.0.2.1]")


CASES: list[tuple[str, dict[str, Any]]] = [
    ("delete_mailboxes", {"selection": {"keys": ["anna@a.test"]}}),
    ("delete_mailboxes", {"selection": {"keys": ["anna@a.test"]}, "dependents": "keep"}),
    ("delete_forwardings", {"selection": {"keys": ["f1@a.test", "@b.test"]}}),
    ("delete_transports", {"selection": {"keys": ["carl@b.test"]}}),
    ("delete_domains", {"selection": {"keys": ["a.test"]}}),
    (
        "move_destination",
        {"selection": {"keys": ["f1@a.test"]}, "old": "anna@a.test", "new": "carl@b.test"},
    ),
    (
        "replace_in_transports",
        {"selection": {"keys": ["carl@b.test"]}, "old": "192.0.2.1", "new": "192.0.2.2"},
    ),
]


@pytest.mark.parametrize(
    ("kind", "options"), CASES, ids=[f"{number}-{one[0]}" for number, one in enumerate(CASES)]
)
def test_what_it_says_comes_true(
    admin: Client, root: Actor, planned: Planned, done: Any, kind: str, options: dict[str, Any]
) -> None:
    job = planned(kind, **options)
    changes = [change_of(item, job) for item in read_items(job, Role.PLAN, 0)]
    found = preview_change(root, merged([one for one in changes if one], SHOWN)).lines
    page = admin.get(f"/bulk/{job.pk}/preview/")
    assert page.content.decode().count('class="route-line"') == len(found) > 0
    assert f'hx-get="/bulk/{job.pk}/preview/"' in admin.get(f"/bulk/{job.pk}/").content.decode()
    assert any(line.differs for line in found)
    done(job, force=True)
    for line in found:
        real = follow(root, line.address, DatabaseTables())
        assert (real.outcome, real.deliveries) == (line.after.outcome, line.after.deliveries)
    # Once it is done nothing would be.
    assert admin.get(f"/bulk/{job.pk}/preview/").status_code == 404


def test_the_first_rows_only(admin: Client, planned: Planned) -> None:
    for number in range(COUNTED_IN + 20):
        Forwarding.objects.create(source=f"g{number:03}@a.test", destination="anna@a.test")
    keys = [f"g{number:03}@a.test" for number in range(COUNTED_IN + 20)]
    job = planned("delete_forwardings", selection={"keys": keys})
    html = admin.get(f"/bulk/{job.pk}/preview/").content.decode()
    assert html.count('class="route-line"') == SHOWN
    assert f"The first {COUNTED_IN} count as changed" in html
    assert keys[SHOWN] not in html


def test_a_password_moves_no_mail(admin: Client, planned: Planned) -> None:
    job = planned("suspend_mailboxes", selection={"keys": ["anna@a.test"]})
    assert "/preview/" not in admin.get(f"/bulk/{job.pk}/").content.decode()
    html = admin.get(f"/bulk/{job.pk}/preview/").content.decode()
    assert "None of its first rows" in html
    assert "route-line" not in html


@pytest.mark.parametrize("verdict", [Verdict.SAME, Verdict.REFUSED])
def test_what_is_not_done_counts_as_nothing(verdict: Verdict) -> None:
    item = Item(1, "forwarding", "f1@a.test", verdict, {"destination": ["x@a.test", "y@a.test"]})
    assert change_of(item, Job(kind="import_file")) is None


def test_new_rows_of_a_file(root: Actor) -> None:
    """The mailbox that the file brings is there for the forwarding that it brings."""
    items = [
        Item(1, "mailbox", "new@a.test", Verdict.CREATE),
        Item(2, "forwarding", "to@a.test", Verdict.CREATE, {"destination": [None, "new@a.test"]}),
        Item(3, "transport", "f.test", Verdict.WARNED, {"transport": [None, "smtp:"]}),
    ]
    changes = [change_of(item, Job(kind="import_file")) for item in items]
    change = merged([one for one in changes if one], SHOWN)
    assert change.keys == ("new@a.test", "to@a.test", "f.test")
    lines = {line.address: line for line in preview_change(root, change).lines}
    assert lines["to@a.test"].before.refused
    assert [one.address for one in lines["to@a.test"].after.deliveries] == ["new@a.test"]
    assert not lines["to@a.test"].after.refused
