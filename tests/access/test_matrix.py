"""Every address of the panel with the whole cast, compared with a written table.

The table is matrix.txt beside this file: a line for each route with what each of the cast gets for
GET and for an empty POST. A route without a line fails, and so does a line without a route.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Grant, Kind, User
from accounts.owners import owner_of
from audit.models import Entry
from audit.recent import SESSION_KEY
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox, suspend_mailbox
from tests.conftest import PASSWORD

TABLE = Path(__file__).with_name("matrix.txt")
CAST = ("nobody", "superadmin", "domain_admin", "other_admin", "owner", "suspended_owner")

# What stands for each variable part of a route; all of them lie in a.test.
SAMPLES = {
    "domain": "a.test",
    "email": "anna@a.test",
    "source": "info@a.test",
    "key": "x@a.test",
    "name": "bob",
    "app_label": "mailboxes",
    "content_type_id": "1",
    "url": "nothing",
    "passkey_id": "1",
    "session_id": "0123456789abcdef",
}
ADMIN_OBJECTS = {
    "domains/domain": "a.test",
    "domains/transport": "x_40a.test",
    "mailboxes/mailbox": "anna_40a.test",
    "mailboxes/forwarding": "info_40a.test",
}


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for one in patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        else:
            yield route


def every_route() -> list[str]:
    return sorted({route.replace("^", "") for route in routes(get_resolver().url_patterns)})


def address(route: str) -> str:
    """A real address for a route: each `<type:name>` is replaced by its sample."""
    text = route
    while "<" in text:
        start, end = text.index("<"), text.index(">")
        name = text[start + 1 : end].rpartition(":")[2]
        sample = SAMPLES.get(name)
        if name == "object_id":
            known = (key for part, key in ADMIN_OBJECTS.items() if part in route)
            sample = next(known, "1")
        if name == "entry_id":
            sample = str(Entry.objects.get(object_key="anna@a.test").pk)
        assert sample is not None, f"no sample for <{name}> in {route}"
        text = text[:start] + sample + text[end + 1 :]
    if text.startswith("admin/") and "(" in text:
        # Regular expressions of Django admin: app lists and the catch-all.
        text = "admin/mailboxes/" if "app_label" in route else "admin/nothing/"
    return "/" + text


@pytest.fixture
def cast(db, root) -> dict[str, Client]:
    for name in ("a.test", "b.test"):
        Domain.objects.create(domain=name)
    create_mailbox(actor=root, email="anna@a.test", password=PASSWORD)
    create_mailbox(actor=root, email="stan@a.test", password=PASSWORD)
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Transport.objects.create(domain="x@a.test", transport="smtp:")
    people = {
        "superadmin": User.objects.create(username="alice", is_superadmin=True),
        "domain_admin": User.objects.create(username="bob"),
        "other_admin": User.objects.create(username="eve"),
        "owner": owner_of(Mailbox.objects.get(pk="anna@a.test")),
        "suspended_owner": owner_of(Mailbox.objects.get(pk="stan@a.test")),
    }
    Grant.objects.create(user=people["domain_admin"], domain="a.test")
    Grant.objects.create(user=people["other_admin"], domain="b.test")
    clients = {"nobody": Client()}
    for name, user in people.items():
        client = Client()
        backend = "OperatorBackend" if user.kind == Kind.OPERATOR else "MailboxOwnerBackend"
        client.force_login(user, backend=f"accounts.backends.{backend}")
        session = client.session
        session[SESSION_KEY] = time.time()
        session.save()
        clients[name] = client
    suspend_mailbox(actor=root, email="stan@a.test")
    return clients


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
