"""Each code has a configuration that makes it and no other, and one beside it that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailkit.doctor import Code
from mailserver.doctor_words import WORDS, mend, sentence
from tests.mailkit.doctor.healthy import (
    DES,
    MAPS,
    SHA512,
    SQL_CONF,
    Edit,
    World,
    dovecot,
    edit,
    main,
    password_query,
    query,
    section,
    sql,
    unset,
    without,
)

P = "proxy:sqlite:/etc/postfix/sql"
BOTH = f"{P}/forwardings.cf, {P}/email2email.cf"
USERS = "SELECT email FROM users WHERE email='%s'"
# All but virtual_mailbox_domains.
OTHERS = (
    "$virtual_alias_maps $virtual_mailbox_maps $transport_maps $smtpd_recipient_restrictions"
    " $smtpd_sender_login_maps"
)
DENIED = "postmap: warning: connect to mysql server 127.0.0.1: Access denied for user 'mail'"
MISSING = "cat: {}: No such file or directory"

# (code, what breaks it, what is beside it and sound)
CASES: list[tuple[Code, list[Edit], list[Edit]]] = [
    (
        Code.MAP_FILE_MISSING,
        [section(f"{MAPS}/transport.cf", MISSING.format(f"{MAPS}/transport.cf"))],
        [section(f"{MAPS}/other.cf", MISSING.format(f"{MAPS}/other.cf"))],
    ),
    (
        Code.MAP_FILE_MISSING,
        [section(SQL_CONF, MISSING.format(SQL_CONF))],
        [section(SQL_CONF, f"cat: {SQL_CONF}: Permission denied")],
    ),
    (
        Code.MAP_UNREACHABLE,
        [section(f"postmap -q sqlite:{MAPS}/domains.cf", DENIED)],
        [section(f"postmap -q sqlite:{MAPS}/domains.cf", "")],
    ),
    (
        Code.MAP_NO_DOMAINS,
        [main("virtual_mailbox_domains", "a.test, b.test")],
        [main("virtual_mailbox_domains", f"b.test, {P}/domains.cf")],
    ),
    (
        Code.MAP_NO_MAILBOXES,
        [main("virtual_mailbox_maps", "hash:/etc/postfix/vmaps")],
        [main("virtual_mailbox_maps", f"hash:/etc/postfix/vmaps {P}/mailboxes.cf")],
    ),
    (
        Code.MAP_NO_FORWARDINGS,
        [main("virtual_alias_maps", f"{P}/email2email.cf")],
        [main("virtual_alias_maps", f"{P}/email2email.cf {P}/forwardings.cf")],
    ),
    (
        Code.MAP_NO_EMAIL2EMAIL,
        [main("virtual_alias_maps", f"{P}/forwardings.cf")],
        [
            main("virtual_alias_maps", f"{P}/forwardings.cf"),
            query(
                "forwardings",
                "SELECT destination FROM forwardings WHERE source='%s'"
                " UNION SELECT email FROM users WHERE email='%s'",
            ),
        ],
    ),
    (
        Code.MAP_EMAIL2EMAIL_ELSEWHERE,
        [
            main("virtual_alias_maps", f"{P}/forwardings.cf"),
            main("recipient_canonical_maps", f"{P}/email2email.cf"),
        ],
        [main("recipient_canonical_maps", f"{P}/email2email.cf")],
    ),
    (
        Code.MAP_NO_TRANSPORT,
        [main("transport_maps", "")],
        [main("transport_maps", f"hash:/etc/postfix/transport, {P}/transport.cf")],
    ),
    (
        Code.MAP_NOT_PROXIED,
        [main("proxy_read_maps", OTHERS)],
        [
            main("proxy_read_maps", f"{P}/domains.cf, {OTHERS.replace('$transport_maps', '')}"),
            main("transport_maps", "sqlite:/etc/postfix/sql/transport.cf"),
        ],
    ),
    (
        Code.MAP_NOT_PROXIED,
        [section("postconf -P", f"25/inet/smtpd_recipient_restrictions = {{ x {P}/more.cf }}")],
        [section("postconf -P", "25/inet/smtpd_recipient_restrictions = {x sqlite:/nowhere.cf}")],
    ),
    (Code.QUERY_MISSING, [query("domains", "")], []),
    (Code.QUERY_MISSING, [password_query("")], []),
    (
        Code.QUERY_FAILS,
        [query("mailboxes", "SELECT maildir FROM users WHERE email='%s'")],
        [query("mailboxes", "SELECT 1 FROM users WHERE email='%s'")],
    ),
    (
        Code.QUERY_FAILS,
        [query("domains", "SELECT domain FROM virtual_domains WHERE domain='%s'")],
        [
            sql("CREATE VIEW virtual_domains AS SELECT domain FROM domains"),
            query("domains", "SELECT domain FROM virtual_domains WHERE domain='%s'"),
        ],
    ),
    (
        Code.QUERY_FAILS,
        [password_query("SELECT email AS user, pw AS password FROM users WHERE email='%u'")],
        [password_query("SELECT password, email AS username FROM users WHERE email='%n@%d'")],
    ),
    (
        Code.QUERY_NOT_RUN,
        [query("transport", "SELECT load_extension(transport) FROM transport WHERE domain='%s'")],
        [query("transport", "SELECT lower(transport) FROM transport WHERE domain='%s';")],
    ),
    (
        Code.QUERY_NOT_RUN,
        [password_query("SELECT password FROM users WHERE email='%u' AND '%w'='%w'")],
        [password_query("SELECT password FROM users WHERE email=lower('%Lu')")],
    ),
    (
        Code.QUERY_UNANSWERED,
        [query("mailboxes", "SELECT email FROM users WHERE email='%u'")],
        [query("mailboxes", "SELECT email FROM users WHERE email='%u@%d'")],
    ),
    (
        Code.QUERY_UNANSWERED,
        [query("email2email", "SELECT email FROM users WHERE email='%d'")],
        [query("email2email", "SELECT '%s' FROM users WHERE email='%s'")],
    ),
    (
        Code.QUERY_UNANSWERED,
        [query("domains", "SELECT domain FROM domains WHERE domain='%d'")],
        [
            query("domains", "SELECT domain FROM domains WHERE domain='%d'"),
            sql("DELETE FROM domains"),
        ],
    ),
    (
        Code.QUERY_UNANSWERED,
        [password_query("SELECT password FROM users WHERE email='%n'")],
        [password_query("SELECT password FROM users WHERE email='%n@%d'")],
    ),
    (
        Code.QUERY_IGNORES_TABLES,
        [query("mailboxes", "SELECT '%d/%u/'")],
        [query("mailboxes", "SELECT '%d/%u/' FROM users WHERE email='%s'")],
    ),
    (
        Code.QUERY_IGNORES_TABLES,
        [password_query("SELECT '{PLAIN}x' AS password")],
        [password_query("SELECT '%u' AS user, password FROM users WHERE email='%u'")],
    ),
    (
        Code.QUERY_NO_PASSWORD,
        [password_query("SELECT email, password AS pass FROM users WHERE email='%u'")],
        [password_query("SELECT PASSWORD FROM users WHERE email='%u'")],
    ),
    (
        Code.DATABASE_OTHER_NAME,
        [edit(f"{MAPS}/transport.cf", "dbpath = /", "dbpath = /other/")],
        [edit(f"{MAPS}/transport.cf", "dbpath = ", "dbpath =   ")],
    ),
    (
        Code.DATABASE_OTHER_KIND,
        [edit(SQL_CONF, "driver = sqlite", "driver = mysql")],
        [edit(SQL_CONF, "driver = sqlite", "driver=sqlite")],
    ),
    (
        Code.POSTFIX_LOCAL_DOMAIN,
        [main("mydestination", "$myhostname, A.test"), main("myhostname", "mail.a.test")],
        [main("mydestination", "$myhostname, a.test.example"), main("myhostname", "mail.a.test")],
    ),
    (
        Code.POSTFIX_LOCAL_DOMAIN,
        [main("mydestination", f"localhost, {P}/domains.cf")],
        [main("mydestination", "localhost, hash:/etc/postfix/local")],
    ),
    (
        Code.POSTFIX_ALIAS_DOMAIN,
        [sql("INSERT INTO forwardings VALUES ('b.test', 'x')"), unset("virtual_alias_domains")],
        [sql("INSERT INTO forwardings VALUES ('b.test', 'x')")],
    ),
    (
        Code.POSTFIX_VIRTUAL_TRANSPORT,
        [main("virtual_transport", "virtual")],
        [main("virtual_transport", "dovecot")],
    ),
    (
        Code.POSTFIX_NO_SERVICE,
        [main("virtual_transport", "dovecot-lmtp:x")],
        [without("postconf -M"), main("virtual_transport", "dovecot-lmtp:x")],
    ),
    (
        Code.POSTFIX_LMTP_SOCKET,
        [main("virtual_transport", "lmtp:unix:private/dovecot")],
        [main("virtual_transport", "lmtp:unix:/var/spool/postfix/private/dovecot-lmtp")],
    ),
    (
        Code.POSTFIX_LMTP_SOCKET,
        [main("virtual_transport", "lmtp:inet:127.0.0.1:24")],
        [
            main("virtual_transport", "lmtp:inet:127.0.0.1:24"),
            dovecot("service lmtp {\n  inet_listener lmtp {\n    port = 24\n  }\n}"),
        ],
    ),
    (
        Code.POSTFIX_SASL_SOCKET,
        [main("smtpd_sasl_path", "private/sasl")],
        [main("smtpd_sasl_path", "private/sasl"), main("smtpd_sasl_type", "cyrus")],
    ),
    (
        Code.POSTFIX_OLD,
        [section("postconf -x", "mail_version = 3.4.13")],
        [section("postconf -x", "mail_version = 3.10.1")],
    ),
    (
        Code.DELIMITER_DIFFERS,
        [main("recipient_delimiter", "+-")],
        [main("recipient_delimiter", "")],
    ),
    (
        Code.DELIMITER_DIFFERS,
        [dovecot("recipient_delimiter = -")],
        [dovecot("recipient_delimiter = +-")],
    ),
    (
        Code.DELIMITER_OF_PANEL,
        [lambda world: setattr(world, "delimiter", "-")],
        [lambda world: setattr(world, "delimiter", "+")],
    ),
    (
        Code.DOVECOT_NO_PASSDB,
        [edit("doveconf -n", "passdb {\n  driver = sql", "passdb {\n  driver = pam")],
        [dovecot("passdb {\n  driver = pam\n}")],
    ),
    (
        Code.DOVECOT_NO_LMTP,
        [edit("doveconf -n", "protocols = imap lmtp", "protocols = imap pop3")],
        [edit("doveconf -n", "protocols = imap lmtp", 'protocols = " imap lmtp sieve"')],
    ),
    (Code.DOVECOT_CACHE, [dovecot("auth_cache_size = 10 M")], [dovecot("auth_cache_size = 0 B")]),
    (Code.DOVECOT_CACHE, [dovecot("auth_cache_size = 1B")], [dovecot("auth_cache_size =")]),
    (
        Code.DOVECOT_CASE,
        [edit("doveconf -n", "auth_username_format = %Lu", "auth_username_format = %u")],
        [
            edit("doveconf -n", "auth_username_format = %Lu", "auth_username_format = %u"),
            password_query("SELECT password FROM users WHERE email=lower('%u')"),
        ],
    ),
    (
        Code.DOVECOT_NO_DOMAIN,
        [edit("doveconf -n", "auth_username_format = %Lu", "auth_username_format = %Ln")],
        [edit("doveconf -n", "auth_username_format = %Lu", "auth_username_format = %Ln@%Ld")],
    ),
    (
        Code.DOVECOT_SCHEME,
        [
            edit(SQL_CONF, "default_pass_scheme = CRYPT", "default_pass_scheme = PLAIN-MD5"),
            sql(f"INSERT INTO users (email, password) VALUES ('s@a.test', '{SHA512}')"),
        ],
        [edit(SQL_CONF, "default_pass_scheme = CRYPT", "default_pass_scheme = PLAIN-MD5")],
    ),
    (
        Code.DOVECOT_SCHEME,
        [
            edit(SQL_CONF, "default_pass_scheme = CRYPT", "#"),
            sql(f"INSERT INTO users (email, password) VALUES ('s@a.test', '{SHA512}')"),
        ],
        [
            edit(SQL_CONF, "default_pass_scheme = CRYPT", "default_pass_scheme = SHA512-CRYPT"),
            sql(f"INSERT INTO users (email, password) VALUES ('s@a.test', '{SHA512}')"),
        ],
    ),
    (
        Code.DOVECOT_OLD,
        [section("dovecot --version", "2.2.36 (1f10bfa63)")],
        [section("dovecot --version", "2.3.4.1")],
    ),
    (
        Code.PASSWORD_REFUSED_LATER,
        [sql(f"INSERT INTO users (email, password) VALUES ('d@a.test', '{DES}')")],
        [sql(f"INSERT INTO users (email, password) VALUES ('d@a.test', '{{CRYPT}}{SHA512}')")],
    ),
    (
        Code.SQLITE_UNREADABLE,
        [lambda world: section("stat", f"660 mail mail {world.path}\n")(world)],
        [lambda world: section("stat", f"660 postfix mail {world.path}\n")(world)],
    ),
    (
        Code.SQLITE_UNREADABLE,
        [edit("stat", "770 root postfix", "760 root postfix")],
        [edit("stat", "770 root postfix", "707 root mail"), edit("stat", "660 root", "666 root")],
    ),
    (
        Code.SQLITE_NOT_WRITABLE,
        [lambda world: section("stat", f"664 mail mail {world.path}\n")(world)],
        [lambda world: section("stat", f"666 mail mail {world.path}\n")(world)],
    ),
    (
        Code.SQLITE_NOT_WRITABLE,
        [edit("stat", "770 ", "755 ")],
        [edit("stat", "770 ", "775 ")],
    ),
    (
        Code.SQLITE_JOURNAL,
        [sql("PRAGMA journal_mode = DELETE")],
        [],
    ),
]  # fmt: skip
# The global one.
FORMAT = "auth_username_format = %{user | lower}\nmail_driver"
_LMTP = "protocol lmtp {{\n  auth_username_format = {}\n}}"
CASES_24: list[tuple[Code, list[Edit], list[Edit]]] = [
    (
        Code.PASSWORD_REFUSED,
        [sql(f"INSERT INTO users (email, password) VALUES ('d@a.test', '{DES}')")],
        [
            sql(f"INSERT INTO users (email, password) VALUES ('d@a.test', '{DES}')"),
            dovecot("auth_allow_weak_schemes = yes"),
        ],
    ),
    (
        Code.DOVECOT_NO_LMTP,
        [edit("doveconf -n", "  lmtp = yes\n", "  lmtp = no\n")],
        [edit("doveconf -n", "  lmtp = yes\n", "  lmtp = yes\n  pop3 = yes\n")],
    ),
    (
        Code.DOVECOT_NO_PASSDB,
        [edit("doveconf -n", "passdb sql {", "passdb pam {")],
        [edit("doveconf -n", "passdb sql {", "passdb pam {\n}\npassdb sql {")],
    ),
    (
        Code.DOVECOT_CASE,
        [edit("doveconf -n", FORMAT, FORMAT.replace(" | lower", ""))],
        [
            edit("doveconf -n", FORMAT, FORMAT.replace(" | lower", "")),
            edit("doveconf -n", "WHERE email='%{user}'", "WHERE email='%{user | lower}'"),
        ],
    ),
    (
        Code.DOVECOT_NO_DOMAIN,
        [edit("doveconf -n", FORMAT, FORMAT.replace("user |", "user | username |"))],
        [edit("doveconf -n", FORMAT, "mail_driver")],
    ),
    (
        Code.DOVECOT_LMTP_DOMAIN,
        [dovecot(_LMTP.format("%{user | username | lower}"))],
        [dovecot(_LMTP.format("%{user | lower}"))],
    ),
    (
        Code.DOVECOT_LMTP_DOMAIN,
        [dovecot(_LMTP.format("%{user | username}"))],
        # With sieve in it, and for a protocol that signs nobody in.
        [
            dovecot("protocol lmtp {\n  mail_plugins = sieve\n}"),
            dovecot(_LMTP.format("%n").replace("lmtp", "lda")),
        ],
    ),
    (
        Code.DOVECOT_NO_DOMAIN,
        [dovecot(_LMTP.format("%{user | username}").replace("lmtp", "imap"))],
        [dovecot(_LMTP.format("%{user}").replace("lmtp", "imap"))],
    ),
    (
        Code.DOVECOT_SCHEME,
        [
            edit("doveconf -n", "default_password_scheme = CRYPT", ""),
            sql(f"INSERT INTO users (email, password) VALUES ('s@a.test', '{SHA512}')"),
        ],
        [edit("doveconf -n", "default_password_scheme = CRYPT", "")],
    ),
    (
        Code.QUERY_FAILS,
        [edit("doveconf -n", "password FROM users", "password FROM mailbox")],
        [edit("doveconf -n", "email='%{user}'", "email='%{user | username}@%{user | domain}'")],
    ),
    (
        Code.DATABASE_OTHER_NAME,
        [edit("doveconf -n", 'sqlite_path = "/', 'sqlite_path = "/other/')],
        [edit("doveconf -n", "sqlite_path = ", "sqlite_path =  ")],
    ),
]  # fmt: skip


def ids(cases: list[tuple[Code, list[Edit], list[Edit]]]) -> list[str]:
    return [f"{number}-{code}" for number, (code, *_rest) in enumerate(cases)]


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_a_healthy_machine_has_nothing(tmp_path: Path, version: str) -> None:
    found = World(tmp_path / "mail.db", version).examine()
    assert (found.findings, found.unread) == ((), ())
    assert (found.postfix, found.dovecot) == ("3.7.11", version)


@pytest.mark.parametrize(("code", "broken", "sound"), CASES, ids=ids(CASES))
def test_it_names_the_fault_and_no_other(
    tmp_path: Path, code: Code, broken: list[Edit], sound: list[Edit]
) -> None:
    check(tmp_path, "2.3", code, broken, sound)


@pytest.mark.parametrize(("code", "broken", "sound"), CASES_24, ids=ids(CASES_24))
def test_it_names_the_fault_of_dovecot_24(
    tmp_path: Path, code: Code, broken: list[Edit], sound: list[Edit]
) -> None:
    check(tmp_path, "2.4", code, broken, sound)


def check(tmp_path: Path, version: str, code: Code, broken: list[Edit], sound: list[Edit]) -> None:
    for edits, expected in ((broken, [code.value]), (sound, [])):
        world = World(tmp_path / f"{len(expected)}.db", version)
        for change in edits:
            change(world)
        found = world.examine().findings
        assert [one.code.value for one in found] == expected
        for one in found:
            assert "%(" not in sentence(one) + mend(one)
            # Whatever is missing or wrong in one line has the line.
            assert one.line or not str(WORDS[one.code].by_hand).endswith(":")


def test_every_code_is_in_the_table() -> None:
    # Of hosts there is a table of its own: test_databases.
    met = {code for code, *_rest in (*CASES, *CASES_24)} | {Code.DATABASE_OTHER_HOST}
    assert met == set(Code)
