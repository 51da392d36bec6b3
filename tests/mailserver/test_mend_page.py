"""The page of a mend: before and after, what becomes of mail, and its button."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from audit.recent import SESSION_KEY
from domains.schema import schema
from mailboxes.models import Forwarding, Mailbox
from mailboxes.routing import DatabaseTables
from mailkit.lint import Code
from mailserver.lint_runs import begin_lint, lint_all
from mailserver.mending import change_of, mend_row, plan_for
from mailserver.mends import ADVICE
from mailserver.preview import preview_change
from mailserver.tracing import follow
from tests.mailserver.mending_cases import (
    CAPITALS,
    MENDED,
    ROOT,
    Case,
    fill,
    rows_of,
    url_of,
)


@pytest.fixture
def admin(superadmin: User) -> Client:
    return signed_in(Client(), superadmin)


def signed_in(client: Client, operator: User) -> Client:
    client.force_login(operator, backend="accounts.backends.OperatorBackend")
    session = client.session
    session[SESSION_KEY] = time.time()
    session.save()
    return client


def test_the_page_shows_the_change_and_the_button_makes_it(admin: Client, place: None) -> None:
    fill("forwardings", {"x@a.test": "no@a.test, anna@a.test"})
    lint_all.func(begin_lint(actor=ROOT).pk)
    report = admin.get(reverse("show_lint")).content.decode()
    url = url_of("forwarding.dead_target", "x@a.test")
    assert url in unescape(report)
    page = admin.get(url).content.decode()
    assert "x@a.test → no@a.test, anna@a.test" in page
    assert "x@a.test → anna@a.test" in page
    assert Forwarding.objects.get().destination == "no@a.test, anna@a.test"
    state = re.search(r'name="state" value="(\w+)"', page)
    assert state is not None
    answer = admin.post(url, {"state": state[1]})
    assert (answer.status_code, answer["Location"]) == (302, reverse("show_lint"))
    assert Forwarding.objects.get().destination == "anna@a.test"
    assert Entry.objects.latest("pk").action == "change_forwarding"
    after = admin.get(reverse("show_lint")).content.decode()
    assert "mended since" in after
    assert url not in unescape(after)
    # The second of two clicks.
    assert admin.post(url, {"state": state[1]}, follow=True).status_code == 200
    assert Entry.objects.filter(action="change_forwarding").count() == 1


@pytest.mark.parametrize("case", MENDED, ids=lambda case: f"{case.code}-{case.table}")
def test_the_page_says_what_becomes_of_mail(admin: Client, place: None, case: Case) -> None:
    if case.code == "row.capitals_dead" and case.table in schema().blind:
        pytest.skip(CAPITALS)
    fill(case.table, case.rows)
    plan = plan_for(case.code, case.table, case.key)
    assert plan is not None
    page = admin.get(url_of(case.code, case.key, case.table)).content.decode()
    change = change_of(plan, case.table, case.key)
    assert change is not None
    promised = preview_change(ROOT, change).lines
    assert promised
    assert page.count('class="route-line"') == len(promised)
    mend_row(actor=ROOT, code=case.code, table=case.table, key=case.key, force=True)
    for line in promised:
        found = follow(ROOT, line.address, DatabaseTables())
        assert (found.outcome, found.deliveries) == (line.after.outcome, line.after.deliveries)


def test_a_suspended_mailbox_gets_its_mail_so_nothing_is_said(admin: Client, place: None) -> None:
    Mailbox.objects.filter(pk="anna@a.test").update(password="{PLAIN}")
    page = admin.get(url_of("password.open", "anna@a.test", "users")).content.decode()
    assert "route-line" not in page


def test_a_warning_stands_in_the_page_with_its_box(admin: Client, place: None) -> None:
    fill("forwardings", {" anna@a.test": "x@far.test"})
    url = url_of("row.blanks", " anna@a.test")
    page = admin.post(url, {})
    assert page.status_code == 200
    assert 'name="force"' in page.content.decode()
    assert admin.post(url, {"force": "on"}).status_code == 302
    assert rows_of("forwardings") == {"anna@a.test": "x@far.test"}


def test_a_change_meanwhile_stands_in_the_page(admin: Client, place: None) -> None:
    fill("forwardings", {"x@a.test": "anna@a.test, Anna@a.test"})
    page = admin.post(url_of("forwarding.twice", "x@a.test"), {"state": "0" * 32})
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert Forwarding.objects.get().destination == "anna@a.test, Anna@a.test"


def test_what_is_over_is_said(admin: Client, place: None) -> None:
    fill("forwardings", {"x@a.test": "anna@a.test"})
    page = admin.get(url_of("forwarding.twice", "x@a.test")).content.decode()
    assert "nothing here to mend" in page
    assert '<button type="submit" class="btn btn-primary"' not in page


def test_it_wants_the_token_of_its_form(superadmin: User, place: None) -> None:
    client = signed_in(Client(enforce_csrf_checks=True), superadmin)
    fill("forwardings", {"x@a.test": ""})
    assert client.post(url_of("row.no_destination", "x@a.test"), {}).status_code == 403
    assert Forwarding.objects.exists()


def test_an_old_sign_in_is_asked_for_the_password(superadmin: User, place: None) -> None:
    client = signed_in(Client(), superadmin)
    session = client.session
    session[SESSION_KEY] = time.time() - 3600
    session.save()
    fill("forwardings", {"x@a.test": ""})
    url = url_of("row.no_destination", "x@a.test")
    for answer in (client.get(url), client.post(url, {})):
        assert answer["Location"].startswith(reverse("login_again"))
    assert Forwarding.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "no.such", "table": "forwardings", "key": "x"},
        {"code": "row.blanks", "table": "operators", "key": "x"},
        {"code": "row.blanks", "table": "forwardings", "key": ""},
        {"code": "row.blanks", "table": "forwardings", "key": "\0"},
    ],
    ids=["nothing", "code", "table", "key", "nul"],
)
def test_what_is_no_finding_is_not_there(admin: Client, place: None, query: dict[str, str]) -> None:
    assert admin.get(reverse("mend_row"), query).status_code == 404


def test_a_password_that_its_owner_should_choose_has_a_link(admin: Client, place: None) -> None:
    Mailbox.objects.filter(pk="anna@a.test").update(password="rl0uE0wO1zY3Y")
    lint_all.func(begin_lint(actor=ROOT).pk)
    page = admin.get(reverse("show_lint")).content.decode()
    assert f'href="{reverse("set_mailbox_password", args=["anna@a.test"])}"' in page
    assert str(ADVICE[Code.HASH_WEAK].why) in unescape(page)
