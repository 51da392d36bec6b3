"""The page with the mail servers' configuration: what stands there, and no password."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from mailkit.postfix.lookups import LOOKUPS
from mailserver import configuration

from .reading import read

DATABASES = {
    "mysql": {"NAME": "mail", "USER": "panel", "PASSWORD": "s3cret-of-the-panel", "HOST": "db"},
    "postgresql": {"NAME": "mail", "USER": "panel", "PASSWORD": "s3cret-of-the-panel", "HOST": ""},
}


@pytest.fixture(params=DATABASES)
def other_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The panel on MariaDB or PostgreSQL, as far as this page looks."""
    settings: dict[str, Any] = {**DATABASES[request.param], "PORT": "", "OPTIONS": {}}
    dialect = configuration.Dialect(request.param)

    def plan(wanted: configuration.Wanted, password: str) -> Any:
        source = configuration.data_source(dialect, settings, wanted.user, password)
        found = configuration.Plan(source, str(wanted.directory), wanted.dovecot)
        return configuration.configuration(found)

    monkeypatch.setattr(configuration, "_files", plan)
    return str(request.param)


@pytest.mark.parametrize(
    ("version", "words"),
    [("2.3", "auth_username_format = %Lu"), ("2.4", "auth_username_format = %{user | lower}")],
)
def test_every_file_for_this_dovecot(admin: Client, version: str, words: str) -> None:
    page = read(admin.get("/configuration/", {"dovecot": version}))
    assert words in page.text
    assert f"python manage.py mailconfig /etc/mailadmin --dovecot {version}" in page.text
    for lookup in LOOKUPS:
        assert f"/etc/mailadmin/postfix/{lookup.file_name}" in page.text
    for name in ("postfix/main.cf", "postfix/master.cf", "dovecot/mailadmin.conf"):
        assert f'data-copy-from="{name.replace("/", "").replace(".", "")}"' in page.html
    assert "virtual_alias_domains =" in page.text
    if connection.vendor == "sqlite":
        assert "Database user" not in page.text
        assert str(connection.settings_dict["NAME"]) in page.text


def test_without_a_version_it_is_one_that_there_is(admin: Client) -> None:
    page = read(admin.get("/configuration/"))
    assert "--dovecot 2." in page.text


@pytest.mark.parametrize("version", ["2.5", "x", "2.3\x00"])
def test_an_unknown_version_is_not_there(admin: Client, version: str) -> None:
    assert admin.get("/configuration/", {"dovecot": version}).status_code == 404


def test_no_password_stands_there(admin: Client, other_database: str) -> None:
    page = read(admin.get("/configuration/", {"dovecot": "2.4"}))
    assert "s3cret" not in page.html
    assert "password = PASSWORD" in page.text
    assert 'password = "PASSWORD"' in page.text
    assert "GRANT SELECT ON" in page.text
    assert "has the password" in page.text


def test_what_cannot_be_written_is_said(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "DIRECTORY", "/a b")
    page = read(admin.get("/configuration/"))
    assert "directory cannot be written" in page.text
    assert 'role="alert"' in page.html


def test_a_superadmin_is_led_there_and_a_domain_admin_is_not(admin: Client, bob: Client) -> None:
    assert 'href="/configuration/"' in read(admin.get("/")).html
    assert 'href="/configuration/"' not in read(bob.get("/")).html
    assert bob.get("/configuration/").status_code == 403
