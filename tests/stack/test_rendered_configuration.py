"""The files that we render reach the database with odd passwords and over UNIX sockets too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mailkit import tables
from tests.servers.databases import Database, MariaDBServer, PostgreSQLServer
from tests.servers.plugin import DOVECOTS, StackFactory
from tests.servers.processes import make_directory, remove_directory

pytestmark = pytest.mark.stack

ODD = """a#b"c;$d${e}%u%%{f}%{user}=,:@/&|<>`{}"""
BLANKS_AND_QUOTES = ODD + """ !include 'x' \\ #"""
MAILBOX = "u@a.test"


def prepared(database: Database) -> Database:
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    database.execute("INSERT INTO domains VALUES ('a.test')")
    database.execute("INSERT INTO users (email, password) VALUES ('u@a.test', '{PLAIN}secret')")
    return database


def assert_mail_works(database: Database, dovecot: str, mail_stack: StackFactory) -> None:
    stack = mail_stack(database, dovecot)
    (found,) = stack.outcome(stack.send(MAILBOX))
    assert found.status == "sent"
    assert stack.imap_login(MAILBOX, "secret")
    listed = stack.run(["/usr/bin/doveadm", "-c", stack.dovecot_config, "user", "*"])
    assert listed.stdout == f"{MAILBOX}\n"


def passwords(dovecot: str, dialect: str) -> str:
    if dovecot == "2.4":
        return BLANKS_AND_QUOTES
    return ODD + "'\\" if dialect == "mysql" else ODD


@pytest.mark.parametrize("dovecot", DOVECOTS)
def test_an_odd_password_reaches_mariadb(
    dovecot: str, mariadb_server: MariaDBServer, mail_stack: StackFactory
):
    database, password = prepared(mariadb_server.create_database()), passwords(dovecot, "mysql")
    database.execute("CREATE OR REPLACE USER odd@127.0.0.1 IDENTIFIED BY %s", (password,))
    database.execute(f"GRANT SELECT ON {database.name}.* TO odd@127.0.0.1")
    assert_mail_works(replace(database, user="odd", password=password), dovecot, mail_stack)


@pytest.mark.parametrize("dovecot", DOVECOTS)
def test_an_odd_password_reaches_postgresql(
    dovecot: str, postgresql_server: PostgreSQLServer, mail_stack: StackFactory
):
    database = prepared(postgresql_server.create_database())
    password = passwords(dovecot, "postgresql")
    name = f"odd{dovecot.replace('.', '')}"
    literal = password.replace("'", "''")
    database.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{literal}'")
    database.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    assert_mail_works(replace(database, user=name, password=password), dovecot, mail_stack)


@pytest.mark.parametrize("dovecot", DOVECOTS)
def test_mariadb_is_reached_over_its_socket(
    dovecot: str, mariadb_server: MariaDBServer, mail_stack: StackFactory
):
    database = prepared(mariadb_server.create_database())
    database.execute("CREATE OR REPLACE USER near@localhost IDENTIFIED BY 'near'")
    database.execute(f"GRANT SELECT ON {database.name}.* TO near@localhost")
    socket = str(mariadb_server.directory / "s")
    near = replace(database, host=socket, port=0, user="near", password="near")
    assert_mail_works(near, dovecot, mail_stack)


@pytest.fixture(scope="module")
def postgresql_sockets() -> Iterator[tuple[PostgreSQLServer, str]]:
    """A server, and the directory in which its socket lies."""
    directory = make_directory("ma-sockets")
    sockets = directory / "sockets"
    sockets.mkdir()
    sockets.chmod(0o777)
    with PostgreSQLServer(options=[f"unix_socket_directories={sockets}"]) as server:
        yield server, str(sockets)
    remove_directory(directory)


@pytest.mark.parametrize("dovecot", DOVECOTS)
def test_postgresql_is_reached_over_its_socket(
    dovecot: str, postgresql_sockets: tuple[PostgreSQLServer, str], mail_stack: StackFactory
):
    server, sockets = postgresql_sockets
    database = prepared(server.create_database())
    near = replace(database, host=sockets)
    assert_mail_works(near, dovecot, mail_stack)
