"""Rows taken exactly as they were exported: the four tables come back byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from audit.actor import Actor
from bulk.models import State
from domains.models import Domain, Transport
from domains.schema import forget_schema
from mailboxes.models import Forwarding, Mailbox
from mailkit.tables import content as tables
from tests.bulk.importing import HASH, imported, lines, planned, undone
from tests.conftest import MAIL_MODELS
from tests.undo.snapshot import snapshot

pytestmark = pytest.mark.django_db
NAMES = {
    "domains": "domains",
    "users": "mailboxes",
    "forwardings": "forwardings",
    "transport": "transports",
}


def exported() -> str:
    """The document of all four tables, a row a line."""
    raw = connection.connection
    parts = []
    for table, name in NAMES.items():
        content = tables.content(raw, connection.vendor, table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {content.key.quoted} FROM {table}")
            keys = [tables.text_of(key) or "" for (key,) in cursor.fetchall()]
        rows = tables.read(raw, content, keys)
        packed = ",\n".join(json.dumps(tables.pack(row)) for row in rows)
        parts.append(f'"{name}": [\n{packed}\n]')
    return '{"mailadmin": 1, "exact": true, "hashes": true,\n' + ",\n".join(parts) + "}\n"


def wipe() -> None:
    for model in MAIL_MODELS:
        model.objects.all().delete()


@pytest.fixture
def odd_rows(db: None) -> None:
    """What only SQL writes, and the panel would refuse."""
    for name in ("a.test", "Große.test", "nodot"):
        Domain.objects.create(domain=name)
    for email, password in (
        ("anna@a.test", HASH),
        ("CAPITALS@A.test", "{PLAIN}secret"),
        ("with blank @a.test", ""),
        ("jörg@a.test", "rl0uE0wO1zY3Y"),
        ("no-at", "{CRYPT}$!${SHA512-CRYPT}$6$x"),
        ("quote'\"@a.test", "not a hash"),
    ):
        Mailbox.objects.create(email=email, password=password)
    Forwarding.objects.create(source="a@a.test", destination="b@a.test")
    Forwarding.objects.create(source="b@a.test", destination="a@a.test")
    Forwarding.objects.create(source="x@a.test", destination=" nobody@a.test ,\n|/bin/sh")
    Forwarding.objects.create(source="empty@a.test", destination="")
    Transport.objects.create(domain="", transport="nonsense::")
    Transport.objects.create(domain="*", transport="smtp:[192.0.2.1]")


def test_the_round_trip_is_exact_and_can_be_undone(root: Actor, odd_rows: None) -> None:
    before, document = snapshot(), exported()
    wipe()
    job = imported(root, document)
    assert (job.state, job.failed, set(job.counts)) == (State.DONE, 0, {"create"})
    assert snapshot() == before
    undone(root, job)
    assert not any(snapshot().values())


def test_what_the_services_would_refuse_is_said_and_taken(root: Actor, odd_rows: None) -> None:
    document = exported()
    wipe()
    codes = {code for _line, verdict, codes in lines(planned(root, document)) for code in codes}
    assert {"domain.no_dot", "hash.weak", "local.blank", "loop", "transport.key_empty"} <= codes


@pytest.mark.skipif(connection.vendor == "postgresql", reason="only a table's owner alters it")
def test_further_columns_come_back_too(root: Actor, odd_rows: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE users ADD COLUMN quota integer DEFAULT 7")
        cursor.execute("UPDATE users SET quota = 42 WHERE email = 'anna@a.test'")
    forget_schema()
    try:
        before, document = snapshot(), exported()
        wipe()
        imported(root, document)
        assert snapshot() == before
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE users DROP COLUMN quota")


def one_mailbox(**row: Any) -> str:
    return json.dumps({"mailadmin": 1, "exact": True, "hashes": True, "mailboxes": [row]})


def test_a_column_that_is_not_there_stops_it(root: Actor) -> None:
    job = planned(root, one_mailbox(email="x@a.test", password=HASH, quota=1))
    assert (job.state, job.reason) == (State.REFUSED, "exact.column")
    assert "quota" in job.options["unreadable"]


def test_rows_that_are_there_stay_unless_they_shall_be_changed(root: Actor) -> None:
    Mailbox.objects.create(email="X@a.test", password="{PLAIN}old")
    same = one_mailbox(email="X@a.test", password="{PLAIN}old")
    assert [one[1] for one in lines(planned(root, same))] == ["same"]

    other = one_mailbox(email="X@a.test", password="{PLAIN}new")
    assert [one[1:] for one in lines(planned(root, other))] == [("refused", ["duplicate"])]
    job = imported(root, other, update=True)
    assert Mailbox.objects.get(pk="X@a.test").password == "{PLAIN}new"
    undone(root, job)
    assert Mailbox.objects.get(pk="X@a.test").password == "{PLAIN}old"


def test_a_domain_admin_gets_no_exact_import(db: None) -> None:
    """The same file is ordinary rows to him, with every rule."""
    Domain.objects.create(domain="a.test")
    bob = User.objects.create(username="bob")
    bob.grants.create(domain="a.test")
    rows = [
        {"email": "Capitals@a.test", "password": HASH},
        {"email": "x@other.test", "password": HASH},
        {"email": "with blank@a.test", "password": HASH},
    ]
    document = json.dumps({"mailadmin": 1, "exact": True, "hashes": True, "mailboxes": rows})
    job = imported(bob.actor(), document)
    assert [one[1:] for one in lines(job)] == [
        ("create", []),
        ("refused", ["outside_domains"]),
        ("refused", ["local.blank"]),
    ]
    assert list(Mailbox.objects.values_list("pk", flat=True)) == ["capitals@a.test"]
