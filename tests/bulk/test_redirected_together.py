"""Destinations that many forwardings get at once are followed through what is really written."""

from __future__ import annotations

import pytest

from audit.actor import Actor
from audit.refusals import codes_of
from domains.models import Domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.redirecting import Redirection, redirect_forwardings

pytestmark = pytest.mark.django_db


def stored() -> dict[str, str | None]:
    return dict(Forwarding.objects.values_list("source", "destination"))


def test_one_that_is_not_written_closes_no_loop(root: Actor) -> None:
    Domain.objects.create(domain="a.test")
    for email in ("a@a.test", "c@a.test"):
        Mailbox.objects.create(email=email, password="{PLAIN}x")
    before = {"a@a.test": "b@a.test", "b@a.test": "c@a.test"}
    Forwarding.objects.bulk_create(Forwarding(source=s, destination=d) for s, d in before.items())

    # `b` may lead to `a` only if `a` leads to `b` no more, and of that one is asked first: its
    # mailbox gets no mail.
    wanted = {
        "a@a.test": Redirection("b@a.test", "c@a.test"),
        "b@a.test": Redirection("c@a.test", "a@a.test"),
    }
    refused = redirect_forwardings(actor=root, redirections=wanted)

    assert stored() == before
    told = {source: codes_of(error) for source, error in refused.items()}
    assert told == {"a@a.test": ["mail_taken_away"], "b@a.test": ["loop"]}

    assert redirect_forwardings(actor=root, redirections=wanted, force=True) == {}
    assert stored() == {one: redirection.after for one, redirection in wanted.items()}
