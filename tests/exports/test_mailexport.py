"""`mailexport`: what it prints and writes, who may read the file, the exact copy of all tables."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from audit.models import Entry
from domains import schema
from mailboxes.exports import output
from mailkit.tables import content
from tests.exports.conftest import HASH, execute

Run = Callable[..., tuple[int, str, str]]
IN_A_TEST = ["'@a.test,anna@a.test", 'all@a.test,"anna@a.test, otto@a.test', 'x@far.test"']
HEAD = '{"mailadmin": 1, "exact": true, "hashes": true,'


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("--kind domains", ["domain", "a.test", "b.test"]),
        ("", ["email", "anna@a.test", "eve@b.test", "otto@a.test"]),
        ("--domain B.test --hashes", ["email,password_hash", f"eve@b.test,{HASH}"]),
        ("--domain a.test --kind forwardings", ["source,destination", *IN_A_TEST]),
        ("--kind transports --format tsv", ["domain\ttransport", "*\tsmtp:", "a.test\tsmtp:"]),
        ("--domain none.test", ["email"]),
    ],
)
def test_it_prints_a_line_a_row(run: Run, typed: str, printed: list[str]) -> None:
    code, out, _ = run("mailexport", *typed.split())
    assert code == 0
    header, *lines = out.splitlines()
    assert [header, *sorted(lines)] == printed


@pytest.mark.usefixtures("rows")
def test_a_file_is_written_as_its_ending_says(run: Run, tmp_path: Path) -> None:
    for name in ("x.json", "x.tsv", "x.txt", "x.xlsx"):
        assert run("mailexport", "--kind", "domains", "--output", str(tmp_path / name))[0] == 0
    assert json.loads((tmp_path / "x.json").read_text()) == [
        {"domain": "a.test"},
        {"domain": "b.test"},
    ]
    assert (tmp_path / "x.txt").read_bytes() == b"domain\r\na.test\r\nb.test\r\n"
    sheet = load_workbook(tmp_path / "x.xlsx").active
    assert [line[0] for line in sheet.iter_rows(values_only=True)] == ["domain", "a.test", "b.test"]


@pytest.mark.usefixtures("rows")
def test_a_file_with_hashes_is_its_owners_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("before")
    path.chmod(0o644)
    assert run("mailexport", "--hashes", "--output", str(path))[0] == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert HASH in path.read_text()
    assert run("mailexport", "--output", str(tmp_path / "y.csv"))[0] == 0
    assert stat.S_IMODE((tmp_path / "y.csv").stat().st_mode) == 0o666 & ~output._umask()


@pytest.mark.usefixtures("rows")
def test_a_file_is_whole_or_as_it_was(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_text("before")
    execute("UPDATE forwardings SET destination = %s", "x" * 32_768)
    code, _, error = run("mailexport", "--kind", "forwardings", "--output", str(path))
    assert (code, path.read_text(), list(tmp_path.iterdir())) == (1, "before", [path])
    assert "32,767 characters" in error
    assert run("mailexport", "--output", str(tmp_path / "no" / "x.csv"))[0] == 1


@pytest.mark.parametrize(
    "typed",
    [
        "--kind all --format csv",
        "--kind domains --hashes",
        "--json --format csv",
    ],
)
def test_what_does_not_go_together_is_wrong_usage(run: Run, typed: str) -> None:
    assert run("mailexport", *typed.split())[0] == 2
    assert not Entry.objects.exists()


@pytest.mark.usefixtures("rows")
def test_it_is_logged(run: Run) -> None:
    run("mailexport", "--kind", "all", "--domain", "a.test")
    run("mailexport", "--hashes")
    first, second = Entry.objects.order_by("pk")
    assert (first.action, first.object_key, first.domain) == ("export_rows", "all", "a.test")
    assert (second.action, second.object_key) == ("export_hashes", "mailboxes")


@pytest.mark.usefixtures("rows")
def test_of_all_a_row_is_a_line(run: Run) -> None:
    lines = run("mailexport", "--kind", "all", "--hashes", "--domain", "b.test")[1].splitlines()
    destination = json.dumps('eve@b.test, "odd one"@far.test')
    assert lines == [
        HEAD,
        '"domains": [',
        '{"domain": "b.test"}',
        "],",
        '"mailboxes": [',
        f'{{"email": "eve@b.test", "password": "{HASH}"}}',
        "],",
        '"forwardings": [',
        f'{{"source": "=1+1@b.test", "destination": {destination}}}',
        "],",
        '"transports": [',
        "]",
        "}",
    ]


@pytest.mark.usefixtures("rows")
def test_of_all_without_hashes_none_is_left(run: Run) -> None:
    text = run("mailexport", "--kind", "all")[1]
    found = json.loads(text)
    assert (found["hashes"], HASH in text) == (False, False)
    assert found["mailboxes"][0] == {"email": "anna@a.test"}


FURTHER = {
    "mysql": (
        "note varchar(20) CHARACTER SET latin1, ADD COLUMN n int, ADD COLUMN raw blob,"
        " ADD COLUMN at datetime(6), ADD COLUMN price decimal(12,4)"
    ),
    "postgresql": (
        "note varchar(20), ADD COLUMN n int, ADD COLUMN raw bytea,"
        " ADD COLUMN at timestamp, ADD COLUMN price decimal(12,4)"
    ),
}


@pytest.fixture
def odd_tables(transactional_mail_tables: None) -> Iterator[None]:
    """`users` with what somebody added, `transport` without a unique key; as before afterwards."""
    vendor = connection.vendor
    execute("ALTER TABLE users RENAME TO users_before")
    execute("ALTER TABLE transport RENAME TO transport_before")
    execute("CREATE TABLE users (email varchar(200) PRIMARY KEY, password varchar(200))")
    execute("CREATE TABLE transport (domain varchar(200), transport varchar(200))")
    if vendor == "sqlite":
        for column in ("note text", "n int", "raw blob", "at datetime", "price decimal(12,4)"):
            execute(f"ALTER TABLE users ADD COLUMN {column}")
    else:
        execute(f"ALTER TABLE users ADD COLUMN {FURTHER[vendor]}")
    schema.forget_schema()
    yield
    for table in ("users", "transport"):
        execute(f"DROP TABLE {table}")
        execute(f"ALTER TABLE {table}_before RENAME TO {table}")


ODD: list[tuple[str, str | None]] = [
    ("Anna@A.test", HASH),
    (" blank@a.test ", None),
    ("é@a.test", ""),
    ("\U0001f600@a.test", "{PLAIN}'\"\\\t\n%s"),
    ("=1+1@a.test", "x"),
    ("", "x"),
]


@pytest.mark.django_db(transaction=True)
def test_of_all_every_value_survives(odd_tables: None, run: Run) -> None:
    for email, password in ODD:
        execute("INSERT INTO users (email, password) VALUES (%s, %s)", email, password)
    execute(
        "UPDATE users SET note = %s, n = -7, raw = %s, at = %s, price = %s WHERE email = %s",
        "ünïcode",
        b"\x00\xff'\"\\",
        "2024-02-29 23:59:59.000001",
        "12345.6700",
        "Anna@A.test",
    )
    for key in ("twice.test", "twice.test", None):
        execute("INSERT INTO transport (domain, transport) VALUES (%s, 'smtp:')", key)
    text = run("mailexport", "--kind", "all", "--hashes")[1]
    assert text.splitlines()[0] == HEAD
    found = json.loads(text)
    rows = {row["email"]: row for row in found["mailboxes"]}
    assert {email: row["password"] for email, row in rows.items()} == dict(ODD)
    anna = rows["Anna@A.test"]
    assert list(anna) == ["email", "password", "note", "n", "raw", "at", "price"]
    assert (anna["note"], int(anna["n"]), float(anna["price"])) == ("ünïcode", -7, 12345.67)
    assert anna["at"] == "2024-02-29 23:59:59.000001"
    raw = {"bytes": base64.b64encode(b"\x00\xff'\"\\").decode()}
    assert anna["raw"] == ("\\x00ff27225c" if connection.vendor == "postgresql" else raw)
    assert rows[""]["raw"] is None
    keys = [row["domain"] for row in found["transports"]]
    assert sorted(map(str, keys)) == ["None", "twice.test", "twice.test"]

    # What it says of a row puts the very same row in again.
    def stored() -> list[dict[str, Any]]:
        raw_connection: Any = connection.connection
        table = content.content(raw_connection, connection.vendor, "users")
        return content.read(raw_connection, table, [email for email, _ in ODD])

    before = sorted(stored(), key=lambda row: str(row["email"]))
    execute("DELETE FROM users")
    raw_connection: Any = connection.connection
    table = content.content(raw_connection, connection.vendor, "users")
    content.insert(raw_connection, table, [content.unpack(row) for row in rows.values()])
    assert sorted(stored(), key=lambda row: str(row["email"])) == before


@pytest.mark.django_db(transaction=True)
def test_in_csv_what_somebody_added_has_columns_of_its_own(odd_tables: None, run: Run) -> None:
    execute("INSERT INTO users (email, n, raw) VALUES ('anna@a.test', 5, %s)", b"\x00\xff")
    lines = run("mailexport", "--hashes")[1].splitlines()
    assert lines == ["email,password_hash,note,n,raw,at,price", "anna@a.test,,,5,\\x00ff,,"]
    (row,) = json.loads(run("mailexport", "--format", "json")[1])
    assert (row["email"], str(row["n"]), row["note"]) == ("anna@a.test", "5", None)


@pytest.mark.django_db(transaction=True)
def test_on_the_page_only_superadmins_get_what_somebody_added(
    odd_tables: None, admin: Client, bob: Client
) -> None:
    execute("INSERT INTO users (email, password, note) VALUES ('anna@a.test', 'x', 'a secret')")
    taken = {}
    for name, client in (("admin", admin), ("bob", bob)):
        response = client.post("/export/mailboxes/", {"format": "json"})
        ((row,),) = [json.loads(b"".join(response.streaming_content))]
        taken[name] = row
    assert taken["bob"] == {"email": "anna@a.test"}
    assert list(taken["admin"]) == ["email", "note", "n", "raw", "at", "price"]


@pytest.mark.django_db(transaction=True)
def test_the_page_gives_a_table_without_a_unique_key(odd_tables: None, admin: Client) -> None:
    for key in ("twice.test", "twice.test", None):
        execute("INSERT INTO transport (domain, transport) VALUES (%s, 'smtp:')", key)
    response = admin.post("/export/transports/", {"format": "csv"})
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert sorted(lines[1:]) == [",smtp:", "twice.test,smtp:", "twice.test,smtp:"]


@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_not_there_is_said_before_the_file_begins(
    odd_tables: None, admin: Client, run: Run, tmp_path: Path
) -> None:
    admin.raise_request_exception = False
    execute("ALTER TABLE transport RENAME TO transport_gone")
    try:
        assert admin.post("/export/transports/", {"format": "csv"}).status_code == 503
        code, _, error = run("mailexport", "--kind", "all", "--output", str(tmp_path / "x"))
        assert (code, list(tmp_path.iterdir())) == (1, [])
        assert "mailtables check" in error
    finally:
        execute("ALTER TABLE transport_gone RENAME TO transport")


@pytest.mark.django_db(transaction=True)
def test_a_domain_of_a_table_without_a_unique_key_is_whole(
    odd_tables: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailboxes.exports.rows.BATCH", 2)
    keys = ["a@x.test", "b@x.test", "b@x.test", "b@x.test", "c@x.test", "x.test", "x.test"]
    for key in keys:
        execute("INSERT INTO transport (domain, transport) VALUES (%s, 'smtp:')", key)
    lines = run("mailexport", "--kind", "transports", "--domain", "x.test")[1].splitlines()
    assert sorted(line.split(",")[0] for line in lines[1:]) == keys
