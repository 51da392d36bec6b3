"""What waited too long for somebody else's lock says so, and is not tried again and again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import OperationalError

from audit import transaction, trouble


def error_of(vendor: str, code: object) -> OperationalError:
    """As Django raises it on this database."""
    if vendor == "mysql":
        return OperationalError(code, "as MariaDB says it")
    error = OperationalError(str(code))
    error.__cause__ = DriverError(code)
    return error


class DriverError(Exception):
    """Has the `sqlstate` of psycopg's errors."""

    def __init__(self, code: object) -> None:
        super().__init__(code)
        self.sqlstate = code


@pytest.mark.parametrize(
    ("vendor", "code", "told", "again"),
    [
        ("mysql", 1205, "busy", False),
        ("mysql", 1213, "busy", True),
        ("mysql", 1020, "busy", True),
        ("mysql", 2002, "unreachable", False),
        ("postgresql", "55P03", "busy", False),
        ("postgresql", "40P01", "busy", True),
        ("postgresql", "40001", "busy", True),
        ("postgresql", "57P03", "unreachable", False),
        ("sqlite", "database is locked", "busy", True),
        ("sqlite", "database table is locked", "busy", True),
        ("sqlite", "unable to open database file", "rights", False),
    ],
)
def test_each_database_says_it_in_its_own_way(monkeypatch, vendor, code, told, again) -> None:
    there = SimpleNamespace(vendor=vendor)
    monkeypatch.setattr(trouble, "connection", there)
    monkeypatch.setattr(transaction, "connection", there)
    error = error_of(vendor, code)
    assert trouble.explain(error).code == told
    assert transaction._worth_another_try(error) == again
