"""What is exported is imported again: exactly by `--kind all`, and by each format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bulk.models import Job
from mailboxes.target_refresh import refresh_targets
from mailkit.tables import content
from tests.audit.conftest import run
from tests.bulk.importing import HASH, imported, undone
from tests.exports.conftest import execute
from tests.exports.test_mailexport import ODD, odd_tables
from tests.targets.conftest import in_step

__all__ = ["odd_tables", "run"]

TABLES = ("domains", "users", "forwardings", "transport")


def fill() -> None:
    for name in ("a.test", "Big.test"):
        execute("INSERT INTO domains (domain) VALUES (%s)", name)
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
    for source in ("@a.test", "'=1@a.test", "x@a.test"):
        execute(
            "INSERT INTO forwardings (source, destination) VALUES (%s, %s)",
            source,
            " 'odd' ,\r\n\t|/bin/sh\r",
        )
    for key in ("twice.test", "twice.test", "=1.test"):
        execute("INSERT INTO transport (domain, transport) VALUES (%s, 'smtp:')", key)


def fingerprints() -> dict[str, list[tuple[Any, ...]]]:
    """Each value by its type and bytes."""
    shown = {
        "mysql": "HEX({0}), {0} IS NULL",
        "postgresql": "{0}::text, {0} IS NULL, pg_column_size({0})",
        "sqlite": "typeof({0}), hex({0})",
    }[connection.vendor]
    found = {}
    for table in TABLES:
        raw: Any = connection.connection
        columns = content.content(raw, connection.vendor, table).columns
        with connection.cursor() as cursor:
            names = ", ".join(shown.format(column.quoted) for column in columns)
            cursor.execute(f"SELECT {names} FROM {table}")
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def empty() -> None:
    for table in TABLES:
        execute(f"DELETE FROM {table}")


@pytest.mark.django_db(transaction=True)
def test_everything_comes_back_byte_for_byte(odd_tables: None, run: Any, tmp_path: Path) -> None:
    fill()
    before = fingerprints()
    path = tmp_path / "all.json"
    assert run("mailexport", "--kind", "all", "--hashes", "--output", str(path))[0] == 0
    empty()
    code, out, error = run("mailimport", str(path), "--force")
    assert (code, fingerprints() == before) == (0, True), (out, error)
    # With the rows still there nothing changes.
    code, out, error = run("mailimport", str(path), "--force")
    assert (code, fingerprints() == before) == (0, True), (out, error)
    assert set(Job.objects.latest("pk").counts) == {"same"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("format", ["csv", "tsv", "xlsx", "json"])
@pytest.mark.parametrize("kind", ["domains", "mailboxes", "forwardings", "transports"])
def test_each_kind_comes_back(
    mail_rows: None, run: Any, tmp_path: Path, kind: str, format: str
) -> None:
    before = fingerprints()
    path = tmp_path / f"rows.{format}"
    hashes = ["--hashes"] if kind == "mailboxes" else []
    assert run("mailexport", "--kind", kind, *hashes, "--output", str(path))[0] == 0
    table = TABLES[("domains", "mailboxes", "forwardings", "transports").index(kind)]
    execute(f"DELETE FROM {table}")
    code, out, error = run("mailimport", str(path), "--force")
    assert (code, fingerprints() == before) == (0, True), (out, error, fingerprints()[table])


@pytest.fixture
def mail_rows(transactional_mail_tables: None) -> None:
    for name in ("a.test", "b.test"):
        execute("INSERT INTO domains (domain) VALUES (%s)", name)
    for email in ("anna@a.test", "otto_x@a.test"):
        execute("INSERT INTO users (email, password) VALUES (%s, %s)", email, HASH)
    for source, destination in (
        ("@a.test", "anna@a.test"),
        ("=2@a.test", "=1+1@far.test, x@far.test"),
        ("all@b.test", "+x@far.test, o'tto@a.test"),
    ):
        execute("INSERT INTO forwardings VALUES (%s, %s)", source, destination)
    for key in ("b.test", ".far.test"):
        execute("INSERT INTO transport VALUES (%s, 'smtp:[192.0.2.1]:25')", key)


@pytest.mark.django_db
@pytest.mark.parametrize("exact", [True, False], ids=["exact", "ordinary"])
def test_the_table_of_targets_is_in_step(root: Any, exact: bool) -> None:
    execute("INSERT INTO domains (domain) VALUES ('a.test')")
    execute("INSERT INTO forwardings VALUES ('y@a.test', 'old@far.test')")
    refresh_targets()
    rows = (
        '{"source": "@a.test", "destination": "x@far.test, y@far.test"},'
        ' {"source": "y@a.test", "destination": "new@far.test"}'
    )
    head = '"mailadmin": 1, "exact": true, ' if exact else ""
    job = imported(root, f'{{{head}"forwardings": [{rows}]}}', force=True, update=True)
    assert (job.done, in_step()) == (2, True)
    undone(root, job)
    assert in_step()


@pytest.mark.django_db
@pytest.mark.parametrize(("count", "mails"), [(100, 100), (101, 0)])
def test_a_big_job_mails_nobody(
    root: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    count: int,
    mails: int,
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr("accounts.notices.tell_forwardings_changed", heard.extend)
    execute("INSERT INTO domains (domain) VALUES ('a.test')")
    lines = "".join(f"m{n}@a.test,x{n}@far.test\n" for n in range(count))
    with django_capture_on_commit_callbacks(execute=True):
        job = imported(root, f"source,destination\n{lines}", force=True)
    assert job.done == count
    assert len([one for one in heard if one.object_type == "forwarding"]) == mails
