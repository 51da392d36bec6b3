"""Every address of the panel, and the cast that walks them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Grant, Kind, User
from accounts.owners import owner_of
from audit.actor import Actor
from audit.models import Entry
from audit.recent import SESSION_KEY
from bulk.models import Job
from bulk.running import run
from bulk.services import begin_job
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox, suspend_mailbox
from tests.conftest import PASSWORD

CAST = ("nobody", "superadmin", "domain_admin", "other_admin", "owner", "suspended_owner")

# What stands for each variable part of a route; all of them lie in a.test.
SAMPLES = {
    "domain": "a.test",
    "email": "anna@a.test",
    "source": "info@a.test",
    "key": "x@a.test",
    "kind": "mailboxes",
    "name": "bob",
    "app_label": "mailboxes",
    "content_type_id": "1",
    "url": "nothing",
    "passkey_id": "1",
    "run_id": "1",
    "selector": "s1",
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


def address(route: str, samples: dict[str, str] = SAMPLES) -> str:
    """A real address for a route: each `<type:name>` is replaced by its sample."""
    text = route
    while "<" in text:
        start, end = text.index("<"), text.index(">")
        name = text[start + 1 : end].rpartition(":")[2]
        sample = samples.get(name)
        if name == "object_id":
            known = (key for part, key in ADMIN_OBJECTS.items() if part in route)
            sample = next(known, "1")
        if name == "entry_id":
            sample = str(Entry.objects.get(object_key="anna@a.test").pk)
        if name == "job_id":
            sample = str(Job.objects.get().pk)
        assert sample is not None, f"no sample for <{name}> in {route}"
        text = text[:start] + sample + text[end + 1 :]
    if text.startswith("admin/") and "(" in text:
        # Regular expressions of Django admin: app lists and the catch-all.
        text = "admin/mailboxes/" if "app_label" in route else "admin/nothing/"
    return "/" + text


def make_cast(root: Actor) -> dict[str, Client]:
    """A client for each of the cast, signed in just now, and rows of a.test and b.test.

    The job is the domain admin's, and waits for his confirmation.
    """
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
    bob = people["domain_admin"].actor()
    selection = {"keys": ["anna@a.test"]}
    job = begin_job(actor=bob, kind="suspend_mailboxes", options={"selection": selection})
    run(job.pk)
    return clients
