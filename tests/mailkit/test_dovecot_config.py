"""The Dovecot configuration as text; tests/stack runs it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailkit.dovecot.config import MAIN_FILE, SQL_FILE, Settings, Version, config_files
from mailkit.postfix.lookups import LOOKUPS, lookup_text
from mailkit.serverfiles import ConfigError, DataSource, Endpoint, Tls, TlsMode
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


@pytest.mark.parametrize(
    ("dialect", "version", "mode", "lines"),
    [
        (Dialect.MYSQL, Version.V23, TlsMode.VERIFY_FULL,
         " ssl_ca=/ca.pem ssl_verify_server_cert=yes"),
        (Dialect.MYSQL, Version.V23, TlsMode.VERIFY_CA,
         " ssl_ca=/ca.pem ssl_verify_server_cert=no"),
        (Dialect.MYSQL, Version.V24, TlsMode.VERIFY_CA,
         '  ssl = "yes"\n  ssl_client_ca_file = "/ca.pem"\n'),
        (Dialect.POSTGRESQL, Version.V23, TlsMode.VERIFY_CA,
         " sslmode=verify-ca sslrootcert=/ca.pem"),
        (Dialect.POSTGRESQL, Version.V24, TlsMode.VERIFY_FULL,
         '    sslmode = "verify-full"\n    sslrootcert = "/ca.pem"\n'),
    ],
)  # fmt: skip
def test_tls_to_the_database(dialect, version, mode, lines):
    tls = Tls(mode, "/ca.pem")
    assert lines in both(Settings(replace(source(dialect), tls=tls)), version)
    # Over a socket there is nothing to encrypt.
    near = replace(source(dialect), host="/run/s", tls=tls)
    assert "ssl" not in both(Settings(near), version)
    assert "/ca.pem" not in "".join(lookup_text(one, near) for one in LOOKUPS)


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
    for words in (
        "'/srv/mail/' || ",
        "unix_listener /q/private/lmtp {",
        "/q/private/sasl",
        "user = pf",
    ):
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


@pytest.mark.parametrize(
    ("version", "dialect", "words"),
    [
        (Version.V23, Dialect.MYSQL, ["host=127.0.0.1 host=db2 port=3306 dbname=mail"]),
        (Version.V23, Dialect.POSTGRESQL, ["host=127.0.0.1,db2 port=3306,3306 dbname=mail"]),
        (Version.V24, Dialect.MYSQL, ['host = "127.0.0.1:3306,db2:3306"', 'dbname = "mail"']),
        (Version.V24, Dialect.POSTGRESQL, ['host = "127.0.0.1,db2"', 'port = "3306,3306"']),
    ],
)
def test_every_database_server_is_named(version, dialect, words):
    more = (Endpoint("db2", 3306),)
    named = DataSource(dialect, "mail", "127.0.0.1", 3306, "reader", SECRET, more)
    text = both(Settings(named), version)
    assert [one for one in words if one not in text] == []


def test_dovecot_23_takes_one_port_only():
    more = (Endpoint("127.0.0.1", 3307),)
    named = DataSource(Dialect.MYSQL, "mail", "127.0.0.1", 3306, "reader", SECRET, more)
    with pytest.raises(ConfigError) as caught:
        config_files(Settings(named), Version.V23)
    assert caught.value.setting == "port"
    assert config_files(Settings(named), Version.V24)


def test_dovecot_24_takes_no_socket_among_several_mysql_servers():
    more = (Endpoint("/run/mysqld/mysqld.sock"),)
    named = DataSource(Dialect.MYSQL, "mail", "127.0.0.1", 3306, "reader", SECRET, more)
    with pytest.raises(ConfigError) as caught:
        config_files(Settings(named), Version.V24)
    assert caught.value.setting == "host"


@pytest.mark.parametrize(
    "path", ["relative", "/with blank", "/a$b", "/a%d", '/a"b', "/a#b", "/a\nb"]
)
def test_a_path_that_a_server_would_read_otherwise_is_refused(path):
    with pytest.raises(ConfigError) as caught:
        Settings(source(Dialect.SQLITE), mail_root=path)
    assert caught.value.setting == "mail_root"


@pytest.mark.parametrize("dialect", Dialect)
def test_the_userdb_asks_for_the_mailbox_and_lists_them(dialect):
    settings = Settings(source(dialect), mail_root="/srv/mail")
    assert "'/srv/mail/'" in settings.user_query("%u")
    for version in Version:
        text = both(settings, version)
        assert "AS home FROM users WHERE email='%" in text
        assert "iterate_query = SELECT email AS user FROM users\n" in text
