"""The cast of the page tests, commands, and rows as nobody expects them."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.audit.conftest import run
from tests.pages.conftest import admin, anna, bob, client_of, owner, two_domains

__all__ = ["admin", "anna", "bob", "client_of", "owner", "run", "two_domains"]

HASH = "{SHA512-CRYPT}$6$abcdefghijklmnop$" + "x" * 86


def execute(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def add_mailbox(email: str) -> None:
    execute("INSERT INTO users (email, password) VALUES (%s, %s)", email, HASH)


def add_forwarding(source: str, destination: str) -> None:
    execute("INSERT INTO forwardings (source, destination) VALUES (%s, %s)", source, destination)


@pytest.fixture
def rows(two_domains: None) -> None:
    """Some in a.test, some in b.test, one of no domain."""
    for email in ("anna@a.test", "otto@a.test", "eve@b.test"):
        add_mailbox(email)
    for source, destination in (
        ("@a.test", "anna@a.test"),
        ("all@a.test", "anna@a.test, otto@a.test\nx@far.test"),
        ("=1+1@b.test", 'eve@b.test, "odd one"@far.test'),
    ):
        add_forwarding(source, destination)
    for key in ("a.test", "*"):
        execute("INSERT INTO transport (domain, transport) VALUES (%s, 'smtp:')", key)
