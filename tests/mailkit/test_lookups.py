"""The lookup tables as data, and the files that are made of them."""

from __future__ import annotations

import re

import pytest

from mailkit.postfix.lookups import (
    ACCESS,
    DOMAINS,
    LOOKUPS,
    MAILBOXES,
    TUTORIAL_LOOKUPS,
    lookup_file,
    lookup_files,
    main_cf,
    map_name,
    render_main_cf,
)
from mailkit.serverfiles import ConfigError, DataSource
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
    file = lookup_file(lookup, SOURCES[dialect])
    settings = settings_of(file.text)
    assert file.name == f"{lookup.name}.cf"
    assert file.text.startswith(f"# {lookup.about}\n")
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
@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: lookup.name)
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
    for file in lookup_files(source):
        assert SECRET in file.text
        assert SECRET not in repr(file)
        assert file.secret


def test_a_file_without_a_password_is_no_secret():
    assert not any(file.secret for file in lookup_files(SOURCES[Dialect.SQLITE]))


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
    assert settings_of(lookup_file(DOMAINS, source).text)["hosts"] == hosts


@pytest.mark.parametrize(
    ("dialect", "map_type"),
    [(Dialect.MYSQL, "mysql"), (Dialect.POSTGRESQL, "pgsql"), (Dialect.SQLITE, "sqlite")],
)
def test_main_cf_names_each_table_of_the_tutorials(dialect, map_type):
    settings = main_cf(dialect, "/etc/postfix/mailadmin")
    text = render_main_cf(settings)
    for lookup in TUTORIAL_LOOKUPS:
        assert f"proxy:{map_type}:/etc/postfix/mailadmin/{lookup.file_name}" in text
    assert ACCESS.file_name not in text
    assert text.count("\n") == len(settings)


def test_mailboxes_stand_in_one_list_with_the_forwardings():
    # In a list of its own, or with none, a catch-all takes their mail.
    settings = main_cf(Dialect.MYSQL, "/etc/postfix")
    assert settings["virtual_alias_maps"] == (
        "proxy:mysql:/etc/postfix/forwardings.cf, proxy:mysql:/etc/postfix/email2email.cf"
    )


def test_the_access_table_is_there_when_asked_for():
    settings = main_cf(Dialect.SQLITE, "/etc/postfix", refuse_error_transports=True)
    access = map_name(ACCESS, Dialect.SQLITE, "/etc/postfix")
    assert settings["smtpd_recipient_restrictions"] == f"check_recipient_access {access}"
    assert "smtpd_access_maps" not in settings["parent_domain_matches_subdomains"]
