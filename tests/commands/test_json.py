"""`--json`: all of standard output is one JSON document, of every command, refused or not."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError

from audit.commands import PanelCommand
from audit.models import Entry
from mailboxes.models import Mailbox

SECRET = "correct horse 42 battery"

# (what was typed, keys of the answer or of its first row). Each starts in the same small world.
WORKS: list[tuple[str, set[str]]] = [
    ("domain add b.test", {"domain"}),
    ("domain list", {"domain"}),
    ("domain show a.test", {"domain", "mailboxes", "transports"}),
    ("domain delete a.test", {"deleted"}),
    ("mailbox add new@a.test", {"email", "scheme", "suspended", "weak", "existed_before"}),
    ("mailbox list --q anna", {"email", "scheme", "suspended", "weak"}),
    ("mailbox show anna@a.test", {"email", "forwarded_to", "forwardings_to"}),
    ("mailbox password anna@a.test", {"email", "scheme"}),
    ("mailbox suspend anna@a.test", {"email", "suspended"}),
    ("mailbox resume anna@a.test", {"email", "suspended"}),
    ("mailbox delete anna@a.test --keep", {"deleted"}),
    ("forwarding add all@a.test anna@a.test", {"source", "destination", "destinations"}),
    ("forwarding set info@a.test anna@a.test x@far.test", {"source", "destinations"}),
    ("forwarding list --domain a.test", {"source", "destination"}),
    ("forwarding show info@a.test", {"source", "destination"}),
    ("forwarding delete info@a.test", {"deleted"}),
    ("transport add far.test smtp:[192.0.2.1]", {"domain", "transport"}),
    ("transport set relay.test relay:", {"domain", "transport"}),
    ("transport list", {"domain", "transport"}),
    ("transport show relay.test", {"domain", "transport"}),
    ("transport delete relay.test", {"deleted"}),
    ("operator add carol", {"name", "superadmin", "active", "domains"}),
    ("operator list", {"name", "domains", "former_domains"}),
    ("operator show bob", {"name", "domains", "former_domains"}),
    ("operator password bob", {"name", "active"}),
    ("operator disable bob", {"name", "active"}),
    ("operator enable bob", {"name", "active"}),
    ("operator limits bob --max-mailboxes 5", {"name", "max_mailboxes", "max_forwardings"}),
    ("operator grant bob b.test a.test", {"name", "domains", "granted"}),
    ("operator revoke bob a.test c.test", {"name", "domains", "revoked"}),
    ("operator reset-second-factor bob", {"name", "reset"}),
    ("operator delete bob", {"deleted"}),
    ("invite anna@a.test", {"email", "link"}),
    ("trace anna@a.test info@a.test", {"address", "outcome", "deliveries", "warnings", "steps"}),
    ("mailexport --json", {"email"}),
    ("mailexport --kind all --json", {"exact", "hashes", "domains", "mailboxes", "forwardings"}),
    ("mailexport --json --output /dev/null", {"output", "kind", "format", "hashes"}),
    ("maillint", {"rows", "findings", "schemes"}),
    ("mailtables check", {"findings"}),
    ("mailtables create", {"made"}),
    ("mailtables upgrade --plan", {"steps", "findings"}),
    ("mailtables upgrade", {"steps", "findings"}),
    ("mailtables refresh", {"refreshed"}),
    ("trace anna@a.test", {"address", "outcome", "deliveries", "warnings", "steps"}),
    ("audit list --limit 1", {"id", "group", "time", "actor", "action", "object", "changes"}),
    ("audit show ID", {"id", "others", "in_the_way"}),
    ("audit undo ID", {"id", "changes"}),
    ("audit prune", {"emptied"}),
    ("mailconfig /tmp/nowhere --dovecot 2.3 --plan", {"directory", "written", "files"}),
    ("dns prune", {"runs", "verdicts", "domains"}),
    ("dns mails bob --to bob@far.test", {"name", "address", "wanted"}),
    ("worker list", {"workers", "waiting", "running", "failed"}),
    ("worker prune", {"tasks"}),
    ("mailimport tests/commands/domains.csv", {"job", "state", "counts", "done", "refused"}),
    ("dns settings a.test --role send-only", {"domain", "role", "selectors", "switched_off"}),
]
# These need name servers, a signer or a mail server: tests/dnshealth, tests/mailserver have them.
ELSEWHERE = {
    "dns check": "dns check a.test",
    "dns publish": "dns publish a.test",
    "dns dkim": "dns dkim list",
    "dns zonefile": "dns zonefile a.test",
    "maildoctor": "maildoctor",
}
# (what was typed, standard input, the codes, whether --force would do)
REFUSED: list[tuple[str, str, list[str], bool]] = [
    ("domain add a.test", "", ["duplicate"], False),
    ("domain add nodot", "", ["domain.no_dot"], False),
    ("domain show b.test", "", ["not_found"], False),
    ("dns mails carol --to c@far.test", "", ["not_found"], False),
    ("dns mails bob --to nobody", "", ["address.no_at"], False),
    ("dns settings b.test", "", ["not_found"], False),
    ("dns settings a.test --off caa x --off mx x", "", ["required"], False),
    ("domain delete b.test", "", ["not_found"], False),
    ("mailbox add x@b.test", SECRET, ["no_domain"], True),
    ("mailbox add x@a.test", "", ["password.missing"], False),
    ("mailbox show x@a.test", "", ["not_found"], False),
    ("mailbox password x@a.test", "", ["not_found"], False),
    ("mailbox password anna@a.test", "", ["password.missing"], False),
    ("mailbox suspend x@a.test", "", ["not_found"], False),
    ("mailbox resume x@a.test", "", ["not_found"], False),
    ("mailbox delete x@a.test", "", ["not_found"], False),
    ("forwarding add info@a.test x@far.test", "", ["duplicate"], False),
    ("forwarding add x@a.test y@a.test", "", ["dead_target"], True),
    ("forwarding set x@a.test y@far.test", "", ["not_found"], False),
    ("forwarding set info@a.test info@a.test,x@far.test,two@a.test", "", ["dead_target"], True),
    ("forwarding show x@a.test", "", ["not_found"], False),
    ("forwarding delete x@a.test", "", ["not_found"], False),
    ("transport add * smtp:", "", ["transport_star"], True),
    ("transport set x.test smtp:", "", ["not_found"], False),
    ("transport show x.test", "", ["not_found"], False),
    ("transport delete x.test", "", ["not_found"], False),
    ("operator add bob", SECRET, ["duplicate"], False),
    ("operator add carol", "password1", ["password_too_short", "password_too_common"], True),
    ("operator show x", "", ["not_found"], False),
    ("operator password x", "", ["not_found"], False),
    ("operator disable x", "", ["not_found"], False),
    ("operator enable x", "", ["not_found"], False),
    ("operator limits x", "", ["not_found"], False),
    ("operator grant x a.test", "", ["not_found"], False),
    ("operator revoke bob nodot", "", ["domain.no_dot"], False),
    ("operator reset-second-factor x", "", ["not_found"], False),
    ("operator delete x", "", ["not_found"], False),
    ("invite x@a.test", "", ["not_found"], False),
    ("mailconfig /dev/null/x --dovecot 2.4", "", ["cannot_write"], False),
    ("mailconfig /tmp/a'b --dovecot 2.4", "", ["config.directory"], False),
    ("mailexport --json --output /dev/null/x", "", ["cannot_write"], False),
    ("mailimport /nowhere/x.csv", "", ["file.unreadable"], False),
    ("audit show 999999", "", ["not_found"], False),
    ("audit undo 99999999999999999999999", "", ["not_found"], False),
]


def _panel_commands() -> dict[str, PanelCommand]:
    found = {}
    for name, app in get_commands().items():
        command = load_command_class(app, name) if isinstance(app, str) else app
        if isinstance(command, PanelCommand):
            found[name] = command
    return found


def _with_json() -> Iterator[str]:
    """Each command, or command and subcommand, that takes --json."""
    for name, command in _panel_commands().items():
        parser = command.create_parser("manage.py", name)
        parsers = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
        choices = parsers[0].choices if parsers else {}
        for sub, one in (choices or {"": parser}).items():
            if any("--json" in action.option_strings for action in one._actions):
                yield f"{name} {sub}".strip()


# Commands without subcommands that take something.
ALONE = ("invite", "trace", "mailconfig", "mailexport", "mailimport")


def _named(typed: str) -> str:
    words = typed.split()
    return words[0] if words[0] in ALONE else " ".join(words[:2])


@pytest.fixture
def run(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    def call(typed: str, stdin: str = "") -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            call_command(*typed.split(), stdout=out, stderr=err)
        except SystemExit as error:
            return int(error.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return call


@pytest.fixture
def world(run: Callable[..., tuple[int, str, str]], settings: Any) -> None:
    values = {**vars(settings.MAILADMIN), "base_url": "https://panel.example.org"}
    settings.MAILADMIN = settings.MAILADMIN.__class__(**values)
    for typed, stdin in (
        ("domain add a.test", ""),
        ("mailbox add anna@a.test", SECRET),
        ("forwarding add info@a.test anna@a.test", ""),
        ("transport add relay.test smtp:", ""),
        ("operator add bob", SECRET),
        ("operator grant bob a.test", ""),
    ):
        assert run(typed, stdin)[0] == 0, typed


def test_every_command_that_takes_it_is_in_the_tables() -> None:
    taking = set(_with_json())
    assert len(taking) >= 39
    taking -= set(ELSEWHERE)
    assert taking == {_named(typed) for typed, _keys in WORKS}
    # Those that can say no.
    never = {
        *("domain list", "mailbox list", "forwarding list", "transport list", "operator list"),
        *("audit list", "audit prune", "dns prune", "trace", "maillint"),
        *("worker list", "worker prune"),
        *(one for one in taking if one.startswith("mailtables")),
    }
    assert taking - never == {_named(typed) for typed, *_rest in REFUSED}


@pytest.mark.parametrize(("typed", "keys"), WORKS, ids=[typed for typed, _keys in WORKS])
def test_what_is_done_is_told_as_json(run, world: None, typed: str, keys: set[str]) -> None:
    entry = Entry.objects.filter(action="create_transport").get()
    code, out, err = run(typed.replace("ID", str(entry.pk)) + " --json", SECRET)
    assert (code, err) == (0, "")
    data = json.loads(out)
    first = data[0] if isinstance(data, list) else data
    assert keys <= set(first)
    assert SECRET not in out
    assert Mailbox.objects.first() is None or Mailbox.objects.first().password not in out


@pytest.mark.parametrize(
    ("typed", "stdin", "codes", "force"), REFUSED, ids=[one[0] for one in REFUSED]
)
def test_a_refusal_is_told_as_json(
    run, world: None, typed: str, stdin: str, codes: list[str], force: bool
) -> None:
    code, out, err = run(f"{typed} --json", stdin)
    assert (code, err) == (1, "")
    data = json.loads(out)
    assert set(data) == {"refused", "force_would_do"}
    assert [one["code"] for one in data["refused"]] == codes
    assert all(one["message"] for one in data["refused"])
    assert data["force_would_do"] is force


@pytest.mark.parametrize("typed", sorted(_with_json()))
def test_trouble_with_the_database_is_told_as_json(
    run, world: None, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    command, _space, sub = typed.partition(" ")
    words = ELSEWHERE.get(typed) or next(one for one, _keys in WORKS if _named(one) == typed)

    def away(*args: object, **options: object) -> None:
        raise OperationalError(2006, "Server has gone away")

    kind = type(_panel_commands()[command])
    monkeypatch.setattr(kind, f"handle_{(sub or command).replace('-', '_')}", away)
    code, out, _err = run(words.replace("ID", "1") + " --json", SECRET)
    assert code == 1
    assert [one["code"] for one in json.loads(out)["refused"]] == ["unreachable"]


def test_an_invitation_without_the_panel_s_address(run, world: None, settings: Any) -> None:
    values = {**vars(settings.MAILADMIN), "base_url": ""}
    settings.MAILADMIN = settings.MAILADMIN.__class__(**values)
    assert json.loads(run("invite anna@a.test --json")[1])["refused"][0]["code"] == "no_base_url"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("audit list --limit x", "'x' is no whole number: write one from 0 on"),
        ("audit list --limit -1", "'-1' is no whole number"),
        ("audit list --limit 1.5", "'1.5' is no whole number"),
        ("audit list --since yesterday", "'yesterday' is no day: write one like 2026-11-24"),
        ("audit show x", "'x' is no entry's number"),
        ("audit undo 1st", "'1st' is no entry's number"),
    ],
)
def test_a_number_that_is_none(run, typed: str, words: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(typed)
    assert words in str(caught.value)
    assert "_count" not in str(caught.value)
