"""The command `audit`: its JSON as promised, undo of a whole action, exit codes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from audit.kept import oldest
from audit.log import record
from audit.models import Entry
from audit.sign_ins import record_refused_sign_in
from domains.models import Domain
from domains.services import create_domain
from mailadmin.setup import prepare_database
from mailboxes.models import Mailbox

SECRET = "correct horse 42 battery\n"


@pytest.fixture
def history(run) -> None:
    run("domain", "add", "a.test")
    run("mailbox", "add", "anna@a.test", stdin=SECRET)
    run("forwarding", "add", "info@a.test", "anna@a.test")
    run("domain", "delete", "a.test")


def listed(run, *options: str) -> list[dict]:
    code, out, _err = run("audit", "list", "--json", *options)
    assert code == 0
    return json.loads(out)


def test_the_list_has_the_promised_shape(history: None, run) -> None:
    entries = listed(run)
    assert [list(entry) for entry in entries] == [
        ["id", "group", "time", "actor", "address", "action", "object", "changes"]
    ] * 6
    assert [entry["id"] for entry in entries] == sorted(
        (entry["id"] for entry in entries), reverse=True
    )
    assert all(isinstance(entry["id"], int) for entry in entries)
    assert len({entry["group"] for entry in entries[:3]}) == 1
    assert datetime.fromisoformat(entries[0]["time"]).utcoffset() == timedelta(0)
    assert entries[-1]["changes"] == {"domain": [None, "a.test"]}
    assert entries[-1]["actor"]
    assert "(" not in entries[-1]["actor"]


def test_an_empty_log_is_an_empty_list(run) -> None:
    assert listed(run) == []


def test_all_are_listed_unless_limited(run, root, monkeypatch) -> None:
    monkeypatch.setattr("audit.export.BATCH", 7)
    for number in range(30):
        record(actor=root, action="create_domain", object_type="domain", key=f"{number}.test")
    assert [entry["object"] for entry in listed(run)] == [f"{n}.test" for n in range(29, -1, -1)]
    assert len(listed(run, "--limit", "10")) == 10
    assert listed(run, "--limit", "0") == []
    assert len(listed(run, "--limit", "99")) == 30


def test_filters(history: None, run) -> None:
    assert [entry["object"] for entry in listed(run, "--q", "info")] == ["info@a.test"] * 2
    assert [e["action"] for e in listed(run, "--action", "delete_domain")] == ["delete_domain"]
    assert listed(run, "--domain", "b.test") == []
    assert listed(run, "--actor", "nobody-of-this-name") == []
    assert listed(run, "--address", "192.0.2.1") == []
    assert [e["object"] for e in listed(run, "--kind", "domain")] == ["a.test"] * 2
    assert listed(run, "--since", "2999-01-01") == []
    assert len(listed(run, "--until", "2999-01-01")) == 6


def test_show(history: None, run) -> None:
    pk = str(Entry.objects.get(action="delete_domain").pk)
    code, out, _err = run("audit", "show", pk, "--json")
    shown = json.loads(out)
    assert code == 0
    assert (shown["object"], shown["others"], shown["in_the_way"]) == ("a.test", 2, [])
    code, out, _err = run("audit", "show", pk)
    assert "domain: a.test -> (nothing)" in out


def test_undo_takes_back_the_whole_action(history: None, run) -> None:
    mailbox = Entry.objects.get(action="delete_mailbox")
    code, out, _err = run("audit", "undo", str(mailbox.pk))
    assert code == 0
    assert "Undone: 3 changes." in out
    assert Domain.objects.filter(pk="a.test").exists()
    assert Mailbox.objects.filter(pk="anna@a.test").exists()
    assert {entry["action"] for entry in listed(run, "--limit", "3")} == {"undo"}
    code, out, _err = run("audit", "undo", str(Entry.objects.first().pk), "--json")
    assert code == 0
    assert len(json.loads(out)) == 3
    assert not Domain.objects.exists()


def test_undo_of_one_entry_only(history: None, run) -> None:
    mailbox = Entry.objects.get(action="delete_mailbox")
    assert run("audit", "undo", str(mailbox.pk), "--only")[0] == 0
    assert Mailbox.objects.exists()
    assert not Domain.objects.exists()


def test_a_refusal_exits_with_1_and_says_why(history: None, run) -> None:
    pk = str(Entry.objects.get(action="delete_domain").pk)
    Mailbox.objects.create(email="anna@a.test", password="x")
    code, _out, err = run("audit", "undo", pk)
    assert code == 1
    assert "There is a row “anna@a.test” again" in err
    code, out, _err = run("audit", "undo", pk, "--json")
    assert code == 1
    assert [one["code"] for one in json.loads(out)["refused"]] == ["taken"]


@pytest.mark.parametrize("subcommand", ["show", "undo"])
def test_an_entry_that_is_not_there(run, subcommand: str) -> None:
    code, _out, err = run("audit", subcommand, "999")
    assert code == 1
    assert "There is no entry 999." in err


def test_lines_hold_nothing_that_a_terminal_acts_upon(run, root) -> None:
    record(actor=root, action="delete_mailbox", object_type="mailbox", key="\x1b[2Jx\n@a.test")
    record_refused_sign_in(name="\x1b]0;x\x07@a.test", address="192.0.2.1", known=False)
    _code, out, _err = run("audit", "list")
    assert len(out.splitlines()) == 2
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\\x1b[2Jx\\n@a.test" in out


def test_one_entry_neither(run, root) -> None:
    entry = record(
        actor=root,
        action="change_forwarding",
        object_type="forwarding",
        key="\x1b[2Jx@a.test",
        former_key="\x9b1mx@a.test",
        before={"destination": "\x1b]0;x\x07@a.test\nid: 1"},
    )
    _code, out, _err = run("audit", "show", str(entry.pk))
    assert not {"\x1b", "\x07", "\x9b"} & set(out)
    assert out.count("id: ") == 2
    assert [line for line in out.splitlines() if line.startswith("id: ")] == [f"id: {entry.pk}"]


def test_a_domain_is_found_as_people_write_it(run, root) -> None:
    create_domain(actor=root, domain="bücher.test")
    for typed in ("bücher.test", "Bücher.TEST", "xn--bcher-kva.test"):
        assert len(json.loads(run("audit", "list", "--json", "--domain", typed)[1])) == 1
    assert json.loads(run("audit", "list", "--json", "--domain", "other.test")[1]) == []


def test_prune_empties_what_is_over_and_keeps_the_log(history: None, run) -> None:
    Entry.objects.update(time=oldest() - timezone.timedelta(minutes=1))
    assert "6 entries" in run("audit", "prune")[1]
    assert json.loads(run("audit", "prune", "--json")[1]) == {"emptied": 0}
    assert Entry.objects.count() == 6


def test_setup_prunes(history: None, run) -> None:
    Entry.objects.filter(action="delete_mailbox").update(
        time=oldest() - timezone.timedelta(minutes=1)
    )
    prepare_database(lambda text: None)
    assert list(Entry.objects.filter(kept=None).values_list("action", flat=True)) == [
        "delete_mailbox"
    ]
