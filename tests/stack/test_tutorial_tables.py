"""On a copy of the tutorials' own tables: nothing changes by itself, and `upgrade` mends them.

Widths 50, 80 and 20, DES hashes, a row with capitals, a column that somebody added; on MariaDB
also as the older tutorials made them, MyISAM and latin1.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from passlib.hash import des_crypt

from tests.servers.mailstack import MailStack
from tests.servers.panel import PASSWORD, Panel

pytestmark = pytest.mark.stack

OLD = "tutor1al"
NEW = "another horse 43"
HASH = des_crypt.using(salt="ab").hash(OLD)
TABLES = ("domains", "forwardings", "users", "transport")
PAGES = (
    "/",
    "/domains/",
    "/domains/a.test/",
    "/domains/a.test/delete/",
    "/mailboxes/",
    "/mailboxes/?domain=a.test",
    "/mailboxes/?q=des",
    "/mailboxes/add/",
    "/mailboxes/des@a.test/",
    "/mailboxes/des@a.test/password/",
    "/mailboxes/des@a.test/delete/",
    "/mailboxes/Mixed@a.test/",
    "/forwardings/",
    "/forwardings/?q=des@a.test",
    "/forwardings/info@a.test/",
    "/transports/",
    "/transports/gone.test/",
    "/admin/",
    "/admin/mailboxes/mailbox/",
    "/admin/mailboxes/forwarding/",
    "/admin/domains/domain/",
    "/admin/domains/transport/",
)


@dataclass(frozen=True)
class Tutorial:
    dialect: str
    suffix: str = ""
    faults: frozenset[str] = frozenset()

    def statements(self) -> list[str]:
        return [
            "CREATE TABLE domains (domain varchar(50) NOT NULL,"
            f" PRIMARY KEY (domain)){self.suffix}",
            "CREATE TABLE forwardings (source varchar(80) NOT NULL, destination TEXT NOT NULL,"
            f" PRIMARY KEY (source)){self.suffix}",
            "CREATE TABLE users (email varchar(80) NOT NULL, password varchar(20) NOT NULL,"
            f" PRIMARY KEY (email)){self.suffix}",
            "CREATE TABLE transport (domain varchar(128) NOT NULL DEFAULT '',"
            f" transport varchar(128) NOT NULL DEFAULT '', UNIQUE (domain)){self.suffix}",
            "ALTER TABLE users ADD COLUMN department varchar(30) DEFAULT 'none'",
            "INSERT INTO domains VALUES ('a.test')",
            f"INSERT INTO users VALUES ('des@a.test', '{HASH}', 'post room')",
            f"INSERT INTO users (email, password) VALUES ('Mixed@a.test', '{HASH}')",
            "INSERT INTO forwardings VALUES ('info@a.test', 'des@a.test')",
            "INSERT INTO transport VALUES ('gone.test', 'error:moved')",
        ]


INNODB = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
MYISAM = " ENGINE=MyISAM DEFAULT CHARSET=latin1"
VARIANTS = {
    "mariadb": Tutorial("mysql", INNODB, frozenset({"column.narrow"})),
    "mariadb-myisam-latin1": Tutorial(
        "mysql", MYISAM, frozenset({"column.narrow", "table.engine"})
    ),
    "postgresql": Tutorial("postgresql", "", frozenset({"column.narrow"})),
    "sqlite": Tutorial("sqlite"),
}


@pytest.fixture(params=VARIANTS)
def tutorial(request, mariadb_server, postgresql_server, sqlite_server):
    variant = VARIANTS[request.param]
    servers = {"mysql": mariadb_server, "postgresql": postgresql_server, "sqlite": sqlite_server}
    server = servers[variant.dialect]
    database = server.create_database()
    query(database, *variant.statements())
    yield variant, database
    server.drop_database(database)


def query(database, *statements: str) -> list[tuple]:
    connection = database.connect()
    try:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        found = cursor.fetchall() if cursor.description else []
        connection.commit()
        return [tuple(row) for row in found]
    finally:
        connection.close()


def content(database) -> dict[str, list[tuple]]:
    return {table: sorted(query(database, f"SELECT * FROM {table}"), key=repr) for table in TABLES}


def definitions(database) -> object:
    if database.dialect == "mysql":
        return [query(database, f"SHOW CREATE TABLE {table}") for table in TABLES]
    if database.dialect == "sqlite":
        names = ", ".join(f"'{table}'" for table in TABLES)
        return query(
            database,
            f"SELECT name, sql FROM sqlite_master WHERE tbl_name IN ({names}) ORDER BY name",
        )
    return [
        query(
            database,
            "SELECT column_name, data_type, character_maximum_length, column_default, is_nullable"
            f" FROM information_schema.columns WHERE table_name = '{table}' ORDER BY 1",
        )
        + query(database, f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}' ORDER BY 1")
        for table in TABLES
    ]


def check(panel: Panel) -> tuple[int, dict]:
    done = panel.manage("mailtables", "check", "--json")
    assert not done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_nothing_changes_by_itself_and_upgrade_mends(tutorial):
    variant, database = tutorial
    rows, tables = content(database), definitions(database)

    # The panel is put beside it, every page is looked at, an owner signs in with his DES hash.
    # Weak hashes are written anew at sign-in unless that is switched off, as somebody does who
    # wants nothing touched; the tutorials' password column would have no room for it anyway.
    with Panel(database.url, {"MAILADMIN_UPGRADE_HASHES": "0"}) as panel:
        admin = panel.visitor("admin")
        for page in PAGES:
            assert admin.get(page).status == 200, page
        owner = panel.visitor("des@a.test", OLD)
        assert owner.get("/account/").status == 200
        code, found = check(panel)
        assert panel.manage("mailtables", "upgrade", "--plan").returncode == 0
        assert content(database) == rows
        assert definitions(database) == tables

        # It tells the truth.
        faults = {one["code"] for one in found["findings"] if one["level"] == "fault"}
        assert faults == variant.faults
        assert code == (1 if faults else 0)
        capitals = [one for one in found["findings"] if one["key"] == "Mixed@a.test"]
        alive = variant.dialect == "mysql"
        assert [one["code"] for one in capitals] == [
            "row.capitals_alive" if alive else "row.capitals_dead"
        ]

        # What does not fit is refused with the column, its width and the command.
        answer = admin.post("/mailboxes/add/", email="new@a.test", password1=NEW, password2=NEW)
        if variant.dialect == "sqlite":
            assert answer.status == 302, "SQLite sets no width"
            query(database, "DELETE FROM users WHERE email = 'new@a.test'")
        else:
            assert answer.status == 200
            for word in ("users.password", "20", "mailtables upgrade"):
                assert word in answer.text
            suspended = admin.post("/mailboxes/des@a.test/suspend/")
            assert suspended.status in (200, 302)
        assert content(database) == rows

        # After upgrade it is clean of faults, and no row is another one.
        done = panel.manage("mailtables", "upgrade")
        assert done.returncode == 0, done.stdout + done.stderr
        code, found = check(panel)
        assert (code, found["faults"]) == (0, 0)
        assert content(database) == rows
        upgraded = definitions(database)
        again = panel.manage("mailtables", "upgrade")
        assert again.returncode == 0
        assert "ALTER" not in again.stdout
        assert definitions(database) == upgraded

        # Everything works, at once, without a restart.
        answer = admin.post("/mailboxes/add/", email="new@a.test", password1=NEW, password2=NEW)
        assert answer.status == 302
        assert query(database, "SELECT department FROM users WHERE email = 'new@a.test'") == [
            ("none",)
        ]
        query(database, f"INSERT INTO users (email, password) VALUES ('sql@a.test', '{HASH}')")

        with MailStack(database) as stack:
            assert stack.imap_login("des@a.test", OLD)
            assert stack.imap_login("new@a.test", NEW)
            assert stack.imap_login("sql@a.test", OLD)
            assert stack.outcome(stack.send("info@a.test", "hello"))[0].status == "sent"
            assert [str(one["Subject"]) for one in stack.fetch_imap("des@a.test", OLD)] == ["hello"]
            # Mixed@a.test is told apart: it works where case does not count, and only there.
            assert stack.imap_login("mixed@a.test", OLD) is alive
            reply = stack.send("mixed@a.test").rcpt["mixed@a.test"]
            assert reply.code == (250 if alive else 550)

            # The panel opens and changes exactly this row.
            answer = admin.post("/mailboxes/Mixed@a.test/password/", password1=NEW, password2=NEW)
            assert answer.status == 302
            assert stack.imap_login("mixed@a.test", NEW) is alive
            if not alive:
                assert (
                    admin.post(
                        "/mailboxes/add/",
                        email="mixed@a.test",
                        password1=OLD + "!",
                        password2=OLD + "!",
                    ).status
                    == 302
                )
                assert stack.imap_login("mixed@a.test", OLD + "!")
                assert (
                    admin.post("/mailboxes/Mixed@a.test/delete/", confirm="Mixed@a.test").status
                    == 302
                )
                assert stack.imap_login("mixed@a.test", OLD + "!")
            else:
                answer = admin.post(
                    "/mailboxes/add/", email="mixed@a.test", password1=NEW, password2=NEW
                )
                assert answer.status == 200
                assert "exists already" in answer.text

            # Suspending a DES hash needs the room that upgrade made; it comes back byte for byte.
            assert admin.post("/mailboxes/des@a.test/suspend/").status == 302
            assert not stack.imap_login("des@a.test", OLD)
            assert admin.post("/mailboxes/des@a.test/resume/").status == 302
            assert stack.imap_login("des@a.test", OLD)
            assert query(
                database, "SELECT password, department FROM users WHERE email = 'des@a.test'"
            ) == [(HASH, "post room")]

    # The tutorials' own statements go on working.
    query(
        database,
        "INSERT INTO domains (domain) VALUES ('more.test')",
        "INSERT INTO forwardings (source, destination) VALUES ('x@a.test', 'des@a.test')",
        "INSERT INTO transport VALUES ('x.test', 'smtp:[192.0.2.1]')",
    )
    assert PASSWORD  # the visitors' password, from the environment of the panel
