"""One pasted text taken apart: passwords cut out, what is missing named, garbage harmless."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from mailkit.doctor import LARGEST, BundleError, Panel, examine, parse_bundle, shell_command
from mailkit.doctor.bundle import PARAMETERS
from mailkit.doctor.collect import Output, collect
from mailkit.doctor.database import QueryError
from mailkit.doctor.secrets import SED, without_secrets
from mailkit.postfix.config import Settings, lookup_files
from mailkit.serverfiles import DataSource
from mailkit.tables import Dialect
from tests.mailkit.doctor.healthy import World, section, without

SECRET = "hunter2"
WITH_SECRETS = [
    f"password = {SECRET}",
    f"  password={SECRET} and more",
    f"password =\n  {SECRET}",
    f"connect = host=db dbname=mail user=mail password={SECRET}",
    f'connect = "host=db password={SECRET} dbname=mail"',
    f"connect = host=db password='{SECRET} x' dbname=mail",
    f"hosts = postgresql://mail:{SECRET}@db/mail",
    f"hosts = postgresql:///mail?host=/run&password={SECRET}",
    f"  password = {SECRET}\n  port = 1",
    f"passdb {{\n  args = password={SECRET}\n}}",
    f"imapc_password = {SECRET}",
    f"doveadm_api_key = {SECRET}",
    f"smtp_sasl_password_maps = static:me:{SECRET}",
]
KEPT = [
    "password_query = SELECT password FROM users WHERE email='%u'",
    "default_pass_scheme = CRYPT",
    "smtp_sasl_password_maps = hash:/etc/postfix/sasl",
    "disable_plaintext_auth = no",
    "auth_mechanisms = plain login",
]


@pytest.mark.parametrize("text", WITH_SECRETS)
def test_passwords_are_cut_out(text: str) -> None:
    assert SECRET not in without_secrets(text)
    # The command's sed sees line by line.
    if "=\n" not in text:
        assert SECRET not in sed(text)


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert without_secrets(text) == text
    assert sed(text).strip() == text


def sed(text: str) -> str:
    return subprocess.run(
        ["sed", "-E", SED], input=text, capture_output=True, text=True, check=True
    ).stdout


def test_no_password_of_a_lookup_table_stays(tmp_path: Path) -> None:
    for dialect in (Dialect.MYSQL, Dialect.POSTGRESQL):
        source = DataSource(dialect, "mail", "/run/db", 5433, "mail", SECRET)
        for file in lookup_files(Settings(source)):
            assert SECRET in file.text
            assert SECRET not in without_secrets(file.text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bundle.no_sections"),
        ("virtual_alias_maps = hash:/x", "bundle.no_sections"),
        ("==> x" * 20, "bundle.no_sections"),
        ("x" * (LARGEST + 1), "bundle.too_large"),
    ],
)
def test_other_text_is_refused(text: str, code: str) -> None:
    with pytest.raises(BundleError) as raised:
        parse_bundle(text)
    assert raised.value.code == code


def test_garbage_does_no_harm(tmp_path: Path) -> None:
    world = World(tmp_path / "mail.db")
    panel = Panel(world.connection, Dialect.SQLITE, str(world.path))
    chance = random.Random(7)
    for _round in range(150):
        text = list(world.text)
        for _edit in range(chance.randint(1, 40)):
            at = chance.randrange(len(text))
            text[at : at + chance.randint(0, 30)] = chance.choice(
                ["", "{", "}", "\n", "=", "%", "'", "\\", "\0", "é", "==> x <==\n", "$a", "((", '"']
            )
        try:
            bundle = parse_bundle("".join(text))
        except BundleError:
            continue
        examine(bundle, panel)


@pytest.mark.parametrize("name", ["postconf -n", "doveconf -n"])
def test_a_server_that_is_not_in_it_is_named(tmp_path: Path, name: str) -> None:
    world = World(tmp_path / "mail.db")
    without(name)(world)
    found = world.examine()
    assert [one.name for one in found.unread] == [name]
    assert found.looked


def test_a_file_that_is_not_in_it_is_named(tmp_path: Path) -> None:
    world = World(tmp_path / "mail.db")
    without("/etc/postfix/sql/transport.cf")(world)
    denied = "cat: /etc/postfix/sql/domains.cf: Permission denied"
    section("/etc/postfix/sql/domains.cf", denied)(world)
    found = world.examine()
    assert found.findings == ()
    assert {one.name: one.reason for one in found.unread} == {
        "/etc/postfix/sql/transport.cf": "",
        "/etc/postfix/sql/domains.cf": denied,
    }


def test_windows_line_ends_and_warnings_are_borne(tmp_path: Path) -> None:
    world = World(tmp_path / "mail.db")
    world.sections["postconf -n"] += "postconf: warning: /etc/postfix/main.cf: unused parameter: x"
    world.sections["doveconf -n"] += "\ndoveconf: Warning: NOTE: You can get a new clean config"
    world.sections["id"] = "id: 'x': no such user\n" + world.sections["id"]
    found = examine(
        parse_bundle(world.text.replace("\n", "\r\n")),
        Panel(world.connection, Dialect.SQLITE, str(world.path)),
    )
    assert (found.findings, found.unread) == ((), ())


def test_nothing_can_be_run_here() -> None:
    def nothing(command: object) -> Output:
        return Output(None, "", "postconf: not found")

    bundle = collect(Path("/nowhere"), Path("/nowhere"), run=nothing)
    assert {one.name for one in bundle.unread} == {"postconf -n", "doveconf -n"}
    assert not bundle.has_postfix
    assert not bundle.has_dovecot


def test_the_command_is_one_that_a_shell_takes() -> None:
    text = shell_command("/etc/post fix", "/etc/dovecot/dovecot.conf")
    done = subprocess.run(["sh", "-n", "-c", text], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "'/etc/post fix'" in text
    assert all(name in text for name in PARAMETERS)


def test_hashes_that_take_too_long_to_count_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(panel: Panel) -> None:
        raise QueryError("interrupted")

    # The package's name `examine` is the function.
    monkeypatch.setattr(sys.modules["mailkit.doctor.examine"], "count_hashes", slow)
    found = World(tmp_path / "mail.db").examine()
    assert [(one.name, one.reason) for one in found.unread] == [("users.password", "interrupted")]
    assert found.findings == ()
