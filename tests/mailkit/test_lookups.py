"""The lookup tables as data, and the files that are made of them."""

from __future__ import annotations

import re

import pytest

from mailkit.postfix.config import (
    Settings,
    lookup_files,
    main_settings,
    render_main_cf,
    render_master_cf,
    submission_services,
)
from mailkit.postfix.lookups import (
    ACCESS,
    DOMAINS,
    LOOKUPS,
    MAILBOXES,
    TUTORIAL_LOOKUPS,
    lookup_text,
    map_name,
)
from mailkit.serverfiles import ConfigError, DataSource, Endpoint
from mailkit.tables import TABLES, Dialect

SECRET = "hunter2"
SOURCES = {
    Dialect.MYSQL: DataSource(Dialect.MYSQL, "mail", "127.0.0.1", 3306, "reader", SECRET),
    Dialect.POSTGRESQL: DataSource(Dialect.POSTGRESQL, "mail", "127.0.0.1", 0, "reader", SECRET),
    Dialect.SQLITE: DataSource(Dialect.SQLITE, "/var/lib/mail.sqlite3"),
}


def settings_of(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return dict(line.split(" = ", 1) for line in lines)


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: lookup.name)
def test_a_file_says_where_the_tables_are_and_what_to_ask(lookup, dialect):
    settings = settings_of(lookup_text(lookup, SOURCES[dialect]))
    assert settings.pop("query") == lookup.queries[dialect]
    assert (
        settings
        == {
            Dialect.MYSQL: {
                "hosts": "127.0.0.1:3306",
                "user": "reader",
                "password": SECRET,
                "dbname": "mail",
            },
            Dialect.POSTGRESQL: {
                "hosts": "127.0.0.1",
                "user": "reader",
                "password": SECRET,
                "dbname": "mail",
            },
            Dialect.SQLITE: {"dbpath": "/var/lib/mail.sqlite3"},
        }[dialect]
    )


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("lookup", [*TUTORIAL_LOOKUPS, ACCESS], ids=lambda lookup: lookup.name)
def test_a_query_asks_one_of_the_four_tables_for_the_key(lookup, dialect):
    query = lookup.queries[dialect]
    (table,) = re.findall(r"FROM (\w+)", query)
    (key,) = re.findall(r"WHERE (\w+)='%s'", query)
    assert (table, key) in {(table.name, table.key.name) for table in TABLES}
    # A single % is Postfix's, two are one for the database.
    assert query.replace("%s", "").replace("%%", "").count("%") == 0


def test_the_tutorials_lookups_are_the_same_in_each_database_but_for_the_mailboxes_path():
    for lookup in TUTORIAL_LOOKUPS:
        assert (len(set(lookup.queries.values())) == 1) == (lookup is not MAILBOXES)


def test_nobody_sees_the_password_in_a_repr():
    source = SOURCES[Dialect.MYSQL]
    assert SECRET not in repr(source)
    files = lookup_files(Settings(source))
    assert [file.name for file in files] == [f"{lookup.name}.cf" for lookup in LOOKUPS]
    for file in files:
        assert SECRET in file.text
        assert SECRET not in repr(file)
        assert (file.secret, file.group) == (True, "postfix")


def test_a_file_without_a_password_is_no_secret():
    assert not any(file.secret for file in lookup_files(Settings(SOURCES[Dialect.SQLITE])))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("password", "two\nlines"),
        ("password", "nul\0"),
        ("password", " leading"),
        ("password", "trailing "),
        ("user", "reader\nquery = SELECT 1"),
        ("name", "mail\t"),
        ("host", "a\rb"),
    ],
)
def test_what_a_line_cannot_carry_is_refused_and_not_repeated(setting, value):
    values = {"name": "mail", "host": "h", "user": "u", "password": "p", setting: value}
    with pytest.raises(ConfigError) as caught:
        DataSource(Dialect.MYSQL, **values)
    assert caught.value.setting == setting
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("dialect", "host", "port", "hosts"),
    [
        (Dialect.MYSQL, "/run/mysqld/mysqld.sock", 0, "unix:/run/mysqld/mysqld.sock"),
        (Dialect.MYSQL, "/run/mysqld/mysqld.sock", 3306, "unix:/run/mysqld/mysqld.sock"),
        (Dialect.POSTGRESQL, "/run/postgresql", 0, "unix:/run/postgresql"),
        (Dialect.POSTGRESQL, "/run/postgresql", 5432, "unix:/run/postgresql"),
        (
            Dialect.POSTGRESQL,
            "/run/postgresql",
            5433,
            "postgresql://reader:hunter2@/mail?host=%2Frun%2Fpostgresql&port=5433",
        ),
    ],
)
def test_a_path_as_host_is_a_unix_socket(dialect, host, port, hosts):
    source = DataSource(dialect, "mail", host, port, "reader", SECRET)
    assert settings_of(lookup_text(DOMAINS, source))["hosts"] == hosts


def test_every_database_server_is_named():
    more = (Endpoint("db2", 3306), Endpoint("/run/mysqld/mysqld.sock"))
    source = DataSource(Dialect.MYSQL, "mail", "db1", 0, "reader", SECRET, more)
    hosts = settings_of(lookup_text(DOMAINS, source))["hosts"]
    assert hosts == "db1 db2:3306 unix:/run/mysqld/mysqld.sock"


@pytest.mark.parametrize(
    ("dialect", "map_type"),
    [(Dialect.MYSQL, "mysql"), (Dialect.POSTGRESQL, "pgsql"), (Dialect.SQLITE, "sqlite")],
)
def test_main_cf_names_each_lookup_table(dialect, map_type):
    settings = main_settings(Settings(SOURCES[dialect], "/etc/postfix/mailadmin"))
    text = render_main_cf(settings)
    for lookup in LOOKUPS:
        assert f"proxy:{map_type}:/etc/postfix/mailadmin/{lookup.file_name}" in text
    assert text.count("\n") == len(settings)
    # Else a forwarding whose source is a bare domain makes that domain an alias domain.
    assert "\nvirtual_alias_domains =\n" in text


def test_mailboxes_stand_in_one_list_with_the_forwardings():
    # In a list of its own, or with none, a catch-all takes their mail.
    settings = main_settings(Settings(SOURCES[Dialect.MYSQL], "/etc/postfix"))
    assert settings["virtual_alias_maps"] == (
        "proxy:mysql:/etc/postfix/forwardings.cf, proxy:mysql:/etc/postfix/email2email.cf"
    )


def test_recipients_with_an_error_transport_are_refused():
    settings = main_settings(Settings(SOURCES[Dialect.SQLITE], "/etc/postfix"))
    access = map_name(ACCESS, Dialect.SQLITE, "/etc/postfix")
    assert settings["smtpd_recipient_restrictions"] == f"check_recipient_access {access}"
    assert "smtpd_access_maps" not in settings["parent_domain_matches_subdomains"]


def test_who_submits_mail_signs_in_over_tls_and_sends_as_himself():
    services = submission_services()
    assert [one.name for one in services] == ["submission", "submissions"]
    for one in services:
        assert one.options["smtpd_sender_restrictions"] == "reject_sender_login_mismatch"
        assert one.options["smtpd_tls_auth_only"] == "yes"
    assert "  -o { smtpd_tls_security_level = encrypt }\n" in render_master_cf(services)
