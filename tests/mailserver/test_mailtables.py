"""The command `mailtables`, run as an admin runs it, on each database."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from mailkit.tables import Code, Finding, Lock, Mend, Step, Work
from mailserver import report
from mailserver.words import WORDS, message, shown
from tests.large.filled import child
from tests.mailkit.tables.base import run
from tests.mailkit.tables.tutorial import Tutorial
from tests.servers.databases import Database, PostgreSQLServer, SQLiteServer


def mailtables(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "mailtables", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def as_json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def test_check_says_what_is_wrong_and_changes_nothing(tutorial: Tutorial) -> None:
    url = tutorial.database.url
    before = tutorial.definitions(), tutorial.all_rows()
    done = mailtables(url, "check", "--json")
    data = as_json(done)
    faults = [one for one in data["findings"] if one["level"] == "fault"]
    assert data["dialect"] == tutorial.dialect
    assert data["faults"] == len(faults)
    assert done.returncode == (1 if faults else 0)
    assert bool(faults) is (tutorial.dialect != "sqlite")
    assert {one["mend"] for one in faults} <= {"python manage.py mailtables upgrade"}
    for one in data["findings"]:
        assert {"code", "level", "table", "column", "key", "message", "mend"} <= set(one)
    text = mailtables(url, "check")
    assert text.returncode == done.returncode
    for one in data["findings"]:
        assert one["code"] in text.stdout
    assert "“Mixed@a.test”" in text.stdout
    assert (tutorial.definitions(), tutorial.all_rows()) == before


def test_plan_then_upgrade_then_nothing_is_left(tutorial: Tutorial) -> None:
    url = tutorial.database.url
    before = tutorial.definitions(), tutorial.all_rows()
    planned = mailtables(url, "upgrade", "--plan")
    steps = as_json(mailtables(url, "upgrade", "--plan", "--json"))["steps"]
    assert planned.returncode == 0
    assert steps
    for step in steps:
        assert f"{step['sql']};\n" in planned.stdout
    assert "A backup is wise first" in planned.stdout
    assert (tutorial.definitions(), tutorial.all_rows()) == before

    done = mailtables(url, "upgrade")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [step["sql"] for step in steps if f"{step['sql']};" in done.stdout] == [
        step["sql"] for step in steps
    ]
    assert mailtables(url, "check").returncode == 0
    assert tutorial.all_rows() == before[1]

    again = as_json(mailtables(url, "upgrade", "--json"))
    assert (again["steps"], again["faults"]) == ([], 0)


def test_create_makes_the_tables_once(any_database: Database) -> None:
    url = any_database.url
    assert mailtables(url, "check").returncode == 1
    made = as_json(mailtables(url, "create", "--json"))["made"]
    assert any("CREATE TABLE users" in sql for sql in made)
    assert mailtables(url, "check").returncode == 0
    again = mailtables(url, "create")
    assert again.returncode == 0
    assert "Nothing was done" in again.stdout


def test_upgrade_points_at_create_for_missing_tables(any_database: Database) -> None:
    done = mailtables(any_database.url, "upgrade")
    assert done.returncode == 1
    assert "python manage.py mailtables create" in done.stdout
    assert "mailtables create" in mailtables(any_database.url, "upgrade", "--plan").stdout


def test_what_only_a_person_can_decide_is_left_and_named(sqlite_server: SQLiteServer) -> None:
    database = sqlite_server.create_database()
    mailtables(database.url, "create")
    run(
        database.connect(),
        (
            "DROP TABLE users",
            "CREATE TABLE users (email text, password text)",
            "INSERT INTO users VALUES ('a@a.test', 'x'), ('a@a.test', 'y')",
        ),
    )
    done = mailtables(database.url, "upgrade")
    assert done.returncode == 1
    assert "key.duplicates" in done.stdout
    assert "“a@a.test”" in done.stdout
    assert "By hand:" in done.stdout


def test_refresh_has_nothing_to_do_without_the_panels_tables(sqlite_server: SQLiteServer) -> None:
    url = sqlite_server.create_database().url
    assert mailtables(url, "refresh").returncode == 0
    assert as_json(mailtables(url, "refresh", "--json")) == {"refreshed": []}


@pytest.mark.parametrize("by", ["refresh", "upgrade"])
def test_it_brings_the_table_of_targets_into_step(any_database: Database, by: str) -> None:
    url = any_database.url
    mailtables(url, "create")
    child(any_database, "manage.py", "migrate", "--verbosity", "0")
    any_database.execute("INSERT INTO forwardings VALUES ('a@a.test', 'b@a.test, c@far.example')")

    assert mailtables(url, by).returncode == 0

    rows = any_database.execute(
        "SELECT source, target, domain FROM mailadmin_forwarding_target ORDER BY target"
    )
    assert rows == [
        ("a@a.test", "b@a.test", "a.test"),
        ("a@a.test", "c@far.example", "far.example"),
    ]
    again = {
        "table": "mailadmin_forwarding_target",
        "source": "forwardings",
        "rows": 1,
        "mended": 0,
    }
    assert as_json(mailtables(url, "refresh", "--json")) == {"refreshed": [again]}


@pytest.mark.parametrize("arguments", [(), ("mend",), ("check", "--plan"), ("upgrade", "users")])
def test_wrong_usage_exits_2(sqlite_server: SQLiteServer, arguments: tuple[str, ...]) -> None:
    assert mailtables(sqlite_server.create_database().url, *arguments).returncode == 2


@pytest.mark.parametrize("scheme", ["mysql", "postgres"])
@pytest.mark.parametrize("arguments", [("check",), ("upgrade",), ("create",)])
def test_a_database_that_is_not_there_is_a_message(scheme: str, arguments: tuple[str, ...]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"{scheme}://mail:secretive@127.0.0.1:{closed.getsockname()[1]}/mail"
        done = mailtables(url, *arguments)
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "secretive" not in done.stderr + done.stdout


def test_looking_at_a_file_that_is_not_there_makes_none(sqlite_server: SQLiteServer) -> None:
    path = sqlite_server.directory / "new.sqlite3"
    done = mailtables(f"sqlite:///{path}", "check")
    assert done.returncode == 1
    assert "mailtables create" in done.stderr
    assert not path.exists()
    assert mailtables(f"sqlite:///{path}", "create").returncode == 0
    mode = Database("sqlite", str(path)).execute("PRAGMA journal_mode")
    assert mode == [("wal",)]


@pytest.mark.stack
def test_a_statement_the_database_refuses_is_shown(postgresql_server: PostgreSQLServer) -> None:
    database = postgresql_server.create_database()
    assert mailtables(database.url, "create").returncode == 0
    run(
        database.connect(),
        (
            "ALTER TABLE users ALTER password TYPE varchar(20)",
            "DROP ROLE IF EXISTS mail_reader",
            "CREATE ROLE mail_reader LOGIN PASSWORD 'mail_reader'",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO mail_reader",
        ),
    )
    reader = Database(
        "postgresql", database.name, database.host, database.port, "mail_reader", "mail_reader"
    )
    done = mailtables(reader.url, "upgrade")
    assert done.returncode == 1
    assert 'ALTER TABLE "public"."users"' in done.stderr
    assert "must be owner" in done.stderr
    postgresql_server.drop_database(database)


def step(rows: int, work: Work, lock: Lock) -> Step:
    mends = (Mend(Code.TABLE_ENGINE, "users", None),)
    return Step("users", "ALTER TABLE users ENGINE=InnoDB", mends, lock, work, rows)


def test_a_large_table_is_announced_with_its_duration_and_lock() -> None:
    lines = "\n".join(report.warnings_before([step(50_000_000, Work.COPY, Lock.WRITERS)]))
    assert "users (50,000,000)" in lines
    assert "about 2 minutes" in lines
    assert "changes wait, mail lookups go on" in lines
    assert "A backup is wise first" in lines


@pytest.mark.parametrize(
    "small", [step(500, Work.COPY, Lock.WRITERS), step(50_000_000, Work.NONE, Lock.MOMENT)]
)
def test_what_takes_no_time_is_not_announced_as_large(small: Step) -> None:
    lines = "\n".join(report.warnings_before([small]))
    assert "Large" not in lines
    assert "A backup is wise first" in lines


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a second"), (1.4, "about 1 second"), (119, "about 119 seconds"),
     (120, "about 2 minutes"), (3600, "about 60 minutes")],
)  # fmt: skip
def test_durations_are_said_in_words(seconds: float, words: str) -> None:
    assert report.duration(seconds) == words


@pytest.mark.parametrize(
    ("key", "words"),
    [("a@b", "“a@b”"), (" ", "“ ”"), ("\x1b[31m", "“\\x1b[31m”"), (None, "NULL"), ("é", "“é”")],
)
def test_keys_are_shown_harmlessly(key: str | None, words: str) -> None:
    assert shown(key) == words


@pytest.mark.parametrize("code", Code)
def test_every_message_takes_its_parameters(code: Code) -> None:
    params = {
        "engine": "MyISAM", "row_format": "Compact", "type": "int", "wanted": "text", "width": 1,
        "needed": 2, "views": [], "duplicates": ["a", "b"], "collation": "c", "charset": "l",
        "rows": 1, "sql_mode": "", "journal_mode": "delete",
    }  # fmt: skip
    text = message(Finding(code, "users", "email", params))
    assert text
    assert "%(" not in text
    assert "docs/" not in str(WORDS[code].what)
