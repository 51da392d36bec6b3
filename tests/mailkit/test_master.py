"""Reading master.cf and main.cf."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mailkit.postfix import master
from mailkit.postfix.master import (
    DEBIAN_SERVICES,
    Settings,
    parse_main,
    parse_master,
    read_settings,
)

MASTER = """
# A comment
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
pickup    unix  n       -       y       60      1       pickup
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
        -o syslog_name=postfix/$service_name
# A comment does not end the line
        -o smtp_helo_timeout=5
  # nor does this one
slow      unix  -       -       y       -       2       smtp -o smtp_connect_timeout=1
public    unix  n       -       y       -       -       smtp
error     unix  -       -       y       -       -       error
retry     unix  -       -       y       -       -       error
oops      unix  -       -       y       -       -       error
discard   unix  -       -       y       -       -       discard
lmtp      unix  -       -       y       -       -       lmtp
amavis    unix  -       -       n       -       2       lmtp
postlog   unix-dgram n  -       n       -       1       postlogd
dovecot   unix  -       n       n       -       -       pipe
  flags=DRhu user=vmail:vmail argv=/usr/lib/dovecot/deliver -f ${sender} -d ${recipient}
old       fifo  -       n       n       -       -       pipe flags=F user=x argv=/bin/cat
spread
  unix    -     -       n       -       -       /usr/lib/postfix/sbin/smtp
policy    unix  -       n       n       -       0       spawn user=nobody argv=/bin/true
broken    unix  -       -
"""


def test_services_that_deliver_mail_are_read() -> None:
    assert parse_master(MASTER) == {
        "smtp": "smtp",
        "relay": "smtp",
        "slow": "smtp",
        "error": "error",
        "retry": "retry",
        "discard": "discard",
        "lmtp": "lmtp",
        "amavis": "lmtp",
        "dovecot": "pipe",
        "old": "pipe",
        "spread": "smtp",
    }


@pytest.mark.stack
def test_the_default_services_are_those_of_debian() -> None:
    text = Path("/usr/share/postfix/master.cf.dist").read_text()
    assert parse_master(text) == DEBIAN_SERVICES


def test_main_cf_is_read() -> None:
    text = "a = 1\n# b = 2\nc =\n  x,\n# no end\n  y\nd=e = f\nnothing\n\ta line of its own\n"
    assert parse_main(text) == {"a": "1", "c": "x, y", "d": "e = f"}


def test_where_nothing_can_be_read_the_defaults_stand_in(tmp_path: Path) -> None:
    for directory in (tmp_path / "none", tmp_path):
        assert read_settings(directory) == Settings()
    settings = Settings()
    assert settings.virtual_transport == "lmtp:unix:private/dovecot-lmtp"
    assert settings.relayhost == ""
    assert settings.recipient_delimiter == "+"
    assert settings.services == DEBIAN_SERVICES
    assert not settings.readable


def test_master_cf_alone_gives_its_services(tmp_path: Path) -> None:
    (tmp_path / "master.cf").write_text(MASTER)
    settings = read_settings(tmp_path)
    assert "amavis" in settings.services
    assert settings.recipient_delimiter == "+"
    assert not settings.readable


MAIN = """
myhostname = mail.example.org
mydestination = $myhostname, localhost.$mydomain
  localhost
virtual_transport = lmtp:unix:private/dovecot-lmtp
relayhost = [relay.${mydomain}]:587
recipient_delimiter = +-
"""
READ = Settings(
    virtual_transport="lmtp:unix:private/dovecot-lmtp",
    relayhost="[relay.example.org]:587",
    mydestination=("mail.example.org", "localhost.example.org", "localhost"),
    myorigin="mail.example.org",
    recipient_delimiter="+-",
    services=DEBIAN_SERVICES,
    readable=True,
    local_transport="local:mail.example.org",
    # There is no virtual_alias_maps in it.
    alias_domains_in_maps=False,
)


def without_postconf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master, "_postconf", lambda _directory: None)


def test_settings_are_read_without_postconf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_postconf(monkeypatch)
    (tmp_path / "main.cf").write_text(MAIN)
    assert read_settings(tmp_path) == READ


@pytest.mark.stack
def test_postconf_reads_the_same(tmp_path: Path) -> None:
    assert shutil.which("postconf", path="/usr/sbin")
    (tmp_path / "main.cf").write_text(MAIN)
    (tmp_path / "master.cf").write_text(MASTER)
    found = read_settings(tmp_path)
    assert found.services == parse_master(MASTER)
    assert Settings(**{**vars(found), "services": DEBIAN_SERVICES}) == READ


@pytest.mark.parametrize("postconf", [True, False])
def test_what_main_cf_leaves_out_is_postfixs_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postconf: bool
) -> None:
    if not postconf:
        without_postconf(monkeypatch)
    (tmp_path / "main.cf").write_text("myhostname = mail.example.org\n")
    (tmp_path / "master.cf").write_text(MASTER)
    settings = read_settings(tmp_path)
    assert settings.virtual_transport == "virtual"
    assert settings.relayhost == ""
    assert settings.recipient_delimiter == ""
    assert settings.mydestination == (
        "mail.example.org",
        "localhost.example.org",
        "localhost",
    )


def test_a_main_cf_that_refers_to_itself_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_postconf(monkeypatch)
    (tmp_path / "main.cf").write_text("myhostname = $myorigin\nmyorigin = $myhostname\n")
    assert read_settings(tmp_path).myorigin == ""


def test_a_main_cf_that_postconf_refuses_is_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("recipient_delimiter = +\nthis is no parameter\n")
    assert read_settings(tmp_path).recipient_delimiter == "+"


@pytest.mark.parametrize("postconf", [True, False])
@pytest.mark.parametrize(
    ("written", "names", "in_maps"),
    [
        ("virtual_alias_maps = proxy:mysql:/etc/postfix/forwardings.cf", (), True),
        ("virtual_alias_maps = hash:/a\nvirtual_alias_domains =", (), False),
        ("virtual_alias_domains = a.test, B.Test", ("a.test", "b.test"), False),
    ],
)
def test_virtual_alias_domains_are_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postconf: bool,
    written: str,
    names: tuple[str, ...],
    in_maps: bool,
) -> None:
    if not postconf:
        without_postconf(monkeypatch)
    (tmp_path / "main.cf").write_text(f"{written}\n")
    settings = read_settings(tmp_path)
    assert settings.virtual_alias_domains == names
    assert settings.alias_domains_in_maps is in_maps


def test_myorigin_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "mailname").write_text("mail.example.org\n")
    (tmp_path / "main.cf").write_text(f"myorigin = {tmp_path}/mailname\n")
    assert read_settings(tmp_path).myorigin == "mail.example.org"


@pytest.mark.parametrize(
    ("restrictions", "refuses"),
    [
        ("", False),
        ("check_recipient_access proxy:mysql:/etc/postfix/access.cf", True),
        ("permit_sasl_authenticated, check_recipient_access mysql:/etc/access.cf, reject", True),
        ("check_recipient_access hash:/etc/postfix/access", False),
        ("check_sender_access mysql:/etc/postfix/access.cf", False),
    ],
)
def test_the_access_table_is_seen(tmp_path: Path, restrictions: str, refuses: bool) -> None:
    (tmp_path / "main.cf").write_text(f"smtpd_recipient_restrictions = {restrictions}\n")
    assert read_settings(tmp_path).refuses_error_rows is refuses
