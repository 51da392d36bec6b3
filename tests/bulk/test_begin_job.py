"""Actions on the rows of a list: ticked, all on the page, all that match; plan, values, access."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts.models import Grant, User
from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.recent import SESSION_KEY
from bulk import running
from bulk.items import Item, Reason, Verdict
from bulk.models import Job, Role, State
from bulk.parts import keep_items, read_items
from bulk.services import confirm_job
from bulk.sight import seen
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailkit.passwords import is_locked, verify
from worker.loop import Loop

pytestmark = pytest.mark.django_db
BEGIN = "/bulk/begin/mailbox/"


@pytest.fixture(autouse=True)
def rows(two_domains: None) -> None:
    for number in range(60):
        Mailbox.objects.create(email=f"u{number:03}@a.test", password="{PLAIN}x")
    Mailbox.objects.create(email="x@b.test", password="{PLAIN}x")


def suspended() -> list[str]:
    rows = Mailbox.objects.order_by("pk")
    return [row.pk for row in rows if row.password and is_locked(row.password)]


def post(client: Client, url: str = BEGIN, **data: Any) -> Any:
    return client.post(url, {"action": "suspend_mailboxes", **data}, follow=True)


def keys_of(job: Job) -> list[str]:
    return [item.key for number in range(9) for item in read_items(job, "plan", number)]


def said(answer: Any) -> str:
    parts = answer.streaming_content if answer.streaming else [answer.content]
    return b"".join(parts).decode()


def confirm(client: Client, job: Job, **data: Any) -> Any:
    return client.post(f"/bulk/{job.pk}/confirm/", data, follow=True)


def test_ticked_rows_are_planned_and_done_in_the_requests(admin: Client) -> None:
    page = post(admin, which="ticked", key=["u001@a.test", "x@b.test"])
    job = Job.objects.get()
    assert page.redirect_chain == [(f"/bulk/{job.pk}/", 302)]
    html = page.content.decode()
    assert "u001@a.test" in html
    assert "Do it" in html
    assert suspended() == []

    page = confirm(admin, job)
    assert suspended() == ["u001@a.test", "x@b.test"]
    assert "2 rows were done" in page.content.decode()
    # A second click finds it done.
    assert confirm(admin, job).status_code == 200
    assert Entry.objects.filter(action="suspend_mailbox").count() == 2


def test_all_on_the_page_and_all_that_match(admin: Client) -> None:
    post(admin, f"{BEGIN}?q=u&after=u009%40a.test", which="page")
    assert keys_of(Job.objects.get()) == [f"u{number:03}@a.test" for number in range(10, 60)]
    post(admin, f"{BEGIN}?q=u01", which="all")
    assert keys_of(Job.objects.latest("pk")) == [f"u{number:03}@a.test" for number in range(10, 20)]
    post(admin, f"{BEGIN}?domain=b.test", which="all")
    assert keys_of(Job.objects.first()) == ["x@b.test"]
    post(admin, f"{BEGIN}?q=002&inside=1", which="all")
    assert keys_of(Job.objects.first()) == ["u002@a.test"]


def test_the_list_has_boxes_and_actions_and_counts_what_matches(admin: Client) -> None:
    html = admin.get("/mailboxes/?domain=a.test").content.decode()
    assert html.count('name="key"') == 50
    assert 'action="/bulk/begin/mailbox/?domain=a.test"' in html
    assert "All 60 that match" in html
    assert "All that match, on every page" in admin.get("/mailboxes/?q=u0").content.decode()
    assert '<option value="all">' not in admin.get("/mailboxes/?q=u01").content.decode()


@pytest.mark.parametrize("path", ["/forwardings/", "/transports/", "/domains/"])
def test_each_list_has_its_actions(admin: Client, bob: Client, path: str) -> None:
    Forwarding.objects.create(source="f@a.test", destination="u001@a.test")
    Transport.objects.create(domain="a.test", transport="smtp:")
    assert 'name="action"' in admin.get(path).content.decode()
    has_any = path != "/domains/"
    html = bob.get(path).content.decode()
    assert ('name="action"' in html) == has_any
    assert ('name="key"' in html) == has_any


def test_an_action_with_values_asks_for_them_first(admin: Client) -> None:
    for number in range(3):
        Forwarding.objects.create(source=f"f{number}@a.test", destination="u001@a.test")
    url = "/bulk/begin/forwarding/?q=f"
    ticked = {"action": "move_destination", "which": "ticked", "key": ["f0@a.test", "f2@a.test"]}
    page = admin.post(url, ticked)
    html = page.content.decode()
    assert page.status_code == 200
    assert re.findall(r'name="key"\s+value="([^"]+)"', html) == ["f0@a.test", "f2@a.test"]
    assert not Job.objects.exists()
    # An empty value is asked for again.
    again = admin.post(url, {**ticked, "values": "1", "old": "u001@a.test", "new": ""})
    assert "aria-invalid" in again.content.decode()
    values = {"values": "1", "old": "u001@a.test", "new": "u002@a.test"}
    page = admin.post(url, {**ticked, **values}, follow=True)
    job = Job.objects.get()
    assert keys_of(job) == ["f0@a.test", "f2@a.test"]
    assert "u002@a.test" in page.content.decode()
    confirm(admin, job)
    assert dict(Forwarding.objects.values_list()) == {
        "f0@a.test": "u002@a.test",
        "f1@a.test": "u001@a.test",
        "f2@a.test": "u002@a.test",
    }


def test_forwardings_that_lead_to_an_address(admin: Client) -> None:
    for source, destination in (
        ("f1@a.test", "u001@a.test, x@far.test"),
        ("f2@a.test", "xu001@a.test"),
        ("f3@a.test", "U001@a.test"),
    ):
        Forwarding.objects.create(source=source, destination=destination)
    data = {"action": "delete_forwardings", "which": "all"}
    admin.post("/bulk/begin/forwarding/?to=u001@a.test", data)
    assert keys_of(Job.objects.get()) == ["f1@a.test", "f3@a.test"]


def test_nothing_ticked_or_no_action_says_so(admin: Client) -> None:
    page = post(admin, f"{BEGIN}?q=u00", which="ticked")
    assert page.redirect_chain[0][0] == "/mailboxes/?q=u00"
    assert "Tick the rows" in page.content.decode()
    for action in ("", "delete_transports", "undo", "x" * 500):
        page = post(admin, action=action, which="all")
        assert "Choose what to do" in page.content.decode()
    assert not Job.objects.exists()


ODD = [
    "two\r\nlines@a.test",
    "two\nlines@a.test",
    "",
    "%41@a.test",
    "a+b&c=d@a.test",
    "'\"<b>@a.test",
]


@pytest.mark.parametrize("key", ODD)
def test_hostile_keys_are_the_very_rows(admin: Client, key: str) -> None:
    Mailbox.objects.create(email=key, password="{PLAIN}x")
    html = admin.get("/mailboxes/?q=" + quote(key[:3])).content.decode()
    assert "<b>@" not in html
    post(admin, which="ticked", key=[quote(key, safe="@")])
    confirm(admin, Job.objects.get())
    assert suspended() == [key]


@pytest.mark.parametrize("key", ["\x00", "%00", "%", "%zz", "%ff", "x" * 3000, "😀@a.test"])
def test_keys_of_no_row_change_nothing(admin: Client, key: str) -> None:
    assert post(admin, which="ticked", key=[key, "u001@a.test"]).status_code == 200
    assert keys_of(Job.objects.get()) == ["u001@a.test"]


def test_a_domain_admin_gets_his_rows_only(bob: Client) -> None:
    post(bob, which="ticked", key=["x@b.test", "u001@a.test"])
    assert keys_of(Job.objects.get()) == ["u001@a.test"]
    assert bob.post(f"{BEGIN}?domain=b.test", {"action": "suspend_mailboxes"}).status_code == 404
    data = {"action": "delete_domains", "which": "all", "values": "1", "dependents": "remove"}
    assert bob.post("/bulk/begin/domain/", data).status_code == 403
    assert Domain.objects.count() == 2


def test_a_grant_that_ends_between_plan_and_change(bob: Client, domain_admin: Any) -> None:
    post(bob, which="ticked", key=["u001@a.test", "u002@a.test"])
    job = Job.objects.get()
    domain_admin.grants.update(domain="b.test")
    confirm(bob, job)
    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == (State.DONE, 0, 2)
    assert suspended() == []


def test_rows_that_come_after_the_plan_are_not_changed(admin: Client) -> None:
    post(admin, f"{BEGIN}?q=u01", which="all")
    Mailbox.objects.create(email="u01x@a.test", password="{PLAIN}x")
    Mailbox.objects.filter(pk="u010@a.test").delete()
    confirm(admin, Job.objects.get())
    assert suspended() == [f"u{number:03}@a.test" for number in range(11, 20)]


def test_an_old_sign_in_types_the_password_again_before_it_is_done(admin: Client) -> None:
    post(admin, which="ticked", key=["u001@a.test"])
    job = Job.objects.get()
    session = admin.session
    session[SESSION_KEY] = 0.0
    session.save()
    page = confirm(admin, job)
    assert page.redirect_chain[0][0].startswith("/login/again/")
    assert suspended() == []


def test_many_rows_wait_for_a_worker(admin: Client) -> None:
    Mailbox.objects.bulk_create(
        Mailbox(email=f"v{number:03}@a.test", password="{PLAIN}x") for number in range(120)
    )
    page = post(admin, f"{BEGIN}?q=v", which="all")
    assert "Looking at what would be done" in page.content.decode()
    job = Job.objects.get()
    loop = Loop(interval=0.0)
    assert loop.step()
    assert "120 rows would be done" in admin.get(f"/bulk/{job.pk}/").content.decode()
    confirm(admin, job)
    assert suspended() == []
    assert loop.step()
    assert len(suspended()) == 120


def test_two_tabs_confirm_and_leave(admin: Client) -> None:
    post(admin, which="ticked", key=["u001@a.test"])
    job = Job.objects.get()
    admin.post(f"/bulk/{job.pk}/cancel/")
    confirm(admin, job)
    assert suspended() == []


def test_new_passwords_are_shown_to_whoever_began_it_alone(
    admin: Client, bob: Client, superadmin: Any
) -> None:
    post(bob, which="ticked", key=["u001@a.test"], action="new_passwords")
    job = Job.objects.get()
    url = f"/bulk/{job.pk}/passwords/"
    assert "shown once" in confirm(bob, job).content.decode()
    assert admin.post(url).status_code == 403
    page = bob.post(url)
    assert "no-store" in page["Cache-Control"]
    (password,) = re.findall(r"<code>([^<]+)</code>", page.content.decode())
    assert verify(password, Mailbox.objects.get(pk="u001@a.test").password)
    lines = bob.post(url, {"as": "csv"}).content.decode().splitlines()
    assert lines == ["email,password", f"u001@a.test,{password}"]
    job.refresh_from_db()
    job.options["shown_at"] = "2020-01-01T00:00:00+00:00"
    job.save()
    assert "forgotten" in bob.post(url, follow=True).content.decode()


def test_a_domain_that_was_taken_away_is_gone_from_old_jobs(admin: Client, bob: Client) -> None:
    post(bob, which="ticked", key=["u001@a.test"], action="new_passwords")
    job = Job.objects.get()
    confirm(bob, job)
    keep_items(job, Role.RESULT, 0, read_items(job, Role.PLAN, 0))
    pages = (f"/bulk/{job.pk}/", f"/bulk/{job.pk}/plan/")
    assert all("u001@a.test" in said(bob.get(url)) for url in pages)
    Grant.objects.all().delete()
    for url in pages:
        assert "u001@a.test" not in said(bob.get(url))
        assert "u001@a.test" in said(admin.get(url))
    assert "passwords/" not in said(bob.get(pages[0]))
    assert "u001" not in said(bob.post(f"/bulk/{job.pk}/passwords/", follow=True))
    # He may be given it again: nothing was used up.
    Grant.objects.create(user=User.objects.get(username="bob"), domain="a.test", ahead=True)
    assert "u001@a.test" in said(bob.post(f"/bulk/{job.pk}/passwords/"))


def test_a_later_operator_of_the_same_name_has_no_jobs(bob: Client, client_of: Any) -> None:
    post(bob, which="ticked", key=["u001@a.test"])
    job = Job.objects.get()
    old = User.objects.get(username="bob")
    old.delete()
    new = User.objects.create(username="bob", kind=old.kind)
    Grant.objects.create(user=new, domain="a.test", ahead=True)
    client = client_of(new)
    assert f"/bulk/{job.pk}/" not in said(client.get("/bulk/"))
    assert client.get(f"/bulk/{job.pk}/").status_code == 404
    assert confirm(client, job).status_code == 404
    with pytest.raises(PermissionDenied):
        confirm_job(actor=new.actor(), job=job)
    Job.objects.update(state=State.APPLYING)
    assert running.run(job.pk) == State.CANCELLED
    assert suspended() == []


def test_a_renamed_operator_keeps_his_jobs(bob: Client) -> None:
    post(bob, which="ticked", key=["u001@a.test"])
    User.objects.update(username="robert")
    assert confirm(bob, Job.objects.get()).status_code == 200
    assert suspended() == ["u001@a.test"]


def test_what_a_file_said_outside_his_domains_is_shown_to_its_writer(root: Actor) -> None:
    bob = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
    outside = (Reason("email", "outside_domains", "x"),)
    there = (Reason("email", "duplicate", "x"),)
    items = [
        Item(1, "mailbox", "x@b.test", Verdict.REFUSED, reasons=outside),
        Item(2, "mailbox", "x@b..test", Verdict.REFUSED),
        Item(3, "mailbox", "x@b.test", Verdict.REFUSED, reasons=there),
        Item(4, "mailbox", "x@b.test", Verdict.CHANGE),
        Item(5, "mailbox", "x@A.test", Verdict.CHANGE),
        Item(6, "transport", "x@a.test", Verdict.CHANGE),
        Item(7, "transport", "*", Verdict.CHANGE),
        Item(8, "operator", "carol", Verdict.CHANGE),
    ]
    assert [item.line for item in seen(bob, items)] == [1, 2, 5, 6]
    assert list(seen(root, items)) == items


def test_a_jobs_page_takes_a_fixed_number_of_queries(
    admin: Client, django_assert_max_num_queries: Any
) -> None:
    post(admin, f"{BEGIN}?domain=a.test", which="page")
    with django_assert_max_num_queries(12):
        admin.get(f"/bulk/{Job.objects.get().pk}/")
