"""What `mailconfig` writes, installed as its heads say: real Postfix and Dovecot run on it.

The database user is the one that grants.sql makes. The first of two database servers is down.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailkit import tables
from mailserver.configuration import READER
from tests.servers.databases import DIALECTS, Database, MariaDBServer, PostgreSQLServer
from tests.servers.debian_root import MailHost
from tests.servers.mailconfig import commands
from tests.servers.mailstack import MailStack, Sent
from tests.servers.plugin import DOVECOTS

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "secret"
ROWS = {
    "domains": [("a.test",), ("b.test",)],
    "users": [(f"{name}@a.test", "{PLAIN}secret") for name in ("anna", "bert", "off")],
    "forwardings": [
        ("info@a.test", "anna@a.test"),
        ("chain@a.test", "info@a.test"),
        ("team@a.test", "anna@a.test, bert@a.test"),
        ("@b.test", "bert@a.test"),
        ("list@b.test", "anna@a.test, bert@a.test"),
        # By default it would make a.test an alias domain, too.
        ("a.test", "anything"),
    ],
    "transport": [("off@a.test", "error:5.2.1 mailbox disabled")],
}
# What a database password may hold: quotes, blanks, what begins a comment or a variable.
ODD = """ !x 'y' \\ #""".strip()


def filled(database: Database) -> Database:
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    for table, rows in ROWS.items():
        for row in rows:
            marks = ", ".join(["%s"] * len(row))
            columns = " (email, password)" if table == "users" else ""
            database.execute(f"INSERT INTO {table}{columns} VALUES ({marks})", row)
    database.execute("CREATE TABLE mailadmin_secret (id int)")
    return database


def password_for(dialect: str, dovecot: str) -> str:
    if dovecot == "2.4":
        return f'a"b;$c${{d}}%u%{{e}}#{ODD}'
    return """a#b"c;$d${e}%u%%{f}'""" if dialect == "mysql" else """a#b"c;$d${e}%u%%{f}"""


def mailconfig(database: Database, directory: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "mailconfig", directory, *options],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def configure(database: Database, directory: Path, host: MailHost) -> None:
    """Run the command, then carry out grants.sql; the first database server is down."""
    words = ["--dovecot", host.dovecot, "--mail-root", f"{directory.parent}/vmail"]
    words += ["--queue-directory", f"{directory.parent}/queue"]
    if database.dialect != "sqlite":
        secret = directory.parent / "password"
        secret.write_text(password_for(database.dialect, host.dovecot) + "\n")
        for name in ("127.0.0.2", "127.0.0.1"):
            words += ["--host", f"{name}:{database.port}"]
        words += ["--password-file", str(secret), "--client", "127.0.0.1"]
    said = mailconfig(database, directory, *words)
    assert "new" in said
    if database.dialect == "sqlite":
        assert not (directory / "grants.sql").exists()
        return
    grant(database, directory / "grants.sql")
    give_to_groups(directory, host)


def give_to_groups(directory: Path, host: MailHost) -> None:
    """As the command does, but by the numbers of the groups in this Debian."""
    for path in directory.rglob("*"):
        if path.is_dir() or path.name in ("main.cf", "master.cf", "mailadmin.conf"):
            continue
        assert path.stat().st_mode & 0o777 == 0o640, path
        if path.name != "grants.sql":
            group = "dovecot" if path.parent.name == "dovecot" else "postfix"
            os.chown(path, -1, host.id_of(group, group=True))


def grant(database: Database, path: Path) -> None:
    """As the file's head says, but to a server of the tests."""
    if database.dialect == "mysql":
        words = ["mariadb", "-h", database.host, "-P", str(database.port), "-u", database.user]
        words.append(f"-p{database.password}")
    else:
        url = database.url
        words = ["psql", "-q", "-v", "ON_ERROR_STOP=1", url]
    for _time in (1, 2):
        with open(path) as statements:
            done = subprocess.run(
                words, stdin=statements, capture_output=True, text=True, check=False
            )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(
    scope="module",
    params=[(dialect, dovecot) for dialect in DIALECTS for dovecot in DOVECOTS],
    ids="-".join,
)
def stack(request: pytest.FixtureRequest, new_database) -> Iterator[MailStack]:
    dialect, dovecot = request.param
    database = filled(new_database(dialect))

    def write(directory: Path, host: MailHost) -> None:
        configure(database, directory, host)

    with MailStack(database, dovecot, configure=write, stock_dovecot=True) as running:
        yield running


def test_a_strangers_mail_arrives(stack: MailStack):
    for address, end in (("chain+x@a.test", "anna"), ("anybody@b.test", "bert")):
        (found,) = stack.outcome(stack.send(address, f"to {address}"))
        assert (found.agent, found.status) == ("lmtp", "sent"), found
        assert any(f"to {address}" in text for text in stack.maildir(f"{end}@a.test"))
    assert stack.send("nobody@a.test").rcpt["nobody@a.test"].code == 550


def test_the_owner_reads_it(stack: MailStack):
    stack.outcome(stack.send("anna@a.test", "for anna"))
    found = [mail["Subject"] for mail in stack.fetch_imap("Anna@A.test", PASSWORD)]
    assert "for anna" in found
    assert not stack.imap_login("anna@a.test", "wrong")
    assert not stack.imap_login("info@a.test", PASSWORD)


def test_an_error_row_is_refused_at_rcpt(stack: MailStack):
    sent = stack.send(["off@a.test", "anna@a.test"], port=stack.access_port)
    assert str(sent.rcpt["off@a.test"]).startswith("554 5.2.1")
    assert "mailbox disabled" in str(sent.rcpt["off@a.test"])
    assert sent.rcpt["anna@a.test"].code == 250


SENDERS = {
    "anna@a.test": {
        "anna@a.test": True,
        "": True,
        "Anna+tag@a.test": True,
        "info@a.test": True,
        "chain@a.test": True,
        "bert@a.test": False,
        "team@a.test": False,
        "anybody@b.test": False,
        "nobody@a.test": False,
        "somebody@far.test": False,
    },
    "bert@a.test": {
        "anybody@b.test": True,
        "info@a.test": False,
        "list@b.test": False,
        "list+x@b.test": False,
    },
}


@pytest.mark.parametrize("login", SENDERS)
def test_a_mailbox_owner_sends_as_what_is_his(stack: MailStack, login: str):
    found = {}
    with smtplib.SMTP("127.0.0.1", stack.submission_port, timeout=30) as client:
        client.starttls(context=ssl._create_unverified_context())
        client.login(login, PASSWORD)
        for sender in SENDERS[login]:
            client.mail(sender)
            code, text = client.rcpt("friend@far.test")
            assert code == 250 or b"not owned by user" in text
            found[sender] = code == 250
            client.rset()
    assert found == SENDERS[login]
    assert stack.submit(login, PASSWORD, "friend@far.test").accepted


def test_a_stranger_submits_nothing(stack: MailStack):
    for sender in ("anna@a.test", "somebody@far.test"):
        for to in ("friend@far.test", "bert@a.test"):
            sent: Sent = stack.send(to, sender=sender, port=stack.submission_port, tls=True)
            assert sent.rcpt[to].code == 554
    assert not stack.submit("anna@a.test", "wrong", "friend@far.test").accepted
    # Nor by the port for servers.
    sent = stack.send("friend@far.test", sender="anna@a.test", port=stack.access_port)
    assert str(sent.rcpt["friend@far.test"]).startswith("554 5.7.1")


def test_dovecot_lists_the_mailboxes(stack: MailStack):
    done = stack.run(["/usr/bin/doveadm", "-c", stack.dovecot_config, "user", "*"])
    assert sorted(done.stdout.split()) == ["anna@a.test", "bert@a.test", "off@a.test"]


def test_nobody_complains(stack: MailStack):
    doveconf = stack.run(["/usr/bin/doveconf", "-n", "-c", stack.dovecot_config])
    assert doveconf.stderr == ""
    for words in (["postconf", "-c", stack.config, "-n"], ["postfix", "-c", stack.config, "check"]):
        done = stack.run([f"/usr/sbin/{words[0]}", *words[1:]])
        assert done.stderr == ""
    log = stack.mail_log()
    assert [line for line in log.splitlines() if "unused parameter" in line] == []
    assert "a.test in BOTH" not in log


def test_the_reader_reads_and_does_nothing_else(stack: MailStack):
    database = stack.database
    if database.dialect == "sqlite":
        return
    password = password_for(database.dialect, stack.host.dovecot)
    reader = replace(database, user=READER, password=password)
    assert len(reader.execute("SELECT email, password FROM users")) == 3
    refused = [
        "INSERT INTO domains VALUES ('x.test')",
        "UPDATE users SET password = ''",
        "DELETE FROM forwardings",
        "DROP TABLE transport",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE users ADD mine int",
        "SELECT * FROM mailadmin_secret",
    ]
    for statement in refused:
        with pytest.raises(Exception, match=r"(?i)denied|must be owner"):
            reader.execute(statement)


@pytest.mark.parametrize(
    ("server", "dovecot"),
    [(MariaDBServer, "2.4"), (PostgreSQLServer, "2.4")],
)
def test_the_other_database_server_is_asked_when_one_goes_away(server: type, dovecot: str):
    with server() as first, server() as second:
        databases = [filled(one.create_database("mail")) for one in (first, second)]

        def write(directory: Path, host: MailHost) -> None:
            words = ["--dovecot", host.dovecot, "--mail-root", f"{directory.parent}/vmail"]
            words += ["--queue-directory", f"{directory.parent}/queue", "--client", "127.0.0.1"]
            for one in databases:
                words += ["--host", f"127.0.0.1:{one.port}"]
            mailconfig(databases[0], directory, *words)
            for one in databases:
                grant(one, directory / "grants.sql")
            give_to_groups(directory, host)

        with MailStack(databases[0], dovecot, configure=write) as stack:
            for _left in (2, 1):
                sent = stack.send("info@a.test")
                (found,) = stack.outcome(sent)
                if found.status == "deferred":
                    # What was asked by a connection that is gone fails once.
                    stack.flush()
                    stack.wait_until_gone(sent)
                    (found,) = stack.outcome(sent)
                assert found.status == "sent"
                for _time in range(3):
                    assert stack.imap_login("anna@a.test", PASSWORD)
                assert stack.submit("anna@a.test", PASSWORD, "friend@far.test").accepted
                first.stop()


def test_it_installs_into_debians_own_postfix(stack: MailStack):
    if stack.database.dialect != "sqlite":
        # The commands are the same.
        return
    stock = (stack.host.root or Path("/")) / "usr" / "share" / "postfix"
    config = stack.directory / "stock"
    config.mkdir()
    for name in ("main.cf.debian", "master.cf.dist"):
        shutil.copy(stock / name, config / name.rpartition(".")[0])
    written = stack.directory / "conf" / "postfix"
    heads = [
        line
        for name in ("main.cf", "master.cf")
        for line in commands(written / name, "grep ", "cat ")
    ]
    for command in heads:
        here = command.replace("postconf -e", f"/usr/sbin/postconf -c {config} -e")
        stack.run(["sh", "-c", here.replace("/etc/postfix", str(config))])
    assert len(heads) == 2
    done = stack.run(["/usr/sbin/postconf", "-c", config, "-n"])
    assert done.stderr == ""
    assert "\nvirtual_alias_domains =\n" in done.stdout
    services = stack.run(["/usr/sbin/postconf", "-c", config, "-M"]).stdout
    assert [line.split()[0] for line in services.splitlines()][-2:] == ["submission", "submissions"]
