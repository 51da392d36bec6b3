"""The Dovecot configuration as text; tests/stack runs it."""

from __future__ import annotations

import pytest

from mailkit.dovecot.config import MAIN_FILE, SQL_FILE, Settings, Version, config_files
from mailkit.serverfiles import ConfigError, DataSource
from mailkit.tables import Dialect

SECRET = "hunter2"
PASSDB_QUERIES = {
    Version.V23: "SELECT email AS user, password FROM users WHERE email='%u'",
    Version.V24: "SELECT email AS user, password FROM users WHERE email='%{user}'",
}


def source(dialect: Dialect, password: str = SECRET) -> DataSource:
    if dialect is Dialect.SQLITE:
        return DataSource(dialect, "/var/lib/mail.sqlite3")
    return DataSource(dialect, "mail", "127.0.0.1", 3306, "reader", password)


def both(settings: Settings, version: Version) -> str:
    return "".join(file.text for file in config_files(settings, version))


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("dialect", Dialect)
def test_the_files_ask_the_tutorials_query(dialect, version):
    files = config_files(Settings(source(dialect)), version)
    assert [file.name for file in files] == [MAIN_FILE, SQL_FILE]
    text = both(Settings(source(dialect)), version)
    assert PASSDB_QUERIES[version] in text
    assert f"/etc/dovecot/mailadmin/{SQL_FILE}" in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("version", Version)
def test_the_password_stands_in_the_secret_file_only(version):
    main, sql = config_files(Settings(source(Dialect.MYSQL)), version)
    assert SECRET not in main.text
    assert not main.secret
    assert SECRET in sql.text
    assert sql.secret
    assert SECRET not in repr((main, sql))
    assert SECRET not in repr(Settings(source(Dialect.MYSQL)))


@pytest.mark.parametrize("version", Version)
def test_directories_sockets_and_numbers_are_as_told(version):
    settings = Settings(
        source(Dialect.SQLITE),
        directory="/etc/d",
        mail_root="/srv/mail",
        uid=150,
        gid=8,
        lmtp_socket="/q/private/lmtp",
        auth_socket="/q/private/sasl",
        socket_user="pf",
    )
    text = both(settings, version)
    for words in ("/srv/mail/%", "unix_listener /q/private/lmtp {", "/q/private/sasl", "user = pf"):
        assert words in text
    assert "150" in text


@pytest.mark.parametrize("version", Version)
def test_names_are_compared_in_lower_case(version):
    lower = {Version.V23: "%Lu", Version.V24: "%{user | lower}"}[version]
    assert f"auth_username_format = {lower}" in both(Settings(source(Dialect.MYSQL)), version)


@pytest.mark.parametrize(
    ("dialect", "password"),
    [
        (Dialect.MYSQL, "two words"),
        (Dialect.POSTGRESQL, "two words"),
        (Dialect.POSTGRESQL, "it's"),
        (Dialect.POSTGRESQL, "back\\slash"),
    ],
)
def test_a_password_that_dovecot_23_cannot_be_given_is_refused(dialect, password):
    settings = Settings(source(dialect, password))
    with pytest.raises(ConfigError) as caught:
        config_files(settings, Version.V23)
    assert caught.value.setting == "password"
    assert password not in str(caught.value)
    # 2.4 has a line for each value.
    assert config_files(settings, Version.V24)
