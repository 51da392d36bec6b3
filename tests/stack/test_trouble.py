"""A database in trouble: a page that says what and how to mend it, on each database."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.servers.panel import PASSWORD, Panel
from tests.stack.test_first_run import execute, tables_of


def assert_explained(answer, *words: str) -> None:
    assert answer.status == 503
    for word in words:
        assert word in answer.text, word
    assert "Traceback" not in answer.text
    assert "</html>" in answer.text
    # Styled: the panel's own page, not a bare line of the server's.
    assert "panel." in answer.text


@pytest.mark.parametrize("table", ["domains", "forwardings", "users", "transport"])
def test_a_missing_mail_table_is_named_with_the_command(any_database, table):
    with Panel(any_database.url) as panel:
        visitor = panel.visitor("admin")
        execute(any_database, f"DROP TABLE {table}")
        page = {
            "domains": "/domains/",
            "forwardings": "/forwardings/",
            "users": "/mailboxes/",
            "transport": "/transports/",
        }[table]
        assert_explained(visitor.get(page), "mailtables check", "mailtables create")
        made = panel.manage("mailtables", "create")
        assert made.returncode == 0, made.stderr
        assert visitor.get(page).status == 200


def test_a_missing_table_of_the_panel_is_named_with_the_command(any_database):
    with Panel(any_database.url) as panel:
        visitor = panel.visitor("admin")
        execute(any_database, "DROP TABLE mailadmin_audit_entry")
        answer = visitor.post("/domains/add/", domain="a.test")
        assert_explained(answer, "mailadmin_audit_entry", "migrate")
        assert panel.manage("domain", "add", "b.test").returncode == 1


@pytest.mark.stack
def test_a_database_that_goes_away_and_comes_back(mariadb_server):
    database = mariadb_server.create_database()
    with Panel(database.url) as panel:
        visitor = panel.visitor("admin")
        mariadb_server.stop()
        try:
            assert_explained(visitor.get("/domains/"), "DATABASE_URL", "reload")
            assert_explained(visitor.post("/domains/add/", domain="a.test"), "DATABASE_URL")
            assert visitor.get("/healthz").status == 503
            done = panel.manage("domain", "list")
            assert done.returncode == 1
            assert "cannot be reached" in done.stderr
            assert "Traceback" not in done.stderr
        finally:
            mariadb_server.start()
        assert visitor.get("/domains/").status == 200
        assert visitor.post("/domains/add/", domain="a.test").status == 302


@pytest.mark.stack
@pytest.mark.parametrize("dialect", ["mysql", "postgresql"])
def test_a_wrong_database_password_stops_setup_with_a_message(
    dialect, mariadb_server, postgresql_server
):
    server = {"mysql": mariadb_server, "postgresql": postgresql_server}[dialect]
    database = server.create_database()
    url = database.url.replace(f":{database.password}@", ":wrong@")
    assert url != database.url
    done = Panel(url).manage("setup")
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert "wrong" not in done.stderr


@pytest.mark.stack
def test_a_user_without_the_right_to_write_is_told_so(mariadb_server):
    database = mariadb_server.create_database()
    with Panel(database.url) as panel:
        assert panel.visitor("admin").post("/domains/add/", domain="a.test").status == 302
    mail = {"domains", "forwardings", "users", "transport"}
    execute(
        database,
        "CREATE USER IF NOT EXISTS reader@'%' IDENTIFIED BY 'reader'",
        f"GRANT SELECT ON {database.name}.* TO reader@'%'",
        # Everything of the panel's own, so that signing in works.
        *(
            f"GRANT INSERT, UPDATE, DELETE ON {database.name}.{table} TO reader@'%'"
            for table in sorted(tables_of(database) - mail)
        ),
    )
    url = f"mysql://reader:reader@{database.host}:{database.port}/{database.name}"
    panel = Panel(url).serve()
    try:
        visitor = panel.visitor("admin", PASSWORD)
        assert visitor.get("/domains/").status == 200
        assert_explained(visitor.post("/domains/add/", domain="b.test"), "GRANT")
    finally:
        panel.stop()


def test_a_table_that_somebody_gave_a_column_to_fill_is_not_called_a_duplicate(any_database):
    with Panel(any_database.url) as panel:
        execute(any_database, "DROP TABLE users")
        execute(
            any_database,
            "CREATE TABLE users (email varchar(255) PRIMARY KEY, password varchar(255),"
            " quota integer NOT NULL)",
        )
        visitor = panel.visitor("admin")
        visitor.post("/domains/add/", domain="a.test")
        fields = {"email": "anna@a.test", "password1": PASSWORD, "password2": PASSWORD}
        answer = visitor.post("/mailboxes/add/", **fields)
        assert answer.status == 200
        assert "mailtables check" in answer.text
        assert "exists already" not in answer.text
        done = panel.manage("mailbox", "add", "anna@a.test", stdin=PASSWORD)
        assert done.returncode == 1
        assert "users does not accept this row" in done.stderr


@pytest.mark.parametrize(
    "path",
    [
        "/domains/?q={}",
        "/mailboxes/?q={}",
        "/mailboxes/?q={}&inside=1",
        "/mailboxes/?after={}",
        "/mailboxes/?domain={}",
        "/forwardings/?q={}",
        "/transports/?q={}",
    ],
)
@pytest.mark.parametrize("word", ["\u0142", "\U0001f600"])
def test_a_search_for_what_latin1_lacks_finds_nothing(latin1_panel, path, word):
    answer = latin1_panel.visitor("admin").get(path.format(quote(word)))
    assert answer.status == 200
    assert "anna@a.test" not in answer.text


def test_what_latin1_lacks_is_no_key_and_no_name(latin1_panel):
    admin = latin1_panel.visitor("admin")
    for noun in ("domains", "mailboxes", "forwardings", "transports"):
        assert admin.get(f"/{noun}/{quote(chr(0x142) + '@a.test')}/").status == 404
    stranger = latin1_panel.visitor()
    assert stranger.sign_in(chr(0x142) + "@a.test", "x").status == 200
    assert latin1_panel.manage("mailbox", "show", chr(0x142) + "@a.test").returncode == 1


@pytest.fixture(scope="module")
def latin1_panel(mariadb_server):
    """As the older tutorials made the tables: MyISAM in latin1."""
    database = mariadb_server.create_database()
    suffix = " ENGINE=MyISAM DEFAULT CHARSET=latin1"
    for table in (
        "domains (domain varchar(50) PRIMARY KEY)",
        "forwardings (source varchar(80) PRIMARY KEY, destination text NOT NULL)",
        "users (email varchar(80) PRIMARY KEY, password varchar(255) NOT NULL)",
        "transport (domain varchar(128) NOT NULL UNIQUE, transport varchar(128) NOT NULL)",
    ):
        execute(database, f"CREATE TABLE {table}{suffix}")
    execute(database, "INSERT INTO users VALUES ('anna@a.test', '{PLAIN}x')")
    with Panel(database.url) as panel:
        yield panel


READ_ONLY = {
    # The user here may write in spite of read_only, so that its transactions are switched.
    "mysql": (["SET GLOBAL tx_read_only = ON"], ["SET GLOBAL tx_read_only = OFF"]),
    "postgresql": (
        ["ALTER DATABASE {name} SET default_transaction_read_only = on"],
        [
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
            "ALTER DATABASE {name} RESET default_transaction_read_only",
        ],
    ),
}


@pytest.mark.parametrize("dialect", READ_ONLY)
def test_a_read_only_database_is_called_so(dialect, mariadb_server, postgresql_server):
    server = {"mysql": mariadb_server, "postgresql": postgresql_server}[dialect]
    database = server.create_database()
    switch, back = READ_ONLY[dialect]
    with Panel(database.url) as panel:
        execute(database, *(sql.format(name=database.name) for sql in switch))
        try:
            done = panel.manage("domain", "add", "a.test")
        finally:
            execute(database, *(sql.format(name=database.name) for sql in back))
        assert done.returncode == 1
        assert "read-only" in done.stderr
        assert panel.manage("domain", "add", "a.test").returncode == 0
