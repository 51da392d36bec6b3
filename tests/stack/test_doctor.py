"""The doctor on servers that run: sound ones, and one fault after the other made on purpose.

Postfix's and Dovecot's programs read their files anew each time, so that a fault needs no restart.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mailkit import tables
from mailkit.doctor import Bundle, Panel, collect, examine, parse_bundle, shell_command
from mailkit.doctor.collect import Output
from mailkit.tables import Dialect
from tests.servers.databases import DIALECTS, Database
from tests.servers.mailconfig import make_old
from tests.servers.mailstack import MailStack
from tests.servers.plugin import SERVER_FIXTURES

pytestmark = pytest.mark.stack

ROWS = (
    "INSERT INTO domains VALUES ('a.test')",
    "INSERT INTO users (email, password) VALUES ('u@a.test', '{PLAIN}secret')",
    "INSERT INTO forwardings VALUES ('f@a.test', 'u@a.test'), ('@a.test', 'u@a.test')",
    "INSERT INTO transport VALUES ('far.test', 'smtp:[192.0.2.1]')",
)


class Patient:
    """A running mail stack, and what the doctor says of it."""

    def __init__(self, stack: MailStack) -> None:
        self.stack = stack
        self.conf = stack.directory / "dovecot.conf"

    def run(self, command: Sequence[str]) -> Output:
        done = self.stack.run(list(command), check=False)
        return Output(done.returncode, done.stdout, done.stderr)

    def bundle(self) -> Bundle:
        return collect(self.stack.config, self.conf, run=self.run)

    def pasted(self) -> str:
        done = self.stack.run(["sh", "-c", shell_command(str(self.stack.config), str(self.conf))])
        assert not done.stderr
        return done.stdout

    def codes(self, bundle: Bundle | None = None) -> list[str]:
        database = self.stack.database
        connection = database.connect()
        try:
            dialect = Dialect(database.dialect)
            panel = Panel(connection, dialect, database.name, database.host)
            found = examine(bundle or self.bundle(), panel)
        finally:
            connection.close()
        assert found.unread == ()
        return [one.code.value for one in found.findings]

    def file(self, name: str) -> Path:
        """main.cf, a lookup table by its name, or one of Dovecot's files."""
        if name == "main.cf":
            return self.stack.config / name
        if name == "dovecot.conf":
            return self.conf
        product = self.stack.directory / "conf"
        return product / "dovecot" / name if "." in name else product / "postfix" / f"{name}.cf"

    def main(self, line: str) -> None:
        name = line.partition(" =")[0]
        path = self.file("main.cf")
        kept = [one for one in path.read_text().splitlines() if not one.startswith(f"{name} =")]
        kind = {"postgresql": "pgsql"}.get(self.stack.database.dialect, self.stack.database.dialect)
        line = line.replace("DIR", str(self.stack.directory)).replace("KIND", kind)
        path.write_text("\n".join([*kept, line]) + "\n")
        make_old(self.stack.config)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.file(name)
        text = path.read_text()
        assert re.search(old, text), f"{name} has no {old}: {text}"
        path.write_text(re.sub(old, new, text))
        make_old(path.parent)


@pytest.fixture(scope="module", params=[f"{d}-{v}" for v in ("2.3", "2.4") for d in DIALECTS])
def patient(request: pytest.FixtureRequest) -> Iterator[Patient]:
    dialect, version = request.param.split("-")
    database: Database = request.getfixturevalue(SERVER_FIXTURES[dialect]).create_database()
    connection = database.connect()
    tables.create(connection, dialect)
    connection.close()
    for row in ROWS:
        database.execute(row)
    with MailStack(database, version) as stack:
        yield Patient(stack)


@pytest.fixture
def ill(patient: Patient) -> Iterator[Patient]:
    """A patient whose files are as before when the test is over."""
    kept = patient.stack.directory / "kept"
    kept.mkdir()
    files = [patient.file("main.cf"), patient.conf]
    files += (patient.stack.directory / "conf").glob("*/*.c*f")
    for number, path in enumerate(files):
        shutil.copy2(path, kept / str(number))
    yield patient
    for number, path in enumerate(files):
        shutil.copy2(kept / str(number), path)
    shutil.rmtree(kept)


def test_sound_servers_have_nothing(patient: Patient) -> None:
    assert patient.codes() == []
    text = patient.pasted()
    assert patient.codes(parse_bundle(text)) == []
    # The database's password is in files that both have read.
    for held in (text, str(patient.bundle())):
        assert "mailpw" not in held
        assert "secret" not in held


Fault = Callable[[Patient], None]


def main(line: str) -> Fault:
    return lambda patient: patient.main(line)


def edit(name: str, old: str, new: str) -> Fault:
    return lambda patient: patient.edit(name, old, new)


# All but virtual_mailbox_domains.
OTHERS = (
    "$virtual_alias_maps $virtual_mailbox_maps $transport_maps $smtpd_recipient_restrictions"
    " $smtpd_sender_login_maps"
)
# With both releases.
FAULTS: list[tuple[str, Fault]] = [
    ("map.file_missing", lambda p: p.file("transport").unlink()),
    ("map.no_domains", main("virtual_mailbox_domains = a.test")),
    ("map.no_mailboxes", main("virtual_mailbox_maps = static:x")),
    ("map.no_forwardings", main("virtual_alias_maps = proxy:KIND:DIR/conf/postfix/email2email.cf")),
    ("map.no_email2email", main("virtual_alias_maps = proxy:KIND:DIR/conf/postfix/forwardings.cf")),
    ("map.no_transport", main("transport_maps =")),
    ("map.not_in_proxy_read_maps", main(f"proxy_read_maps = {OTHERS}")),
    ("query.missing", edit("domains", r"query = .*", "")),
    ("query.fails", edit("mailboxes", r"FROM users", "FROM mailbox")),
    ("query.fails", edit("forwardings", r"SELECT destination", "SELECT target")),
    ("query.unanswered", edit("mailboxes", r"'%s'", "'%d'")),
    ("query.ignores_tables", edit("domains", r"query = .*", "query = SELECT '%s'")),
    ("query.not_run", edit("transport", r"SELECT transport", "SELECT sleep(transport)")),
    ("postfix.mydestination", main("mydestination = localhost, a.test")),
    ("postfix.virtual_transport", main("virtual_transport = virtual")),
    ("postfix.no_service", main("virtual_transport = dovecot")),
    ("postfix.lmtp_socket", main("virtual_transport = lmtp:unix:private/lmtp")),
    ("postfix.sasl_socket", edit("mailadmin.conf", r"private/auth", "private/sasl")),
    ("delimiter.dovecot", edit("dovecot.conf", r"\Z", "recipient_delimiter = -\n")),
    ("dovecot.auth_cache", edit("dovecot.conf", r"\Z", "auth_cache_size = 1M\n")),
]
OF_23: list[tuple[str, Fault]] = [
    ("query.fails", edit("mailadmin-sql.conf", r"password FROM", "pw FROM")),
    ("query.unanswered", edit("mailadmin-sql.conf", r"%u", "%n")),
    ("query.no_password", edit("mailadmin-sql.conf", r", password FROM", " FROM")),
    ("query.ignores_tables", edit("mailadmin-sql.conf", r" WHERE .*", "")),
    ("dovecot.username_domain", edit("mailadmin.conf", r"%Lu", "%Ln")),
    ("dovecot.no_lmtp", edit("dovecot.conf", r"pop3 lmtp", "pop3")),
    ("dovecot.no_passdb", edit("mailadmin.conf", r"(?s)passdb \{.*?\n\}", "")),
    ("map.file_missing", lambda p: p.file("mailadmin-sql.conf").unlink()),
]
LMTP = "protocol lmtp {\n  auth_username_format = %{user | username | lower}\n}\n"
OF_24: list[tuple[str, Fault]] = [
    ("dovecot.lmtp_username", edit("dovecot.conf", r"\Z", LMTP)),
    ("query.fails", edit("mailadmin.conf", r"password FROM", "pw FROM")),
    ("query.unanswered", edit("mailadmin.conf", r"email='%{user}'", "email='%{user|domain}'")),
    ("query.no_password", edit("mailadmin.conf", r", password FROM", " FROM")),
    ("dovecot.username_domain", edit("mailadmin.conf", r"lower\}\nmail_d", "username}\nmail_d")),
    ("dovecot.no_lmtp", edit("dovecot.conf", r"  lmtp = yes\n", "")),
]


# Of the database itself: what Postfix says of it, by postmap.
OF_SERVERS: list[tuple[str, Fault]] = [
    ("map.unreachable", edit("domains", r"password = .*", "password = wrong")),
    ("database.other_name", edit("domains", r"dbname = .*", "dbname = elsewhere")),
    ("database.other_host", edit("domains", r"hosts = \S+", "hosts = db.invalid")),
]


def cases(*lists: list[tuple[str, Fault]]) -> pytest.MarkDecorator:
    found = [one for each in lists for one in each]
    names = [f"{number}-{code}" for number, (code, _fault) in enumerate(found)]
    return pytest.mark.parametrize(("code", "fault"), found, ids=names)


def on(*patients: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("patient", patients, indirect=True)


@on("mysql-2.3")
@cases(FAULTS, OF_23)
def test_it_names_the_fault_and_no_other(ill: Patient, code: str, fault: Fault) -> None:
    fault(ill)
    assert ill.codes() == [code]


@on("sqlite-2.4")
@cases(FAULTS[1::5], OF_24)
def test_it_names_the_fault_on_debian_13(ill: Patient, code: str, fault: Fault) -> None:
    fault(ill)
    assert ill.codes() == [code]


@on("mysql-2.3", "postgresql-2.3")
@cases(OF_SERVERS)
def test_it_names_what_is_wrong_with_the_database(ill: Patient, code: str, fault: Fault) -> None:
    fault(ill)
    assert ill.codes() == [code]
    # What was pasted has the same, but for a host: from elsewhere a local name says nothing.
    if code != "database.other_host":
        assert ill.codes(parse_bundle(ill.pasted())) == [code]


@on("sqlite-2.3")
def test_it_names_a_file_that_postfix_may_not_write_to(ill: Patient) -> None:
    path = Path(ill.stack.database.name)
    path.chmod(0o644)
    try:
        assert ill.codes() == ["sqlite.wal_not_writable"]
        path.chmod(0o600)
        assert ill.codes() == ["sqlite.unreadable"]
    finally:
        path.chmod(0o666)
