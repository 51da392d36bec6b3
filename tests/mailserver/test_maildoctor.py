"""The command `maildoctor`: its report as text and JSON, and what it cannot read."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailkit.doctor import LEVELS, Code
from mailkit.tables import Level
from mailserver.doctor_words import WORDS
from tests.mailkit.doctor.healthy import World, main, query, without
from tests.mailserver.panel_world import EMAIL2EMAIL, FORWARDINGS, named, world

__all__ = ["world"]

DOCUMENT = (Path(__file__).parents[2] / "docs/doctor.md").read_text("utf-8")


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("maildoctor", *arguments, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def judged(world: World, *arguments: str) -> tuple[int, str]:
    path = world.path.with_name("bundle.txt")
    path.write_text(world.text)
    return run("--bundle", str(path), *arguments)


def test_all_is_well(world: World) -> None:
    code, text = judged(world)
    assert code == 0, text
    assert "All is well." in text
    assert "Postfix 3.7.11\nDovecot 2.3" in text
    assert "0 faults, 0 warnings, 0 notices" in text


def test_a_fault_in_words(world: World) -> None:
    main("mydestination", "localhost, a.test")(world)
    query("mailboxes", "SELECT maildir FROM users WHERE email='%s'")(world)
    code, text = judged(world)
    assert code == 1
    assert "FAULT  postfix.mydestination" in text
    assert "        mydestination = localhost\n" in text
    assert "The database refuses the query: " in text
    assert "maildir" in text
    assert "2 faults, 0 warnings" in text
    assert "All is well" not in text


def test_a_fault_as_json(world: World) -> None:
    main("virtual_alias_maps", named(FORWARDINGS))(world)
    without("doveconf -n")(world)
    code, text = judged(world, "--json")
    assert code == 1
    data = json.loads(text)
    assert (data["postfix"], data["dovecot"]) == ("3.7.11", "")
    (found,) = data["findings"]
    assert (found["code"], found["level"]) == ("map.no_email2email", "fault")
    assert found["lines"] == (
        "query = SELECT email FROM users WHERE email='%s'\n"
        f"virtual_alias_maps = {named(FORWARDINGS)}, {named(EMAIL2EMAIL)}"
    )
    assert all(found[name] for name in ("message", "consequence", "by_hand", "where"))
    assert data["unread"] == [{"name": "doveconf -n", "reason": ""}]


def test_it_reads_standard_input(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(world.text))
    assert run("--bundle", "-")[0] == 0


def test_where_nothing_can_be_read_nothing_is_well(db: None, settings: Any, tmp_path: Path) -> None:
    settings.MAILADMIN = replace(
        settings.MAILADMIN, postfix_config=tmp_path, dovecot_config=tmp_path
    )
    code, text = run()
    assert code == 1
    assert "Not looked at:" in text
    assert "- postconf -n: " in text
    assert "--print-command" in text
    assert "All is well" not in text
    assert json.loads(run("--json")[1])["findings"] == []
    flat = " ".join(text.split())
    for name, setting, place in (
        ("Postfix", "MAILADMIN_POSTFIX_CONFIG", tmp_path),
        ("Dovecot", "MAILADMIN_DOVECOT_CONFIG", tmp_path / "dovecot.conf"),
    ):
        assert f"{name} was not looked at: " in flat
        assert f"{place}; {setting}" in flat


@pytest.mark.stack
def test_dovecot_is_read_where_it_lies(db: None, settings: Any, tmp_path: Path) -> None:
    """As a file, or as the directory that it is in."""
    file = tmp_path / "dovecot.conf"
    file.write_text("dovecot_config_version = 2.4.0\n" if _is_24() else "auth_cache_size = 10M\n")
    for named_as in (file, tmp_path):
        settings.MAILADMIN = replace(
            settings.MAILADMIN, postfix_config=tmp_path, dovecot_config=named_as
        )
        code, text = run("--json")
        data = json.loads(text)
        assert code == 1
        assert data["dovecot"].startswith("2.")
        assert "doveconf -n" not in [one["name"] for one in data["unread"]]
        assert f"doveconf -c {file} -n" in run("--print-command")[1]
    file.write_text("nonsense = {\n")
    data = json.loads(run("--json")[1])
    assert data["dovecot"] == ""
    (why,) = [one["reason"] for one in data["unread"] if one["name"] == "doveconf -n"]
    assert "dovecot.conf" in why


def _is_24() -> bool:
    found = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True)
    return found.stdout.startswith("2.4")


@pytest.mark.django_db
def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("virtual_alias_maps = x")
    for name, code in (("x", "bundle.no_sections"), ("missing", "no_file")):
        exit_code, text = run("--bundle", str(tmp_path / name), "--json")
        assert exit_code == 1
        assert [one["code"] for one in json.loads(text)["refused"]] == [code]


def test_it_prints_the_command() -> None:
    code, text = run("--print-command")
    assert code == 0
    assert "postconf -c /etc/postfix -n" in text
    assert "sed -E" in text
    with pytest.raises(CommandError) as raised:
        run("--print-command", "--json")
    assert raised.value.returncode == 2


@pytest.mark.parametrize("code", Code)
def test_each_code_has_its_words_and_its_line(code: Code) -> None:
    # tests/mailkit/doctor puts each finding's own names into them.
    assert str(WORDS[code].what)
    assert str(WORDS[code].means)
    assert str(WORDS[code].by_hand)
    letter = {Level.FAULT: "F", Level.WARNING: "W", Level.NOTICE: "N"}[LEVELS[code]]
    assert f"| `{code}` | {letter} |" in DOCUMENT
