"""Undo on the older tutorials' own tables, by the commands: MyISAM, latin1, a further column."""

from __future__ import annotations

import json

import pytest

from tests.servers.panel import Panel

pytestmark = pytest.mark.stack

TABLES = [
    "CREATE TABLE domains (domain varchar(50) NOT NULL, PRIMARY KEY (domain))",
    "CREATE TABLE forwardings (source varchar(80) NOT NULL, destination TEXT NOT NULL,"
    " PRIMARY KEY (source))",
    "CREATE TABLE users (email varchar(80) NOT NULL, password varchar(150) NOT NULL,"
    " PRIMARY KEY (email))",
    "CREATE TABLE transport (domain varchar(128) NOT NULL DEFAULT '',"
    " transport varchar(128) NOT NULL DEFAULT '', UNIQUE (domain))",
]
ROWS = [
    "ALTER TABLE users ADD COLUMN department varchar(30) DEFAULT 'none'",
    "INSERT INTO domains VALUES ('a.test'), ('b.test')",
    "INSERT INTO users VALUES ('anna@a.test', 'ab01FAX.bQRSU', 'Büro'), ('Bert@a.test', '', NULL)",
    "INSERT INTO forwardings VALUES ('info@a.test', 'anna@a.test'),"
    " ('sales@b.test', 'anna@a.test, x@far.test')",
    "INSERT INTO transport VALUES ('a.test', ':'), ('', 'odd')",
]


def tables(database) -> list[list[tuple[object, ...]]]:
    names = ("domains", "forwardings", "users", "transport")
    return [sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in names]


@pytest.mark.parametrize("options", ["ENGINE=MyISAM DEFAULT CHARSET=latin1", "ENGINE=InnoDB"])
def test_a_deleted_domain_comes_back_whole(new_database, options: str) -> None:
    database = new_database("mysql")
    for sql in (*(f"{table} {options}" for table in TABLES), *ROWS):
        database.execute(sql)
    panel = Panel(database.url)
    assert panel.manage("setup").returncode == 0
    before = tables(database)

    def manage(*arguments: str) -> str:
        done = panel.manage(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    manage("domain", "delete", "a.test")
    deleted = tables(database)
    assert deleted != before
    entry = json.loads(manage("audit", "list", "--json", "--limit", "1"))[0]
    manage("audit", "undo", str(entry["id"]))
    assert tables(database) == before
    undone = json.loads(manage("audit", "list", "--json", "--limit", "1"))[0]
    manage("audit", "undo", str(undone["id"]))
    assert tables(database) == deleted
    assert panel.manage("audit", "undo", str(undone["id"])).returncode == 1
