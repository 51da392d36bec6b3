"""Both servers over a database that takes TLS alone, set up from DATABASE_URL's own options."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailadmin.env_database import read_database
from mailkit import tables
from mailkit.doctor import Panel, collect, examine
from mailkit.doctor.collect import Output
from mailkit.tables import Dialect
from mailserver.configuration import data_source
from tests.servers.databases import Database, MariaDBServer, PostgreSQLServer
from tests.servers.debian_root import MailHost
from tests.servers.mailconfig import make_old, plan_of, write_product
from tests.servers.mailstack import MailStack
from tests.servers.plugin import DOVECOTS
from tests.servers.processes import make_directory, remove_directory
from tests.servers.tls import certificate

pytestmark = pytest.mark.stack

HOST = "127.0.0.1"
# The same machine. Debian 13's libmariadb looks at no name where it is told 127.0.0.1.
OTHERWISE = "127.1"
MAILBOX = "u@a.test"
# The most that DATABASE_URL can ask for, with the file of the authority.
STRICTEST = {
    "mysql": "mysql://panel:x@{host}:{port}/{name}?ssl-ca={ca}&ssl_mode=VERIFY_IDENTITY",
    "postgresql": "postgres://panel:x@{host}:{port}/{name}?sslmode=verify-full&sslrootcert={ca}",
}
# The authority alone: the server's name may be another one.
WITHOUT_NAME = {
    "mysql": "mysql://panel:x@{host}:{port}/{name}?ssl-ca={ca}",
    "postgresql": "postgres://panel:x@{host}:{port}/{name}?sslmode=verify-ca&sslrootcert={ca}",
}


@dataclass(frozen=True)
class Secured:
    """A database with the rows of one mailbox, on a server that shows a certificate for `shown`."""

    database: Database
    shown: str

    def stack(self, urls: dict[str, str], dovecot: str) -> MailStack:
        """A mail stack, not started, with what `mailconfig` writes for this DATABASE_URL."""

        def configure(_conf: Path, _host: MailHost) -> None:
            shutil.copy(certificate(self.shown).authority, stack.directory / "ca.pem")
            self.write(urls, stack, HOST)

        stack = MailStack(self.database, dovecot, configure=configure)
        return stack

    def write(self, urls: dict[str, str], stack: MailStack, host: str) -> None:
        """Write the files for this DATABASE_URL."""
        url = urls[self.database.dialect].format(
            host=host,
            port=self.database.port,
            name=self.database.name,
            ca=stack.directory / "ca.pem",
        )
        settings = read_database(url, stack.directory)
        source = data_source(Dialect(self.database.dialect), settings, "reader", "pw")
        write_product(plan_of(stack.directory, source, stack.host.dovecot))


def _prepared(database: Database) -> Database:
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    database.execute("INSERT INTO domains VALUES ('a.test')")
    database.execute("INSERT INTO users (email, password) VALUES ('u@a.test', '{PLAIN}secret')")
    return database


def _mariadb(directory: Path, shown: str) -> Iterator[Secured]:
    files = [f"--ssl-{name}={directory}/chain.pem" for name in ("cert", "key", "ca")]
    with MariaDBServer(options=files) as server:
        database = _prepared(server.create_database())
        database.execute(f"CREATE USER reader@{HOST} IDENTIFIED BY 'pw' REQUIRE SSL")
        database.execute(f"GRANT SELECT ON {database.name}.* TO reader@{HOST}")
        yield Secured(database, shown)


def _postgresql(directory: Path, shown: str) -> Iterator[Secured]:
    shutil.chown(directory / "chain.pem", "postgres", "postgres")
    (directory / "chain.pem").chmod(0o600)
    files = [f"ssl_{name}_file={directory}/chain.pem" for name in ("cert", "key")]
    with PostgreSQLServer(options=["ssl=on", *files]) as server:
        database = _prepared(server.create_database())
        database.execute("CREATE ROLE reader LOGIN PASSWORD 'pw'")
        database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        hba = server.data / "pg_hba.conf"
        hba.write_text(f"hostssl all all {HOST}/32 scram-sha-256\n")
        database.execute("SELECT pg_reload_conf()")
        yield Secured(database, shown)


@pytest.fixture(
    scope="module",
    params=[f"{dialect}-{shown}" for dialect in STRICTEST for shown in (HOST, "other.test")],
)
def secured(request: pytest.FixtureRequest) -> Iterator[Secured]:
    dialect, shown = request.param.split("-")
    directory = make_directory("ma-dbtls")
    directory.chmod(0o755)
    shutil.copy(certificate(shown).chain, directory / "chain.pem")
    yield from (_mariadb if dialect == "mysql" else _postgresql)(directory, shown)
    remove_directory(directory)


def _postmap(stack: MailStack) -> str:
    """What postmap(1) finds, with a process of its own; "" for nothing."""
    kind = {"mysql": "mysql", "postgresql": "pgsql"}[stack.database.dialect]
    table = f"{kind}:{stack.directory}/conf/postfix/domains.cf"
    command = ["/usr/sbin/postmap", "-c", stack.config, "-q", "a.test", table]
    return stack.run(command, check=False).stdout.strip()


def _doveadm(stack: MailStack, *words: str) -> Output:
    command = ["/usr/bin/doveadm", "-c", stack.dovecot_config, *words]
    done = stack.run(command, check=False)
    return Output(done.returncode, done.stdout, done.stderr)


def _signs_in(stack: MailStack) -> bool:
    return _doveadm(stack, "auth", "test", MAILBOX, "secret").code == 0


def _refused(stack: MailStack) -> bool:
    """Whether neither server gets an answer any more, after a change of their files."""
    make_old(stack.directory / "conf" / "postfix")
    stack.stop_dovecot()
    if (stack.database.dialect, stack.host.dovecot) != ("postgresql", "2.3"):
        # There the auth process dies (signal 11) of a connection that libpq refuses.
        stack.start_dovecot()
    return not _postmap(stack) and not _signs_in(stack)


@pytest.mark.parametrize("dovecot", DOVECOTS)
def test_mail_works_and_no_other_server_is_believed(secured: Secured, dovecot: str) -> None:
    of_this_name = secured.shown == HOST
    with secured.stack(STRICTEST if of_this_name else WITHOUT_NAME, dovecot) as stack:
        assert _postmap(stack) == "a.test"
        (found,) = stack.outcome(stack.send(MAILBOX))
        assert found.status == "sent"
        assert _signs_in(stack)
        assert _doveadm(stack, "user", "*").out == f"{MAILBOX}\n"
        assert _doctor(stack) == []
        if not of_this_name:
            # Where the name counts, this one is another's.
            shutil.copytree(stack.directory / "conf", stack.directory / "kept")
            secured.write(STRICTEST, stack, OTHERWISE)
            assert _refused(stack)
            shutil.copytree(stack.directory / "kept", stack.directory / "conf", dirs_exist_ok=True)
        shutil.copy(certificate(HOST, 1).authority, stack.directory / "ca.pem")
        assert _refused(stack)


def _doctor(stack: MailStack) -> list[str]:
    make_old(stack.directory / "conf" / "postfix")
    bundle = collect(
        stack.config, stack.directory / "dovecot.conf", run=lambda words: _output(stack, words)
    )
    assert "pw" not in str(bundle.text(f"{stack.directory}/conf/postfix/domains.cf")).split()
    connection = stack.database.connect()
    try:
        dialect = Dialect(stack.database.dialect)
        panel = Panel(connection, dialect, stack.database.name, stack.database.host)
        return [one.code.value for one in examine(bundle, panel).findings]
    finally:
        connection.close()


def _output(stack: MailStack, words: object) -> Output:
    done = stack.run(list(words), check=False)  # type: ignore[call-overload]
    return Output(done.returncode, done.stdout, done.stderr)
