"""Whether a server reads the database that the panel writes."""

from __future__ import annotations

import pytest

from mailkit.doctor.bundle import Bundle
from mailkit.doctor.database import Panel
from mailkit.doctor.dovecot import read_dovecot
from mailkit.doctor.judge_lookups import other_database
from mailkit.doctor.postfix import read_lookup
from mailkit.tables import Dialect

NAME, HOST, KIND = "database.other_name", "database.other_host", "database.other_kind"


@pytest.mark.parametrize(
    ("text", "ours", "here", "codes"),
    [
        ("hosts = 127.0.0.1\ndbname = mail", "localhost", True, []),
        ("hosts = 127.0.0.1:3307\ndbname = mail", "", True, []),
        ("hosts = unix:/run/mysqld/mysqld.sock\ndbname = mail", "127.0.0.1", True, []),
        ("dbname = mail", "localhost", True, []),
        ("hosts = inet:db.test:3306\ndbname = mail", "db.test", True, []),
        ("hosts = [2001:db8::1]:3306\ndbname = mail", "2001:db8::1", True, []),
        ("hosts = db1.test db2.test\ndbname = mail", "db2.test", True, []),
        ("hosts = db1.test\ndbname = mail", "db2.test", True, [HOST]),
        ("hosts = db1.test\ndbname = mail", "localhost", True, [HOST]),
        ("hosts = localhost\ndbname = mail", "db.test", True, [HOST]),
        # From another machine a local name says nothing.
        ("hosts = localhost\ndbname = mail", "db.test", False, []),
        ("hosts = db1.test\ndbname = mail", "localhost", False, []),
        ("hosts = db1.test\ndbname = mail", "db2.test", False, [HOST]),
        ("hosts = localhost\ndbname = other", "localhost", True, [NAME]),
        ("hosts = db1.test\ndbname = other", "db2.test", True, [NAME]),
    ],
)
def test_mysql(text: str, ours: str, here: bool, codes: list[str]) -> None:
    panel = Panel(None, Dialect.MYSQL, "mail", ours)
    file = read_lookup("mysql", "/x.cf", text)
    assert [one.code for one in other_database(Bundle({}, here=here), file, panel)] == codes


@pytest.mark.parametrize(
    ("hosts", "codes"),
    [
        ("postgresql://u:p@db.test:5432/mail", []),
        # As it is read: the password cut out, with a blank.
        ("postgresql://u:(cut out)@db.test:5432/mail?sslmode=verify-full", []),
        (
            "postgresql://u:(cut out)@elsewhere.test/mail postgresql://u:(cut out)@x.test/mail",
            [HOST],
        ),
        ("postgresql://u:p@db.test/other", [NAME]),
        ("postgresql://u:p@elsewhere.test/mail", [HOST]),
    ],
)
def test_a_uri(hosts: str, codes: list[str]) -> None:
    panel = Panel(None, Dialect.POSTGRESQL, "mail", "db.test")
    file = read_lookup("pgsql", "/x.cf", f"hosts = {hosts}")
    assert [one.code for one in other_database(Bundle({}, here=True), file, panel)] == codes


def test_another_kind() -> None:
    panel = Panel(None, Dialect.MYSQL, "mail")
    file = read_lookup("pgsql", "/x.cf", "dbname = mail")
    assert [one.code for one in other_database(Bundle({}), file, panel)] == [KIND]


def test_the_old_way_to_write_a_query() -> None:
    text = "table = users\nselect_field = email\nwhere_field = email\nadditional_conditions = AND 1"
    assert (
        read_lookup("mysql", "/x", text).query == "SELECT email FROM users WHERE email = '%s' AND 1"
    )


@pytest.mark.parametrize(
    ("version", "text", "hosts"),
    [
        ("2.3", "connect = host=db1 host=db2.test port=1 dbname=mail", ("db1", "db2.test")),
        ("2.3", 'connect = "host=db1,db2 port=1,2 dbname=mail password=x"', ("db1", "db2")),
        (
            "2.4",
            'mysql database {\n  host = "db1:3306,db2:3307"\n  dbname = mail\n}',
            ("db1", "db2"),
        ),
        ("2.4", "mysql 127.0.0.1 {\n  dbname = mail\n}", ("127.0.0.1",)),
    ],
)
def test_the_hosts_of_dovecot(version: str, text: str, hosts: tuple[str, ...]) -> None:
    if version == "2.3":
        conf = "passdb {\n  driver = sql\n  args = /sql.conf\n}"
        sections = {"doveconf -n": conf, "/sql.conf": f"driver = mysql\n{text}"}
    else:
        sections = {"doveconf -n": f"sql_driver = mysql\n{text}\npassdb sql {{\n  query = x\n}}"}
    (passdb,) = read_dovecot(Bundle(sections)).passdbs
    assert (passdb.hosts, passdb.dbname) == (hosts, "mail")
