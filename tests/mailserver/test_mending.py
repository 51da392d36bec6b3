"""Each mend of the lint: what it changes, that undo takes it back, and when it does nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.actor import command_actor
from audit.models import Entry
from audit.recent import SESSION_KEY
from audit.refusals import ChangedMeanwhile, NeedsConfirmation
from domains.models import Domain, Transport
from domains.schema import schema
from mailboxes.models import Forwarding, Mailbox
from mailboxes.routing import DatabaseTables
from mailkit.lint import Code
from mailkit.passwords import is_locked, lock
from mailkit.tables import Code as RowCode
from mailserver.lint_runs import begin_lint, lint_all
from mailserver.mend_views import mend_url
from mailserver.mending import change_of, mend_row, plan_for
from mailserver.mends import ADVICE, MEND_MEANS, MEND_WORDS, TABLES, Mend, mend_for
from mailserver.preview import preview_change
from mailserver.tracing import follow
from undo.services import undo

ROOT = command_actor("root")
CAPITALS = (
    "NOT TESTED where the column finds a key whatever its capitals, so that there is no such "
    "finding; `make test` runs it on SQLite"
)
DOCUMENT = (
    (Path(__file__).parents[2] / "docs/lint.md").read_text("utf-8").partition("## What it mends")[2]
)
HASH = "{BLF-CRYPT}$2y$08$mj/gL7tle0hEANaEUTnQceOda3wY.ymBwQ0c/1zhegrfje7MHVWM2"
ROW_CODES = {code for code in RowCode if code.startswith("row.")}


@dataclass(frozen=True)
class Case:
    """A finding, the rows it is about, and what the row of `key` becomes (None: it goes)."""

    code: str
    table: str
    key: str
    rows: Mapping[str, str]
    new_key: str
    value: str | None


MENDED = [
    Case(
        "row.blanks",
        "forwardings",
        " x@a.test",
        {" x@a.test": "anna@a.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "row.non_ascii",
        "forwardings",
        "x@bü.test",
        {"x@bü.test": "anna@a.test"},
        "x@xn--b-eha.test",
        "anna@a.test",
    ),
    Case(
        "row.capitals_dead",
        "forwardings",
        "X@a.test",
        {"X@a.test": "anna@a.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "row.capitals_alive",
        "forwardings",
        "X@a.test",
        {"X@a.test": "anna@a.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "row.capitals_dead",
        "transport",
        "Far.test",
        {"Far.test": "smtp:[192.0.2.1]"},
        "far.test",
        "smtp:[192.0.2.1]",
    ),
    Case("row.no_destination", "forwardings", "x@a.test", {"x@a.test": ""}, "x@a.test", None),
    Case(
        "forwarding.dead_target",
        "forwardings",
        "x@a.test",
        {"x@a.test": "no@a.test, anna@a.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "forwarding.to_itself",
        "forwardings",
        "anna@a.test",
        {"anna@a.test": "anna@a.test"},
        "anna@a.test",
        None,
    ),
    Case(
        "forwarding.twice",
        "forwardings",
        "x@a.test",
        {"x@a.test": "anna@a.test, Anna@A.test"},
        "x@a.test",
        "anna@a.test",
    ),
    Case(
        "transport.key",
        "transport",
        "@far.test",
        {"@far.test": "smtp:[192.0.2.1]"},
        "@far.test",
        None,
    ),
    Case("transport.empty", "transport", "far.test", {"far.test": ""}, "far.test", None),
]


@pytest.fixture
def world(db: None) -> None:
    Domain.objects.create(domain="a.test")
    Domain.objects.create(domain="xn--b-eha.test")
    Mailbox.objects.create(email="anna@a.test", password=HASH)


@pytest.fixture
def admin(superadmin: User) -> Client:
    return signed_in(Client(), superadmin)


def signed_in(client: Client, operator: User) -> Client:
    client.force_login(operator, backend="accounts.backends.OperatorBackend")
    session = client.session
    session[SESSION_KEY] = time.time()
    session.save()
    return client


def fill(table: str, rows: Mapping[str, str]) -> None:
    for key, value in rows.items():
        if table == "forwardings":
            Forwarding.objects.create(source=key, destination=value)
        else:
            Transport.objects.create(domain=key, transport=value)


def rows_of(table: str) -> dict[str, str]:
    model: Any = Forwarding if table == "forwardings" else Transport
    return dict(model.objects.values_list())


def undo_last() -> None:
    undo(actor=ROOT, entry_id=Entry.objects.latest("pk").pk, force=True)


@pytest.mark.parametrize("case", MENDED, ids=lambda case: f"{case.code}-{case.table}")
def test_it_mends_the_row_and_undo_takes_it_back(world: None, case: Case) -> None:
    if case.code == "row.capitals_dead" and case.table in schema().blind:
        pytest.skip(CAPITALS)
    fill(case.table, case.rows)
    before = rows_of(case.table)
    plan = plan_for(case.code, case.table, case.key)
    assert plan is not None
    assert case.key in plan.before
    done = mend_row(actor=ROOT, code=case.code, table=case.table, key=case.key, state=plan.state)
    assert done == plan
    expected = {} if case.value is None else {case.new_key: case.value}
    assert rows_of(case.table) == expected
    assert plan.after == (f"{case.new_key} → {case.value}" if expected else "")
    # It is over.
    assert plan_for(case.code, case.table, case.key) is None
    undo_last()
    assert rows_of(case.table) == before


def test_all_dead_targets_go_at_once_but_none_that_is_held(world: None) -> None:
    """The report names ten; the mend takes out all, but no address that is switched off."""
    dead = ", ".join(f"no{number}@a.test" for number in range(12))
    fill("forwardings", {"x@a.test": f"anna@a.test, {dead}, off@a.test"})
    fill("transport", {"off@a.test": "error:5.2.1 on holiday"})
    finding = {"code": "forwarding.dead_target", "table": "forwardings", "key": "x@a.test"}
    # Of the one that stays the service warns, as it does on the row's own page.
    with pytest.raises(NeedsConfirmation):
        mend_row(actor=ROOT, **finding)
    assert mend_row(actor=ROOT, force=True, **finding) is not None
    assert rows_of("forwardings") == {"x@a.test": "anna@a.test, off@a.test"}
    assert plan_for(**finding) is None


def test_a_missing_domain_is_made(world: None) -> None:
    Mailbox.objects.create(email="x@gone.test", password=HASH)
    plan = plan_for("row.domain_missing", "users", "x@gone.test")
    assert plan is not None
    assert plan.made == "gone.test"
    mend_row(actor=ROOT, code="row.domain_missing", table="users", key="x@gone.test")
    assert Domain.objects.by_key("gone.test") is not None
    assert plan_for("row.domain_missing", "users", "x@gone.test") is None
    undo_last()
    assert Domain.objects.by_key("gone.test") is None


def test_an_open_mailbox_is_suspended(world: None) -> None:
    Mailbox.objects.filter(pk="anna@a.test").update(password="{PLAIN}")
    plan = plan_for("password.open", "users", "anna@a.test")
    assert plan is not None
    assert "suspended" in plan.after
    mend_row(actor=ROOT, code="password.open", table="users", key="anna@a.test")
    assert is_locked(Mailbox.objects.get().password)
    assert plan_for("password.open", "users", "anna@a.test") is None
    undo_last()
    assert Mailbox.objects.get().password == "{PLAIN}"


def test_every_mend_has_a_case_in_each_of_its_codes() -> None:
    played = {case.code for case in MENDED} | {"row.domain_missing", "password.open"}
    assert played == {code for code, advice in ADVICE.items() if advice.mend is not None}


# (code, table, key, rows of forwardings, rows of transport)
NOT_MENDED: list[tuple[str, str, str, dict[str, str], dict[str, str]]] = [
    # As it should be.
    ("row.blanks", "forwardings", "x@a.test", {"x@a.test": "anna@a.test"}, {}),
    ("row.no_destination", "forwardings", "x@a.test", {"x@a.test": "anna@a.test"}, {}),
    ("forwarding.twice", "forwardings", "x@a.test", {"x@a.test": "anna@a.test"}, {}),
    ("forwarding.dead_target", "forwardings", "x@a.test", {"x@a.test": "anna@a.test"}, {}),
    ("transport.empty", "transport", "far.test", {}, {"far.test": "smtp:[192.0.2.1]"}),
    ("transport.key", "transport", "far.test", {}, {"far.test": ""}),
    ("password.open", "users", "anna@a.test", {}, {}),
    ("row.domain_missing", "users", "anna@a.test", {}, {}),
    # For a person.
    ("row.blanks", "forwardings", "x y@a.test", {"x y@a.test": "anna@a.test"}, {}),
    ("row.blanks", "forwardings", " x@a.test", {" x@a.test": "|/bin/sh"}, {}),
    ("row.domain_missing", "forwardings", "x@nodot", {"x@nodot": "anna@a.test"}, {}),
    ("forwarding.to_itself", "forwardings", "x@a.test", {"x@a.test": "x@a.test"}, {}),
    # All of it is dead: that is another finding.
    ("forwarding.dead_target", "forwardings", "x@a.test", {"x@a.test": "no@a.test"}, {}),
    # The dead address is not its own.
    (
        "forwarding.dead_target",
        "forwardings",
        "x@a.test",
        {"x@a.test": "y@a.test, anna@a.test", "y@a.test": "no@a.test"},
        {},
    ),
    # Keys that no form takes, and that Postfix asks for.
    *(
        ("transport.key", "transport", key, {}, {key: "smtp:[192.0.2.1]"})
        for key in ("mailhost", "a_b.test", "[192.0.2.1]", "u@localhost", "u..v@a.test")
    ),
    # Blanks are followed without end, so that mail waits: not what an empty row does.
    *(
        ("row.no_destination", "forwardings", "x@a.test", {"x@a.test": text}, {})
        for text in (" ", ",", "()")
    ),
    # Switched off, for a while perhaps.
    (
        "forwarding.dead_target",
        "forwardings",
        "x@a.test",
        {"x@a.test": "off@a.test, anna@a.test"},
        {"off@a.test": "error:5.2.1 on holiday"},
    ),
    # No such row, no such mend, not of this table.
    ("row.blanks", "forwardings", "gone@a.test", {}, {}),
    ("forwarding.loop", "forwardings", "x@a.test", {"x@a.test": "x+y@a.test"}, {}),
    ("row.capitals_dead", "users", "anna@a.test", {}, {}),
    ("transport.key", "forwardings", "x@a.test", {"x@a.test": "anna@a.test"}, {}),
    ("no.such", "forwardings", "x@a.test", {}, {}),
    ("row.blanks", "operators", "x@a.test", {}, {}),
]


@pytest.mark.parametrize(
    ("code", "table", "key", "forwardings", "transports"),
    NOT_MENDED,
    ids=[f"{number}-{one[0]}" for number, one in enumerate(NOT_MENDED)],
)
def test_it_leaves_what_is_well_or_for_a_person(
    world: None,
    code: str,
    table: str,
    key: str,
    forwardings: dict[str, str],
    transports: dict[str, str],
) -> None:
    fill("forwardings", forwardings)
    fill("transport", transports)
    assert plan_for(code, table, key) is None
    try:
        assert mend_row(actor=ROOT, code=code, table=table, key=key) is None
    except Forwarding.DoesNotExist:
        assert key not in forwardings
    assert rows_of("forwardings") == forwardings
    assert rows_of("transport") == transports
    assert not Entry.objects.exists()


def test_a_row_that_changed_meanwhile_is_left(world: None) -> None:
    fill("forwardings", {"x@a.test": "no@a.test, anna@a.test"})
    plan = plan_for("forwarding.dead_target", "forwardings", "x@a.test")
    assert plan is not None
    Forwarding.objects.update(destination="no@a.test, other@a.test, anna@a.test")
    with pytest.raises(ChangedMeanwhile):
        mend_row(
            actor=ROOT,
            code="forwarding.dead_target",
            table="forwardings",
            key="x@a.test",
            state=plan.state,
        )
    assert "other" in Forwarding.objects.get().destination


def test_what_the_service_warns_of_wants_a_confirmation(world: None) -> None:
    """The row would take the mailbox's mail once it is found."""
    fill("forwardings", {" anna@a.test": "x@far.test"})
    finding = {"code": "row.blanks", "table": "forwardings", "key": " anna@a.test"}
    with pytest.raises(NeedsConfirmation):
        mend_row(actor=ROOT, **finding)
    assert rows_of("forwardings") == {" anna@a.test": "x@far.test"}
    assert mend_row(actor=ROOT, force=True, **finding) is not None
    assert rows_of("forwardings") == {"anna@a.test": "x@far.test"}


# The page


def url_of(code: str, key: str, table: str = "forwardings") -> str:
    found = mend_url(code, table, key)
    assert found
    return found


def test_the_page_shows_the_change_and_the_button_makes_it(admin: Client, world: None) -> None:
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
def test_the_page_says_what_becomes_of_mail(admin: Client, world: None, case: Case) -> None:
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


def test_a_suspended_mailbox_gets_its_mail_so_nothing_is_said(admin: Client, world: None) -> None:
    Mailbox.objects.filter(pk="anna@a.test").update(password="{PLAIN}")
    page = admin.get(url_of("password.open", "anna@a.test", "users")).content.decode()
    assert "route-line" not in page


def test_a_warning_stands_in_the_page_with_its_box(admin: Client, world: None) -> None:
    fill("forwardings", {" anna@a.test": "x@far.test"})
    url = url_of("row.blanks", " anna@a.test")
    page = admin.post(url, {})
    assert page.status_code == 200
    assert 'name="force"' in page.content.decode()
    assert admin.post(url, {"force": "on"}).status_code == 302
    assert rows_of("forwardings") == {"anna@a.test": "x@far.test"}


def test_a_change_meanwhile_stands_in_the_page(admin: Client, world: None) -> None:
    fill("forwardings", {"x@a.test": "anna@a.test, Anna@a.test"})
    page = admin.post(url_of("forwarding.twice", "x@a.test"), {"state": "0" * 32})
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert Forwarding.objects.get().destination == "anna@a.test, Anna@a.test"


def test_what_is_over_is_said(admin: Client, world: None) -> None:
    fill("forwardings", {"x@a.test": "anna@a.test"})
    page = admin.get(url_of("forwarding.twice", "x@a.test")).content.decode()
    assert "nothing here to mend" in page
    assert '<button type="submit" class="btn btn-primary"' not in page


def test_it_wants_the_token_of_its_form(superadmin: User, world: None) -> None:
    client = signed_in(Client(enforce_csrf_checks=True), superadmin)
    fill("forwardings", {"x@a.test": ""})
    assert client.post(url_of("row.no_destination", "x@a.test"), {}).status_code == 403
    assert Forwarding.objects.exists()


def test_an_old_sign_in_is_asked_for_the_password(superadmin: User, world: None) -> None:
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
def test_what_is_no_finding_is_not_there(admin: Client, world: None, query: dict[str, str]) -> None:
    assert admin.get(reverse("mend_row"), query).status_code == 404


def test_a_password_that_its_owner_should_choose_has_a_link(admin: Client, world: None) -> None:
    Mailbox.objects.filter(pk="anna@a.test").update(password="rl0uE0wO1zY3Y")
    lint_all.func(begin_lint(actor=ROOT).pk)
    page = admin.get(reverse("show_lint")).content.decode()
    assert f'href="{reverse("set_mailbox_password", args=["anna@a.test"])}"' in page
    assert str(ADVICE[Code.HASH_WEAK].why) in unescape(page)


# The list


def test_each_code_of_the_lint_is_in_the_one_list() -> None:
    assert set(ADVICE) == {*Code, *ROW_CODES}


@pytest.mark.parametrize("code", ADVICE)
def test_what_is_not_mended_says_why(code: str) -> None:
    advice = ADVICE[code]
    assert advice.mend is not None or str(advice.why)


@pytest.mark.parametrize("mend", Mend)
def test_each_mend_has_its_words_and_its_tables(mend: Mend) -> None:
    assert str(MEND_WORDS[mend])
    assert str(MEND_MEANS[mend])
    assert TABLES[mend]
    assert any(advice.mend is mend for advice in ADVICE.values())


def test_the_document_says_the_same() -> None:
    mended, _title, left = DOCUMENT.partition("Left to a person")

    def codes(text: str) -> set[str]:
        firsts = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        return set(re.findall(r"`([a-z_]+\.[a-z_0-9]+)`", " ".join(firsts)))

    assert codes(mended) == {code for code, advice in ADVICE.items() if advice.mend is not None}
    assert codes(left) == {code for code, advice in ADVICE.items() if advice.mend is None}


def test_a_locked_value_opens_to_nobody(world: None) -> None:
    Mailbox.objects.filter(pk="anna@a.test").update(password=lock("{PLAIN}"))
    assert plan_for("password.open", "users", "anna@a.test") is None
    assert mend_for("password.open", "users") is Mend.SUSPEND
