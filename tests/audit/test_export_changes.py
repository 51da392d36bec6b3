"""The change log as CSV: the filtered list, streamed, nothing that a spreadsheet calculates."""

from __future__ import annotations

import csv
import io
import json

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import export
from audit.actor import Actor, ActorKind
from audit.export import COLUMNS
from audit.log import record
from audit.models import Entry
from domains.services import create_domain
from mailboxes.models import Forwarding
from mailboxes.services.forwardings import delete_forwarding

ALICE = Actor(ActorKind.SUPERADMIN, "alice", "192.0.2.7", domains=None)


def rows(response) -> list[dict[str, str]]:
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_it_is_a_file_with_a_line_an_entry(admin: Client, root) -> None:
    create_domain(actor=ALICE, domain="a.test")
    response = admin.get("/audit/export/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="changes-')
    (row,) = rows(response)
    assert tuple(row) == COLUMNS
    entry = Entry.objects.get()
    assert row["id"] == str(entry.pk)
    assert row["group"] == str(entry.group)
    assert (row["actor"], row["address"], row["object"]) == ("alice", "192.0.2.7", "a.test")
    assert row["changes"] == "domain:  -> a.test"


def test_it_has_what_the_list_was_filtered_by(admin: Client, root) -> None:
    for name in ("a.test", "b.test"):
        create_domain(actor=ALICE, domain=name)
    assert [row["object"] for row in rows(admin.get("/audit/export/?q=b.t"))] == ["b.test"]
    assert [row["object"] for row in rows(admin.get("/audit/export/"))] == ["b.test", "a.test"]
    page = admin.get("/audit/?q=b.t&kind=domain&before=99999").content.decode()
    assert 'href="/audit/export/?q=b.t&amp;kind=domain"' in page


def test_a_row_with_a_formula_for_a_key_stays_one_row(admin: Client, root) -> None:
    key = "=cmd|' /C calc'!A0,\"x\"\n@a.test"
    Forwarding.objects.create(source=key, destination="-1+1\n=2")
    delete_forwarding(actor=root, key=key)
    (row,) = rows(admin.get("/audit/export/"))
    assert row["object"] == "'" + key
    assert row["changes"].startswith("source: =cmd")


def test_as_json_it_has_what_the_command_prints(admin: Client, run) -> None:
    for name in ("a.test", "b.test"):
        create_domain(actor=ALICE, domain=name)
    response = admin.get("/audit/export/?format=json&q=b.t")
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"].endswith('.json"')
    (one,) = json.loads(b"".join(response.streaming_content))
    assert one == json.loads(run("audit", "list", "--json", "--q", "b.t")[1])[0]
    empty = admin.get("/audit/export/?format=json&q=nothing")
    assert json.loads(b"".join(empty.streaming_content)) == []
    page = admin.get("/audit/?q=b.t").content.decode()
    assert 'href="/audit/export/?q=b.t&amp;format=json"' in page


def test_it_is_written_as_it_is_read(admin: Client, monkeypatch) -> None:
    monkeypatch.setattr(export, "BATCH", 10)
    for number in range(35):
        record(actor=ALICE, action="create_domain", object_type="domain", key=f"{number}.test")
    response = admin.get("/audit/export/")
    with CaptureQueriesContext(connection) as captured:
        lines = iter(response.streaming_content)
        next(lines)
        next(lines)
    assert len(captured) == 1
    assert 33 <= len(list(lines)) <= 34
