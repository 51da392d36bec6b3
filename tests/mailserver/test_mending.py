"""Each mend of the lint: what it changes, that undo takes it back, and when it does nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit.models import Entry
from audit.refusals import ChangedMeanwhile, NeedsConfirmation
from domains.models import Domain
from domains.schema import schema
from mailboxes.models import Forwarding, Mailbox
from mailkit.lint import Code
from mailkit.passwords import is_locked, lock
from mailkit.tables import Code as RowCode
from mailserver.mending import mend_row, plan_for
from mailserver.mends import ADVICE, MEND_MEANS, MEND_WORDS, TABLES, Mend, mend_for
from tests.mailserver.mending_cases import (
    CAPITALS,
    HASH,
    MENDED,
    ROOT,
    Case,
    fill,
    rows_of,
    undo_last,
)

DOCUMENT = (
    (Path(__file__).parents[2] / "docs/lint.md").read_text("utf-8").partition("## What it mends")[2]
)
ROW_CODES = {code for code in RowCode if code.startswith("row.")}


@pytest.mark.parametrize("case", MENDED, ids=lambda case: f"{case.code}-{case.table}")
def test_it_mends_the_row_and_undo_takes_it_back(place: None, case: Case) -> None:
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


def test_all_dead_targets_go_at_once_but_none_that_is_held(place: None) -> None:
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


def test_a_missing_domain_is_made(place: None) -> None:
    Mailbox.objects.create(email="x@gone.test", password=HASH)
    plan = plan_for("row.domain_missing", "users", "x@gone.test")
    assert plan is not None
    assert plan.made == "gone.test"
    mend_row(actor=ROOT, code="row.domain_missing", table="users", key="x@gone.test")
    assert Domain.objects.by_key("gone.test") is not None
    assert plan_for("row.domain_missing", "users", "x@gone.test") is None
    undo_last()
    assert Domain.objects.by_key("gone.test") is None


def test_an_open_mailbox_is_suspended(place: None) -> None:
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
    place: None,
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


def test_a_row_that_changed_meanwhile_is_left(place: None) -> None:
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


def test_what_the_service_warns_of_wants_a_confirmation(place: None) -> None:
    """The row would take the mailbox's mail once it is found."""
    fill("forwardings", {" anna@a.test": "x@far.test"})
    finding = {"code": "row.blanks", "table": "forwardings", "key": " anna@a.test"}
    with pytest.raises(NeedsConfirmation):
        mend_row(actor=ROOT, **finding)
    assert rows_of("forwardings") == {" anna@a.test": "x@far.test"}
    assert mend_row(actor=ROOT, force=True, **finding) is not None
    assert rows_of("forwardings") == {"anna@a.test": "x@far.test"}


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


def test_a_locked_value_opens_to_nobody(place: None) -> None:
    Mailbox.objects.filter(pk="anna@a.test").update(password=lock("{PLAIN}"))
    assert plan_for("password.open", "users", "anna@a.test") is None
    assert mend_for("password.open", "users") is Mend.SUSPEND
