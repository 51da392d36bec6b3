"""The command `mailconfig`: what it writes, what it leaves alone, what it never shows.

tests/stack/test_mailconfig.py runs real servers on it.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from mailkit import configuration
from mailkit.configuration import Plan, is_ours, is_unchanged
from mailkit.dovecot.config import Version
from mailkit.grants import reader_grants
from mailkit.serverfiles import ConfigError, DataSource, Endpoint, Tls, TlsMode
from mailkit.tables import Dialect
from mailkit.written import State, compare, kept_password, without_passwords, write
from mailserver.configuration import data_source, read_endpoint, tls_notes

SECRET = """it's "a" se$ret # \\ %{x}"""
Run = Callable[..., str]


def plan(directory: Path, password: str = SECRET, dovecot: Version = Version.V24) -> Plan:
    source = DataSource(Dialect.MYSQL, "mail", "127.0.0.1", 3306, "reader", password)
    return Plan(source, str(directory), dovecot)


def files(directory: Path, password: str = SECRET, dovecot: Version = Version.V24):
    return configuration.configuration(plan(directory, password, dovecot))


@pytest.fixture
def run(db: None) -> Run:
    def call(*words: str) -> str:
        out = io.StringIO()
        call_command("mailconfig", *words, stdout=out)
        return out.getvalue()

    return call


def test_every_file_is_known_again_and_a_change_is_seen(tmp_path: Path) -> None:
    for file in files(tmp_path):
        assert is_ours(file.text)
        assert is_unchanged(file.text)
        assert not is_unchanged(file.text.replace("\n\n", "\n\nx", 1))
        assert "Made by Mailadmin" in file.text.splitlines()[1]
        assert file.name == "dovecot/mailadmin-sql.conf" or "as root:" in file.text
    assert not is_ours("query = SELECT 1\n")


def test_what_holds_a_password_is_written_for_few(tmp_path: Path) -> None:
    assert write(compare(tmp_path / "new", files(tmp_path))) is not None
    modes = {
        str(path.relative_to(tmp_path / "new")): path.stat().st_mode & 0o777
        for path in (tmp_path / "new").rglob("*")
        if path.is_file()
    }
    without = {"postfix/main.cf", "postfix/master.cf", "dovecot/mailadmin.conf"}
    assert {name for name, mode in modes.items() if mode == 0o644} == without
    assert {mode for name, mode in modes.items() if name not in without} == {0o640}
    assert len(modes) == 12
    for name in without:
        assert "se$ret" not in (tmp_path / "new" / name).read_text()


def test_states_and_differences_without_passwords(tmp_path: Path) -> None:
    assert {one.state for one in compare(tmp_path, files(tmp_path))} == {State.NEW}
    write(compare(tmp_path, files(tmp_path)))
    assert {one.state for one in compare(tmp_path, files(tmp_path))} == {State.SAME}

    changed = compare(tmp_path, files(tmp_path, "another", Version.V23))
    states = {one.file.name: one.state for one in changed}
    assert states["postfix/domains.cf"] is State.CHANGED
    assert states["postfix/main.cf"] is State.SAME
    shown = "\n".join(line for one in changed for line in one.diff)
    assert "-passdb sql {" in shown
    assert "se$ret" not in shown
    assert "another" not in shown

    edited = tmp_path / "postfix" / "main.cf"
    edited.write_text(edited.read_text() + "mynetworks = 10.0.0.0/8\n")
    foreign = tmp_path / "postfix" / "transport.cf"
    foreign.write_text("password = mine\nquery = SELECT 1\n")
    link = tmp_path / "postfix" / "access.cf"
    link.unlink()
    link.symlink_to("/etc/passwd")
    found = {one.file.name: one for one in compare(tmp_path, files(tmp_path))}
    assert found["postfix/main.cf"].state is State.EDITED
    assert "-mynetworks = 10.0.0.0/8" in found["postfix/main.cf"].diff
    # What a secret file of somebody else has in it is not shown.
    assert (found["postfix/transport.cf"].state, found["postfix/transport.cf"].diff) == (
        State.FOREIGN,
        (),
    )
    assert found["postfix/access.cf"].state is State.FOREIGN
    # With force the link goes, not what it leads to.
    write(found.values())
    assert not link.is_symlink()
    assert "root:" in Path("/etc/passwd").read_text()


@pytest.mark.parametrize("dialect", [Dialect.MYSQL, Dialect.POSTGRESQL])
@pytest.mark.parametrize("dovecot", Version)
@pytest.mark.parametrize("host", ["127.0.0.1", "/run/x"])
def test_no_password_is_left_in_what_is_shown(dialect, dovecot, host) -> None:
    # A password that every one of the syntaxes writes as it is, or percent-encoded.
    tls = Tls(TlsMode.VERIFY_FULL, "/etc/ssl/db.pem")
    source = DataSource(dialect, "mail", host, 5433, "reader", "Zq7@Zq7:Zq7", tls=tls)
    text = "".join(file.text for file in configuration.configuration(Plan(source, "/d", dovecot)))
    assert "Zq7" in text
    assert "Zq7" not in without_passwords(text)


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(compare(tmp_path, files(tmp_path)))
    before = (tmp_path / "postfix" / "domains.cf").read_text()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(compare(tmp_path, files(tmp_path, "another")))
    assert (tmp_path / "postfix" / "domains.cf").read_text() == before
    assert list(tmp_path.rglob(".*")) == []


def test_the_password_of_before_is_kept(tmp_path: Path) -> None:
    assert kept_password(tmp_path, "postfix/domains.cf", "reader") == ""
    write(compare(tmp_path, files(tmp_path)))
    assert kept_password(tmp_path, "postfix/domains.cf", "reader") == SECRET
    assert kept_password(tmp_path, "postfix/domains.cf", "somebody") == ""


def test_the_command_writes_once_and_then_finds_nothing_to_do(run: Run, tmp_path: Path) -> None:
    directory = str(tmp_path / "conf")
    plan_only = json.loads(run(directory, "--dovecot", "2.3", "--plan", "--json"))
    assert plan_only["written"] is False
    assert not (tmp_path / "conf").exists()
    assert "postfix/main.cf: new" in run(directory, "--dovecot", "2.3")
    again = json.loads(run(directory, "--dovecot", "2.3", "--json"))
    assert again["written"] is True
    assert {one["state"] for one in again["files"]} == {"same"}
    assert {one["secret"] for one in again["files"]} == {False}


def test_the_command_writes_over_nothing_of_others(run: Run, tmp_path: Path) -> None:
    main = tmp_path / "postfix" / "main.cf"
    main.parent.mkdir()
    main.write_text("mine = 1\n")
    with pytest.raises(CommandError) as caught:
        run(str(tmp_path), "--dovecot", "2.3")
    assert f"{main} is there, and mailconfig has not written it." in str(caught.value)
    assert "--force" in str(caught.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [main]
    with pytest.raises(SystemExit):
        run(str(tmp_path), "--dovecot", "2.3", "--json")
    assert "-mine = 1" in run(str(tmp_path), "--dovecot", "2.3", "--force")
    assert is_ours(main.read_text())
    main.write_text(main.read_text() + "# a note\n")
    with pytest.raises(CommandError, match="was changed by hand"):
        run(str(tmp_path), "--dovecot", "2.4")


def test_files_may_be_made_for_another_machine(run: Run, tmp_path: Path) -> None:
    run(str(tmp_path), "--dovecot", "2.4", "--installed-as", "/etc/elsewhere/")
    assert str(tmp_path) not in (tmp_path / "postfix" / "main.cf").read_text()
    text = (tmp_path / "dovecot" / "mailadmin.conf").read_text()
    assert "!include /etc/elsewhere/dovecot/mailadmin-sql.conf" in text


DATABASE = {"NAME": "mail", "USER": "panel", "PASSWORD": "x", "HOST": "", "PORT": "", "OPTIONS": {}}


@pytest.mark.parametrize(
    ("dialect", "changes", "endpoint"),
    [
        (Dialect.MYSQL, {}, Endpoint("localhost")),
        (Dialect.MYSQL, {"HOST": "db", "PORT": 3307}, Endpoint("db", 3307)),
        (Dialect.MYSQL, {"HOST": "/run/s"}, Endpoint("/run/s")),
        (Dialect.MYSQL, {"OPTIONS": {"unix_socket": "/run/t"}}, Endpoint("/run/t")),
        (Dialect.POSTGRESQL, {}, Endpoint("/var/run/postgresql")),
        (Dialect.POSTGRESQL, {"HOST": "/run/pg", "PORT": "5433"}, Endpoint("/run/pg", 5433)),
    ],
)
def test_the_database_is_the_panels(dialect, changes, endpoint) -> None:
    source = data_source(dialect, {**DATABASE, **changes}, "reader", "pw")
    assert source.hosts == (endpoint,)
    assert (source.name, source.user, source.password) == ("mail", "reader", "pw")


CA = "/etc/ssl/db.pem"
SYSTEM = "/etc/ssl/certs/ca-certificates.crt"


@pytest.mark.parametrize(
    ("dialect", "options", "tls"),
    [
        (Dialect.MYSQL, {}, None),
        (Dialect.MYSQL, {"ssl_mode": "PREFERRED"}, None),
        (Dialect.MYSQL, {"ssl_mode": "DISABLED"}, None),
        (Dialect.MYSQL, {"ssl": {"ca": CA}}, Tls(TlsMode.VERIFY_CA, CA)),
        (Dialect.MYSQL, {"ssl": {"ca": CA}, "ssl_mode": "REQUIRED"}, Tls(TlsMode.VERIFY_CA, CA)),
        (Dialect.MYSQL, {"ssl": {"ca": CA}, "ssl_mode": "VERIFY_CA"}, Tls(TlsMode.VERIFY_FULL, CA)),
        (Dialect.MYSQL, {"ssl_mode": "VERIFY_IDENTITY"}, Tls(TlsMode.VERIFY_FULL, SYSTEM)),
        (Dialect.POSTGRESQL, {}, None),
        (Dialect.POSTGRESQL, {"sslmode": "disable"}, None),
        # libpq's own default.
        (Dialect.POSTGRESQL, {"sslmode": "prefer", "sslrootcert": CA}, None),
        (Dialect.POSTGRESQL, {"sslmode": "require"}, Tls(TlsMode.REQUIRE)),
        (Dialect.POSTGRESQL, {"sslmode": "require", "sslrootcert": CA}, Tls(TlsMode.REQUIRE, CA)),
        (
            Dialect.POSTGRESQL,
            {"sslmode": "verify-full", "sslrootcert": CA},
            Tls(TlsMode.VERIFY_FULL, CA),
        ),
    ],
)
def test_tls_is_the_panels(dialect, options, tls) -> None:
    source = data_source(dialect, {**DATABASE, "HOST": "db", "OPTIONS": options}, "reader", "pw")
    assert source.tls == tls
    files = configuration.configuration(Plan(source, "/d", Version.V24))
    text = "".join(file.text for file in files)
    assert ("tls_CAfile" in text or "sslmode=" in text) is (tls is not None)


@pytest.mark.parametrize(
    ("dialect", "options", "setting"),
    [
        (Dialect.MYSQL, {"ssl_mode": "REQUIRED"}, "ssl_mode"),
        (Dialect.MYSQL, {"ssl": {"ca": "/a b"}}, "authority"),
        (Dialect.POSTGRESQL, {"sslmode": "verify-full"}, "authority"),
        (Dialect.POSTGRESQL, {"sslmode": "verify-ca", "sslrootcert": "system"}, "authority"),
    ],
)
def test_tls_that_the_mail_servers_cannot_have_is_refused(dialect, options, setting) -> None:
    with pytest.raises(ConfigError) as caught:
        data_source(dialect, {**DATABASE, "OPTIONS": options}, "reader", "pw")
    assert caught.value.setting == setting


def test_what_is_to_be_done_beside_is_said(run: Run, tmp_path: Path, monkeypatch) -> None:
    assert "must be able to read" not in run(str(tmp_path), "--dovecot", "2.3")
    found = {"ssl": {"ca": CA}, "read_default_file": "/root/.my.cnf"}
    monkeypatch.setattr(
        "mailserver.configuration.connection",
        SimpleNamespace(vendor="mysql", settings_dict={"OPTIONS": found}),
    )
    notes = tls_notes()
    assert f"must be able to read {CA}" in notes[0]
    assert notes[1].startswith("read_default_file of DATABASE_URL is for the panel alone")


def test_the_panels_own_user_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        data_source(Dialect.MYSQL, DATABASE, "panel", "pw")
    assert caught.value.code == "panels_user"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("db", Endpoint("db")),
        ("db:3307", Endpoint("db", 3307)),
        ("/run/mysqld/mysqld.sock", Endpoint("/run/mysqld/mysqld.sock")),
    ],
)
def test_a_database_server_as_it_is_typed(text, endpoint) -> None:
    assert read_endpoint(text) == endpoint


@pytest.mark.parametrize("text", ["db:", "db:x", "db:0", "db:65536", "::1", "[::1]:5", "a b"])
def test_what_is_no_database_server(text) -> None:
    with pytest.raises(ConfigError):
        read_endpoint(text)


@pytest.mark.parametrize(
    ("host", "clients", "accounts"),
    [
        ("127.0.0.1", (), ["'reader'@'localhost'", "'reader'@'127.0.0.1'", "'reader'@'::1'"]),
        ("/run/s", (), ["'reader'@'localhost'", "'reader'@'127.0.0.1'", "'reader'@'::1'"]),
        ("db", (), ["'reader'@'%'"]),
        ("db", ("10.0.0.%", "mx"), ["'reader'@'10.0.0.%'", "'reader'@'mx'"]),
    ],
)
def test_mysql_names_the_machines_the_reader_comes_from(host, clients, accounts) -> None:
    source = DataSource(Dialect.MYSQL, "mail", host, 0, "reader", SECRET)
    text = reader_grants(source, clients)
    for account in accounts:
        assert f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY " in text
        assert f"GRANT SELECT ON `mail`.`users` TO {account};" in text
    assert text.count("CREATE USER") == len(accounts)
    assert "ALL" not in text.replace("ALTER", "")


def test_postgresql_finds_tables_in_another_schema() -> None:
    source = DataSource(Dialect.POSTGRESQL, "mail", "db", 0, "reader", SECRET)
    assert "search_path" not in reader_grants(source)
    text = reader_grants(source, (), 'od"d')
    assert 'GRANT SELECT ON "od""d".users TO "reader";' in text
    assert 'ALTER ROLE "reader" IN DATABASE "mail" SET search_path = "od""d";' in text
