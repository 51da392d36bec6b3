"""A wrong value in the environment stops the start and says which and how to mend it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mailadmin.env import BASE_DIR, ConfigError, read_config
from mailkit.passwords import Scheme


def config(tmp_path: Path, **environ: str):
    return read_config({"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", **environ}, tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DATABASE_URL", "mail.sqlite3", "sqlite:///path"),
        ("DATABASE_URL", "oracle://u:p@h/db", "postgres://"),
        ("DATABASE_URL", "mysql://u:secret-pw@h:port/db", "host:port"),
        ("DATABASE_URL", "mysql://u:p@h/", "names no database"),
        ("DATABASE_URL", "sqlite:////nowhere/at/all/db", "does not exist"),
        ("DATABASE_URL", "sqlite://", "names no file"),
        ("DATABASE_URL", "sqlite:///", "names no file"),
        ("DATABASE_URL", "sqlite://:memory:", "names no file"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
        ("DATABASE_URL", "sqlite://var/mail.sqlite3", "three slashes"),
        ("DATABASE_URL", "sqlite:////tmp", "/tmp/mail.sqlite3"),
        ("DATABASE_URL", "sqlite:///mail.sqlite3?mode=ro", "'mode', which is no option"),
        ("DATABASE_URL", "sqlite:///mail.sqlite3?timeout=long", "whole number of seconds"),
        ("DATABASE_URL", "mysql://u:secret-pw@h/db?sslmode=require", "'sslmode', which is no"),
        ("DATABASE_URL", "mysql://u:secret-pw@h/db?init_command=SET+x=1", "'init_command'"),
        ("DATABASE_URL", "mysql://u:secret-pw@h/db?sql_mode=ANSI", "'sql_mode'"),
        ("DATABASE_URL", "mysql://u:secret-pw@h/db?connect_timeout=soon", "whole number"),
        ("DATABASE_URL", "mysql://u:secret-pw@h/db?connect_timeout=true", "whole number"),
        ("DATABASE_URL", "mysql://u:secret-pw@h/db?charset=8", "must be text"),
        ("DATABASE_URL", "mysql://u:secret-pw@h/db?charset=a&charset=b", "twice"),
        ("DATABASE_URL", "mysql://u:secret-pw@h/db?isolation_level=none", "read committed"),
        ("DATABASE_URL", "mariadb://u:secret-pw@h/db?compression=1", "'compression'"),
        ("DATABASE_URL", "postgres://u:secret-pw@h/db?ssl_mode=require", "sslmode"),
        ("DATABASE_URL", "postgres://u:secret-pw@h/db?dbname=other", "'dbname'"),
        ("DATABASE_URL", "mysql://u:sec#ret-pw@h/db", "percent-encoded"),
        ("DEBUG", "maybe", "1 or 0"),
        ("ALLOWED_HOSTS", "https://mail.example.org", "no port, no https"),
        ("ALLOWED_HOSTS", "mail.example.org:8000", "no port, no https"),
        ("CSRF_TRUSTED_ORIGINS", "mail.example.org", "scheme"),
        ("MAILADMIN_BASE_URL", "mail.example.org", "https://mail.example.org"),
        ("MAILADMIN_MAIL_LOG", "mail.log", "no absolute path"),
        ("MAILADMIN_DOVECOT_CONFIG", "dovecot.conf", "no absolute path"),
        ("MAILADMIN_DOVEADM_URL", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("MAILADMIN_DOVEADM_URL", "file:///etc/passwd", "http://127.0.0.1:8080"),
        ("MAILADMIN_DOVEADM_URL", "http://127.0.0.1:8080", "needs MAILADMIN_DOVEADM_KEY"),
        ("MAILADMIN_BASE_URL", "https://mail.example.org/panel", "https://mail.example.org"),
        ("MAILADMIN_BASE_URL", "https://mail.example.org:port", "port from 1 to 65535"),
        ("MAILADMIN_BASE_URL", "https://mail.example.org:99999", "port from 1 to 65535"),
        ("MAILADMIN_BASE_URL", "https://mail.example.org:0", "port from 1 to 65535"),
        ("MAILADMIN_BASE_URL", "https://mail.example.org:", "port from 1 to 65535"),
        ("MAILADMIN_BASE_URL", "https://anna:secret-pw@mail.example.org", "no user"),
        ("MAILADMIN_BASE_URL", "https://anna@mail.example.org", "no user"),
        ("MAILADMIN_BASE_URL", "https://mail.example.org?next=x", "no user, path or query"),
        ("MAILADMIN_BASE_URL", "https://mail.example.org#x", "https://mail.example.org"),
        ("MAILADMIN_BASE_URL", "https://[::1", "https://mail.example.org"),
        ("MAILADMIN_BASE_URL", "https://[1.2.3]", "https://mail.example.org"),
        ("MAILADMIN_BASE_URL", "https://mail example.org", "https://mail.example.org"),
        ("MAILADMIN_BASE_URL", "https://mail.exa\nmple.org", "https://mail.example.org"),
        ("MAILADMIN_BASE_URL", "ftp://mail.example.org", "https://mail.example.org"),
        ("CSRF_TRUSTED_ORIGINS", "https://anna:secret-pw@mail.example.org", "no user"),
        ("CSRF_TRUSTED_ORIGINS", "https://mail.example.org:99999", "65535"),
        ("CSRF_TRUSTED_ORIGINS", "https://mail.example.org/x", "path"),
        ("DEFAULT_FROM_EMAIL", "panel@example.org\nBcc: x@evil.test", "in one line"),
        ("DEFAULT_FROM_EMAIL", "Mail\r\npanel <panel@example.org>", "in one line"),
        ("DEFAULT_FROM_EMAIL", "the panel", "panel@example.org"),
        ("DEFAULT_FROM_EMAIL", "<panel@>", "panel@example.org"),
        ("DATABASE_URL_FILE", "", "DATABASE_URL_FILE is empty"),
        ("SECRET_KEY_FILE", " ", "SECRET_KEY_FILE is empty"),
        ("EMAIL_URL_FILE", "", "EMAIL_URL_FILE is empty"),
        ("MAILADMIN_ADMIN_PASSWORD_FILE", "", "MAILADMIN_ADMIN_PASSWORD_FILE is empty"),
        ("SECRET_KEY_FILE", "/dev/null", "nothing in /dev/null"),
        ("MAILADMIN_SECRET_KEY_FILE", "", "write SECRET_KEY_FILE"),
        ("MAILADMIN_SECRET_KEY", "x", "write SECRET_KEY"),
        ("MAILADMIN_DATABASE_URL", "sqlite:///x", "write DATABASE_URL"),
        ("MAILADMIN_TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.0/8"),
        ("MAILADMIN_TRUSTED_PROXIES", "nginx", "127.0.0.1"),
        ("MAILADMIN_PASSWORD_SCHEME", "MD5", "SHA512-CRYPT, BLF-CRYPT, ARGON2ID"),
        ("MAILADMIN_PASSWORD_COST", "10", "from 5000"),
        ("MAILADMIN_PASSWORD_COST", "a lot", "whole number"),
        ("MAILADMIN_RECIPIENT_DELIMITER", "x", "punctuation"),
        ("MAILADMIN_UNDO_DAYS", "a month", "number of days"),
        ("MAILADMIN_UNDO_DAYS", "-1", "from 0 to 36500"),
        ("MAILADMIN_UNDO_DAYS", "36501", "from 0 to 36500"),
        ("MAILADMIN_MAIL_HOSTNAME", "mail", "mail.example.org"),
        ("MAILADMIN_MAIL_HOSTNAME", "https://mail.example.org", "mail.example.org"),
        ("MAILADMIN_MAIL_HOSTNAME", "192.0.2.1", "full name"),
        ("MAILADMIN_UPGRADE_HASHES", "sometimes", "1 or 0"),
        ("MAILADMIN_OWNERS_MAY_FORWARD", "2", "1 or 0"),
        ("MAILADMIN_REQUIRE_SECOND_FACTOR", "everybody", "no, superadmins, operators"),
        ("MAILADMIN_SESSION_HOURS", "0", "from 1 to 720"),
        ("MAILADMIN_SESSION_HOURS", "721", "from 1 to 720"),
        ("MAILADMIN_IDLE_MINUTES", "an hour", "number of minutes"),
        ("MAILADMIN_IDLE_MINUTES", "1441", "from 1 to 1440"),
        ("MAILADMIN_MAIL_IPS", "192.0.2.1,mail", "192.0.2.10"),
        ("MAILADMIN_MAIL_IPS", "192.0.2.0/24", "192.0.2.10"),
        ("MAILADMIN_BACKUP_MX", "192.0.2.1", "mx2.example.org"),
        ("MAILADMIN_DNS_SERVERS", "localhost", "127.0.0.1"),
        ("MAILADMIN_DNS_SERVERS", "127.0.0.1:53", "127.0.0.1@5353"),
        ("MAILADMIN_DNS_SERVERS", "127.0.0.1@0", "127.0.0.1@5353"),
        ("MAILADMIN_DNS_VALIDATING", "perhaps", "1 or 0"),
        ("MAILADMIN_DNS_ALLOWED_NETWORKS", "192.0.2.1/24", "10.0.0.0/8"),
        ("MAILADMIN_DNS_CONNECT", "no way", "1 or 0"),
        ("MAILADMIN_DNSBLS", "https://zen.spamhaus.org", "zen.spamhaus.org"),
        ("MAILADMIN_DKIM_SELECTORS", "mail,a b", "mail,default"),
        ("MAILADMIN_DKIM_KEY_DIR", "/nowhere/at/all", "/var/lib/rspamd/dkim"),
        ("MAILADMIN_DKIM_KEY_DIR", "tests", "whole path"),
        ("MAILADMIN_DKIM_SIGNER", "postfix:/etc/postfix", "opendkim:/etc/opendkim.conf"),
        ("MAILADMIN_DKIM_SIGNER", "/etc/opendkim.conf", "opendkim:/etc/opendkim.conf"),
        ("MAILADMIN_DKIM_SIGNER", "rspamd:local.d/x.conf", "rspamd:/etc/rspamd/local.d"),
        ("MAILADMIN_DKIM_GRACE_DAYS", "0", "from 1 to 365"),
        ("MAILADMIN_CERTIFICATE_AUTHORITY", "Let's Encrypt", "letsencrypt.org"),
        ("MAILADMIN_DNS_PRIMARY", "ns.example.org", "192.0.2.53"),
        ("MAILADMIN_DNS_PRIMARY", "192.0.2.1,192.0.2.2", "one server"),
        ("MAILADMIN_DNS_UPDATE_KEY", "secret-pw", "algorithm:name:secret"),
        ("MAILADMIN_DNS_UPDATE_KEY", "hmac-md5:panel:secret-pw", "hmac-sha256"),
        ("EMAIL_URL", "carrier-pigeon://x", "smtp://"),
        ("SECRET_KEY_FILE", "/nowhere/at/all", "this user may read"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_a_hint(tmp_path, name, value, hint):
    environ = {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    if name == "DATABASE_URL_FILE":
        environ = {}
    with pytest.raises(ConfigError) as caught:
        read_config({**environ, name: value}, tmp_path)
    text = str(caught.value)
    assert name in text
    assert hint in text
    assert "secret-pw" not in text


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        (
            "MAILADMIN_BASE_URL",
            "HTTPS://Mail.Example.org:443/",
            "base_url",
            "https://mail.example.org",
        ),
        ("MAILADMIN_BASE_URL", "http://127.0.0.1:8000", "base_url", "http://127.0.0.1:8000"),
        (
            "MAILADMIN_BASE_URL",
            "https://[2001:DB8::1]:8443",
            "base_url",
            "https://[2001:db8::1]:8443",
        ),
        ("MAILADMIN_BASE_URL", "http://localhost:80", "base_url", "http://localhost"),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://*.example.org, https://a.test:8443",
            "csrf_trusted_origins",
            ["https://*.example.org", "https://a.test:8443"],
        ),
        ("DEFAULT_FROM_EMAIL", "panel@localhost", "default_from_email", "panel@localhost"),
        (
            "DEFAULT_FROM_EMAIL",
            "Post für alle <panel@example.org>",
            "default_from_email",
            "Post für alle <panel@example.org>",
        ),
        ("DEFAULT_FROM_EMAIL", "", "default_from_email", "mailadmin@localhost"),
        # The value itself is there, so an empty NAME_FILE leads nobody astray.
        ("DATABASE_URL_FILE", "", "debug", False),
    ],
)
def test_a_good_value_is_read(tmp_path, name, value, field, read):
    assert getattr(config(tmp_path, **{name: value}), field) == read


@pytest.mark.parametrize(
    ("url", "option", "value"),
    [
        ("mysql://u:p@h/db?ssl-ca=/etc/ca.pem", "ssl", {"ca": "/etc/ca.pem"}),
        ("mysql://u:p@h/db?connect_timeout=3", "connect_timeout", 3),
        ("mariadb://u:p@h/db?ssl_mode=REQUIRED", "ssl_mode", "REQUIRED"),
        ("postgres://u:p@h/db?sslmode=verify-full", "sslmode", "verify-full"),
        ("postgres://u:p@h/db?currentSchema=mail", "options", "-c search_path=mail"),
        ("sqlite:///mail.sqlite3?timeout=60", "timeout", 60),
        ("sqlite:///mail.sqlite3", "timeout", 30),
    ],
)
def test_an_option_behind_the_database_goes_to_the_driver(tmp_path, url, option, value):
    found = read_config({"DATABASE_URL": url, "SECRET_KEY": "x"}, tmp_path).database
    assert found["OPTIONS"][option] == value


@pytest.mark.parametrize(
    ("content", "hint"),
    [(None, "SQLite file cannot be opened"), ("no database", "is no SQLite database")],
)
def test_a_file_that_sqlite_cannot_open_is_explained_without_grants(tmp_path, content, hint):
    path = tmp_path / "mail.sqlite3"
    if content is None:
        # Also root cannot open it.
        path.symlink_to(tmp_path / "nowhere" / "mail.sqlite3")
    else:
        path.write_text(content * 100)
    result = subprocess.run(
        [sys.executable, "manage.py", "domain", "list"],
        cwd=BASE_DIR,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert hint in result.stderr
    assert "GRANT" not in result.stderr
    assert "Traceback" not in result.stderr


def test_no_environment_at_all_works_and_keeps_one_secret_key(tmp_path):
    first, second = read_config({}, tmp_path), read_config({}, tmp_path)
    assert len(first.secret_key) > 40
    assert first.secret_key == second.secret_key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert first.database["NAME"] == str(tmp_path / "mailadmin.sqlite3")
    assert first.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]
    assert first.password_scheme is Scheme.SHA512_CRYPT
    assert not first.behind_tls


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "SECRET_KEY", "EMAIL_URL", "MAILADMIN_DNS_UPDATE_KEY"]
)
def test_each_secret_can_come_from_a_file(tmp_path, name):
    values = {
        "DATABASE_URL": "postgres://u:from-file@h/db",
        "SECRET_KEY": "from-file",
        "EMAIL_URL": "smtp://u:from-file@h:25",
        "MAILADMIN_DNS_UPDATE_KEY": "panel:from-file",
    }
    path = tmp_path / "value"
    path.write_text(values[name] + "\n")
    environ = {"DATABASE_URL": f"sqlite:///{tmp_path}/db"}
    environ.pop(name, None)
    found = read_config({**environ, f"{name}_FILE": str(path)}, tmp_path)
    where = {
        "DATABASE_URL": lambda: found.database["PASSWORD"],
        "SECRET_KEY": lambda: found.secret_key,
        "EMAIL_URL": lambda: found.email["EMAIL_HOST_PASSWORD"],
        "MAILADMIN_DNS_UPDATE_KEY": lambda: found.dns.update_key.secret,
    }
    assert where[name]() == "from-file"


def test_what_is_on_unless_it_is_switched_off(tmp_path):
    found = config(tmp_path, MAILADMIN_UPGRADE_HASHES="", MAILADMIN_MAIL_HOSTNAME=" Mail.Example. ")
    assert found.upgrade_hashes
    assert found.owners_may_forward
    assert found.mail_hostname == "mail.example"
    found = config(tmp_path, MAILADMIN_UPGRADE_HASHES="0", MAILADMIN_OWNERS_MAY_FORWARD="no")
    assert not found.upgrade_hashes
    assert not found.owners_may_forward
    assert found.mail_hostname == ""


def test_the_dns_settings_are_read(tmp_path):
    keys = tmp_path / "keys"
    keys.mkdir()
    found = config(
        tmp_path,
        MAILADMIN_MAIL_IPS="192.0.2.10, 2001:db8::10 ,192.0.2.10",
        MAILADMIN_BACKUP_MX="MX2.Example.Org.",
        MAILADMIN_DNS_SERVERS="127.0.0.1@5353,::1",
        MAILADMIN_DNSBLS="zen.spamhaus.org",
        MAILADMIN_DKIM_SELECTORS="S1,2024.mail",
        MAILADMIN_DKIM_KEY_DIR=str(keys),
        MAILADMIN_DKIM_SIGNER="OpenDKIM:/etc/opendkim.conf",
        MAILADMIN_DKIM_GRACE_DAYS="14",
        MAILADMIN_DNS_CONNECT="0",
        MAILADMIN_DNS_PRIMARY="192.0.2.53@5300",
        MAILADMIN_DNS_UPDATE_KEY="HMAC-SHA512:panel:c2VjcmV0",
    ).dns
    assert [str(ip) for ip in found.mail_ips] == ["192.0.2.10", "2001:db8::10"]
    assert found.backup_mx == ("mx2.example.org",)
    assert [(str(one.ip), one.port) for one in found.servers] == [("127.0.0.1", 5353), ("::1", 53)]
    assert found.dnsbls == ("zen.spamhaus.org",)
    assert found.selectors == ("s1", "2024.mail")
    assert (found.key_dir, found.connect, found.validating) == (keys, False, False)
    assert found.dkim_signer == ("opendkim", Path("/etc/opendkim.conf"))
    assert found.dkim_grace_days == 14
    assert (str(found.primary.ip), found.primary.port) == ("192.0.2.53", 5300)
    assert (found.update_key.algorithm, found.update_key.name) == ("hmac-sha512", "panel")
    nothing = config(tmp_path).dns
    assert nothing.selectors == ("mail", "default", "dkim")
    assert (nothing.key_dir, nothing.connect, nothing.ca) == (None, True, "letsencrypt.org")
    assert (nothing.dkim_signer, nothing.dkim_grace_days) == (None, 7)
    assert (nothing.servers, nothing.mail_ips, nothing.update_key) == ((), (), None)


def test_a_secret_set_twice_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="SECRET_KEY and SECRET_KEY_FILE"):
        config(tmp_path, SECRET_KEY="a", SECRET_KEY_FILE="/x")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://u:p%40w@db.example:3307/mail", ("u", "p@w", "db.example", 3307, "mail")),
        (
            "mysql://u:p@%2Frun%2Fmysqld%2Fmysqld.sock/mail",
            ("u", "p", "/run/mysqld/mysqld.sock", "", "mail"),
        ),
        (
            "postgres://u:p@%2Fvar%2Frun%2Fpostgresql/mail",
            ("u", "p", "/var/run/postgresql", "", "mail"),
        ),
    ],
)
def test_a_database_url_is_read_with_ports_sockets_and_quoting(tmp_path, url, expected):
    found = read_config({"DATABASE_URL": url, "SECRET_KEY": "x"}, tmp_path).database
    assert tuple(found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")) == expected


def test_mariadb_sessions_are_strict(tmp_path):
    found = read_config({"DATABASE_URL": "mysql://u:p@h/mail", "SECRET_KEY": "x"}, tmp_path)
    assert "STRICT_ALL_TABLES" in found.database["OPTIONS"]["init_command"]
    assert found.database["OPTIONS"]["charset"] == "utf8mb4"


def test_https_switches_secure_cookies_on_and_trusts_its_own_name(tmp_path):
    found = config(tmp_path, MAILADMIN_BASE_URL="https://panel.example.org/")
    assert found.behind_tls
    assert "panel.example.org" in found.allowed_hosts
    assert found.csrf_trusted_origins == ["https://panel.example.org"]


def test_no_secret_stands_in_the_repr(tmp_path):
    found = config(
        tmp_path,
        SECRET_KEY="sesame-key",
        EMAIL_URL="smtp://u:sesame-mail@h:25",
        MAILADMIN_ADMIN_PASSWORD="sesame-admin",
        MAILADMIN_DNS_UPDATE_KEY="hmac-sha512:panel:sesame-dns",
    )
    assert "sesame" not in repr(found)


@pytest.mark.parametrize("command", [["check"], ["setup"], ["operator", "list"]])
def test_a_command_stops_with_a_message_and_no_traceback(tmp_path, command):
    result = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=BASE_DIR,
        env={**os.environ, "MAILADMIN_PASSWORD_SCHEME": "ROT13"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert "MAILADMIN_PASSWORD_SCHEME='ROT13'" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_variable_is_documented():
    files = sorted((BASE_DIR / "mailadmin").glob("env*.py"))
    source = "\n".join(path.read_text() for path in files)
    readme = (BASE_DIR / "README.md").read_text()
    names = set(re.findall(r"MAILADMIN_[A-Z_]*[A-Z]", source))
    assert len(names) >= 6
    assert [name for name in sorted(names) if f"`{name}`" not in readme] == []
