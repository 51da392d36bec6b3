"""Every test twice on MariaDB: with keys that are blind to case, and with keys that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from domains import schema
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from tests.pages.conftest import admin, bob, client_of
from tests.services.conftest import refusal, rows

__all__ = ["admin", "bob", "client_of", "refusal", "rows"]

TABLES = ("domains", "users", "forwardings", "transport")
COLLATIONS = ["as made", "bytewise"] if connection.vendor == "mysql" else ["as made"]


@pytest.fixture(scope="module", params=COLLATIONS, autouse=True)
def _collation(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker
) -> Iterator[None]:
    if request.param == "as made":
        yield
        return
    with django_db_blocker.unblock():
        collation = _convert("utf8mb4_bin")
    yield
    with django_db_blocker.unblock():
        _convert(collation)


def _convert(collation: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_collation FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name = 'users'"
        )
        former: str = cursor.fetchone()[0]
        for table in TABLES:
            cursor.execute(
                f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE {collation}"
            )
    schema.forget_schema()
    return former


@pytest.fixture
def told_apart(db: None) -> bool:
    """Whether `UP.test` and `up.test` can both be in a table."""
    return "users" not in schema.schema().blind


@pytest.fixture
def keys() -> Callable[[], set[str]]:
    """Every key in the four tables, a forwarding's as `source > destination`."""

    def read() -> set[str]:
        found = {str(key) for model in (Domain, Mailbox) for key in _keys(model)}
        found |= {f"{one.source} > {one.destination}" for one in Forwarding.objects.all()}
        return found | {f"to {key}" for key in _keys(Transport)}

    return read


def _keys(model: Any) -> Any:
    return model.objects.values_list("pk", flat=True)
