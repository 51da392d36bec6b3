"""Undo after somebody altered the tables: columns gone, new, narrower; no unique key; a new rule.

MariaDB commits with each ALTER, so these tests commit everything and clean up behind them.
"""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from audit.refusals import codes_of
from domains.models import Transport
from domains.services import change_transport, create_transport, delete_transport
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import delete_mailbox
from tests.undo.helpers import codes, execute, newest
from tests.undo.snapshot import snapshot
from undo.services import plan_undo, undo

pytestmark = pytest.mark.usefixtures("transactional_mail_tables", "_further_columns")

NOT_SQLITE = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="NOT TESTED on SQLite, which neither drops keys nor holds columns to a width; "
    "`make test` runs it on MariaDB and PostgreSQL",
)


@NOT_SQLITE
def test_rows_of_one_key_without_a_unique_index(world, root) -> None:
    """SQL may have dropped the key; all rows go, and all come back."""
    create_transport(actor=root, domain="twice.test", transport="smtp:")
    execute(
        "ALTER TABLE transport DROP PRIMARY KEY"
        if connection.vendor == "mysql"
        else "ALTER TABLE transport DROP CONSTRAINT transport_pkey"
    )
    try:
        execute("INSERT INTO transport (domain, transport, weight) VALUES ('twice.test', 'x:', 2)")
        before = snapshot()
        delete_transport(actor=root, key="twice.test")
        assert not Transport.objects.filter(pk="twice.test").exists()
        (logged,) = undo(actor=root, entry_id=newest().pk).entries
        assert snapshot() == before
        undo(actor=root, entry_id=logged.pk)
        assert not Transport.objects.filter(pk="twice.test").exists()
        undo(actor=root, entry_id=newest().pk)
        assert snapshot() == before
        change_transport(actor=root, key="twice.test", transport="relay:")
        assert codes(root) == ["several_rows"]
    finally:
        execute("DELETE FROM transport")
        execute("ALTER TABLE transport ADD PRIMARY KEY (domain)")


@NOT_SQLITE
def test_a_column_that_is_too_narrow_now(world, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    entry = newest()
    Mailbox.objects.all().update(password="x")
    execute(
        "ALTER TABLE users MODIFY password varchar(20) NOT NULL"
        if connection.vendor == "mysql"
        else "ALTER TABLE users ALTER password TYPE varchar(20)"
    )
    try:
        assert codes(root, entry.pk) == ["too_narrow"]
        (obstacle,) = plan_undo(actor=root, entry_id=entry.pk).obstacles
        assert "users.password holds 20 characters" in str(obstacle.message)
        assert "mailtables upgrade" in str(obstacle.message)
    finally:
        execute(
            "ALTER TABLE users MODIFY password varchar(255) NOT NULL"
            if connection.vendor == "mysql"
            else "ALTER TABLE users ALTER password TYPE varchar(255)"
        )


def test_a_further_column_that_is_gone_is_told_and_left_out(world, root) -> None:
    execute("ALTER TABLE users ADD COLUMN passing varchar(9)")
    execute("UPDATE users SET passing = 'x'")
    delete_mailbox(actor=root, email="bert@a.test")
    entry = newest()
    execute("ALTER TABLE users DROP COLUMN passing")
    plan = plan_undo(actor=root, entry_id=entry.pk)
    assert plan.steps[0].lost == ("passing",)
    undo(actor=root, entry_id=entry.pk)
    assert Mailbox.objects.filter(pk="bert@a.test").exists()


def test_a_new_further_column_gets_its_default(world, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    entry = newest()
    execute("ALTER TABLE users ADD COLUMN passing varchar(9) NOT NULL DEFAULT 'new'")
    try:
        undo(actor=root, entry_id=entry.pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT passing FROM users WHERE email = 'bert@a.test'")
            assert cursor.fetchone() == ("new",)
    finally:
        execute("ALTER TABLE users DROP COLUMN passing")


@NOT_SQLITE
def test_a_new_column_that_needs_a_value(world, root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    entry = newest()
    execute("ALTER TABLE users ADD COLUMN passing varchar(9) NOT NULL DEFAULT ''")
    execute("ALTER TABLE users ALTER COLUMN passing DROP DEFAULT")
    try:
        assert codes(root, entry.pk) == ["needs_value"]
    finally:
        execute("ALTER TABLE users DROP COLUMN passing")


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="NOT TESTED but on PostgreSQL, whose errors alone quote the row: `make test` has it",
)
def test_a_rule_of_the_table_that_forbids_the_row_is_a_refusal_without_the_row(world, root):
    delete_mailbox(actor=root, email="bert@a.test")
    entry = newest()
    execute("ALTER TABLE users ADD CONSTRAINT no_bert CHECK (email NOT LIKE 'bert%%')")
    try:
        with pytest.raises(ValidationError) as caught:
            undo(actor=root, entry_id=entry.pk)
        assert codes_of(caught.value) == ["conflict"]
        assert "$6$" not in str(caught.value)
    finally:
        execute("ALTER TABLE users DROP CONSTRAINT no_bert")
