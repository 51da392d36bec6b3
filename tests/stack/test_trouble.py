"""A database in trouble: a page that says what and how to mend it, on each database."""

from __future__ import annotations

import pytest

from tests.servers.panel import PASSWORD, Panel
from tests.stack.test_first_run import execute


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
    execute(
        database,
        "CREATE USER IF NOT EXISTS reader@'%' IDENTIFIED BY 'reader'",
        f"GRANT SELECT ON {database.name}.* TO reader@'%'",
        f"GRANT INSERT, UPDATE, DELETE ON {database.name}.django_session TO reader@'%'",
        f"GRANT UPDATE ON {database.name}.mailadmin_user TO reader@'%'",
    )
    url = f"mysql://reader:reader@{database.host}:{database.port}/{database.name}"
    panel = Panel(url).serve()
    try:
        visitor = panel.visitor("admin", PASSWORD)
        assert visitor.get("/domains/").status == 200
        assert_explained(visitor.post("/domains/add/", domain="b.test"), "GRANT")
    finally:
        panel.stop()
