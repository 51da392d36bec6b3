"""The four tables with further columns that the models do not know."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from audit.actor import Actor
from tests.audit.conftest import run
from tests.pages.conftest import admin, bob, client_of
from tests.undo.helpers import make_world

__all__ = ["admin", "bob", "client_of", "run"]

# (table, column, {dialect: type})
FURTHER = [
    ("users", "department", {"": "varchar(30) DEFAULT 'none'"}),
    ("users", "quota", {"": "bigint NULL"}),
    ("users", "photo", {"mysql": "blob NULL", "postgresql": "bytea NULL", "sqlite": "blob NULL"}),
    (
        "users",
        "seen",
        {"mysql": "timestamp(6) NULL", "postgresql": "timestamptz NULL", "sqlite": "timestamp"},
    ),
    ("users", "score", {"": "real NULL", "mysql": "float NULL"}),
    ("forwardings", "note", {"": "text NULL"}),
    ("transport", "weight", {"": "double precision DEFAULT 0.1"}),
    ("domains", "info", {"mysql": "blob NULL", "postgresql": "bytea NULL", "sqlite": "blob NULL"}),
]


@pytest.fixture(scope="package")
def _further_columns(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table, name, types in FURTHER:
            type_ = types.get(connection.vendor) or types[""]
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN {name} {type_}")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table, name, _types in FURTHER:
            cursor.execute(f"ALTER TABLE {table} DROP COLUMN {name}")


@pytest.fixture
def world(db: None, root: Actor) -> None:
    """Two domains with mailboxes, forwardings and a transport."""
    make_world(root)


@pytest.fixture
def further_columns(_further_columns: None, db: None) -> None:
    """The mail tables have further columns, as somebody added them."""
