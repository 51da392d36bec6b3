"""`manage.py setup` and `serve`: the first start, the second, and what is left alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.servers.panel import BASE_DIR, PASSWORD, Panel


def tables_of(database) -> set[str]:
    connection = database.connect()
    try:
        cursor = connection.cursor()
        cursor.execute(
            {
                "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
                "mysql": "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema = DATABASE()",
                "postgresql": "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema = current_schema()",
            }[database.dialect]
        )
        return {row[0] for row in cursor.fetchall()}
    finally:
        connection.close()


def execute(database, *statements: str) -> None:
    connection = database.connect()
    try:
        for statement in statements:
            connection.cursor().execute(statement)
        connection.commit()
    finally:
        connection.close()


def test_the_first_start_makes_everything_and_prints_the_sign_in_once(any_database):
    panel = Panel(any_database.url, {"MAILADMIN_ADMIN_PASSWORD": ""})
    first = panel.manage("setup")
    assert first.returncode == 0, first.stderr
    password = re.search(r"Sign in as admin with the password (\S+) ", first.stdout)
    assert password is not None
    assert {"domains", "forwardings", "users", "transport"} <= tables_of(any_database)
    second = panel.manage("setup")
    assert second.returncode == 0
    assert "password" not in second.stdout
    panel.serve()
    try:
        visitor = panel.visitor("admin", password.group(1))
        assert visitor.get("/").status == 200
    finally:
        panel.stop()


def test_a_second_start_keeps_the_data(any_database):
    with Panel(any_database.url) as panel:
        assert panel.visitor("admin").post("/domains/add/", domain="a.test").status == 302
    with Panel(any_database.url) as panel:
        assert "a.test" in panel.visitor("admin").get("/domains/").text


def test_own_tables_are_named_so_that_they_can_be_told_apart(any_database):
    assert Panel(any_database.url).manage("setup").returncode == 0
    mail = {"domains", "forwardings", "users", "transport"}
    others = {name for name in tables_of(any_database) - mail if not name.startswith("sqlite_")}
    assert [
        name for name in sorted(others) if not name.startswith(("mailadmin_", "django_", "auth_"))
    ] == []


def test_mail_tables_are_made_only_if_none_is_there(any_database):
    execute(
        any_database, "CREATE TABLE users (email varchar(80) PRIMARY KEY, password varchar(20))"
    )
    done = Panel(any_database.url).manage("setup")
    assert done.returncode == 0
    assert "domains, forwardings, transport" in done.stdout
    assert not {"domains", "forwardings", "transport"} & tables_of(any_database)


def workers_of(panel: Panel) -> list[dict[str, object]]:
    return json.loads(panel.manage("worker", "list", "--json").stdout)["workers"]


def test_serve_answers_and_stops_on_a_signal(tmp_path):
    panel = Panel(f"sqlite:///{tmp_path}/db.sqlite3", {"PORT": "", "HOST": ""})
    environment = {**panel.environment(), "PORT": "0"}
    refused = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert "PORT='0'" in refused.stderr
    import socket  # noqa: PLC0415

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=BASE_DIR,
        env={**panel.environment(), "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stdout:
            if "Mailadmin answers at" in line:
                assert f"http://127.0.0.1:{port}/" in line
                break
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=5) as page:
                    assert page.status == 200
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        # One worker runs beside it.
        while not (workers := workers_of(panel)):
            assert time.monotonic() < deadline
    finally:
        process.terminate()
        assert process.wait(30) == 0
    assert not Path(f"/proc/{workers[0]['pid']}").exists()


def test_the_secret_key_is_readable_by_its_owner_only(tmp_path):
    from mailadmin.env import read_config  # noqa: PLC0415

    read_config({"DATABASE_URL": f"sqlite:///{tmp_path}/db"}, tmp_path / "var")
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.stack
def test_a_forgotten_admin_password_is_set_anew(any_database):
    with Panel(any_database.url) as panel:
        old = panel.visitor("admin")
        done = panel.manage("operator", "password", "admin", stdin="another horse 43\n")
        assert done.returncode == 0, done.stderr
        assert old.get("/domains/").status == 302
        assert panel.visitor("admin", "another horse 43").get("/").status == 200
        assert panel.visitor().sign_in("admin", PASSWORD).status == 200
