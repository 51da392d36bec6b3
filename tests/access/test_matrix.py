"""Every address of the panel with the whole cast, compared with a written table.

The table is matrix.txt beside this file: a line for each route with what each of the cast gets for
GET and for an empty POST. A route without a line fails, and so does a line without a route.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from tests.access.walk import CAST, address, every_route

TABLE = Path(__file__).with_name("matrix.txt")


def answer(client: Client, method: str, url: str) -> str:
    """The status; with where to for a redirect to the sign-in page."""
    response = getattr(client, method)(url)
    if response.status_code in (301, 302) and response.url.startswith("/login/"):
        return "again" if response.url.startswith("/login/again/") else "login"
    return str(response.status_code)


def written() -> dict[str, list[str]]:
    table = {}
    for line in TABLE.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            route, *answers = line.split()
            assert route not in table, f"twice: {route}"
            table["" if route == "/" else route] = answers
    return table


def test_every_route_has_a_line_and_every_line_a_route():
    assert sorted(written()) == every_route()


@pytest.mark.parametrize("route", every_route(), ids=lambda route: f"/{route}")
def test_each_of_the_cast_gets_what_is_written(cast, route):
    expected = written().get(route)
    assert expected is not None, f"write a line for {route} into {TABLE.name}"
    url = address(route)
    found = []
    for name in CAST:
        # What one of the cast deletes must be there for the next.
        before = transaction.savepoint()
        found.append(f"{answer(cast[name], 'get', url)}/{answer(cast[name], 'post', url)}")
        transaction.savepoint_rollback(before)
    assert dict(zip(CAST, found, strict=True)) == dict(zip(CAST, expected, strict=True))
