"""The page of the object that an entry of the change log is about."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.models import User
from audit.actor import Actor
from audit.models import Entry
from audit.sign_ins import REFUSE_SIGN_IN
from domains.keys import row_url
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox

_PAGES: dict[str, tuple[str, Any]] = {
    "domain": ("show_domain", Domain),
    "dns_settings": ("change_dns_settings", Domain),
    "mailbox": ("show_mailbox", Mailbox),
    "forwarding": ("change_forwarding", Forwarding),
    "transport": ("change_transport", Transport),
}


def page_of(entry: Entry) -> str:
    """The address of the object's page; "" where the object is gone, or no address leads to it."""
    key = entry.object_key
    if entry.action == REFUSE_SIGN_IN:
        return ""  # Anybody may have typed the name.
    if entry.object_type == "operator":
        there = User.objects.operators().filter(username=key).exists()
        return reverse("show_operator", args=[key]) if there else ""
    if entry.object_type == "dns":
        row = Domain.objects.by_key(entry.domain)
        return row_url("show_dns", row.domain) if row else ""
    page, model = _PAGES.get(entry.object_type, ("", None))
    if model is None or not model.objects.filter(pk=key).exists():
        return ""
    return row_url(page, key)


def publication_of(entry: Entry, actor: Actor) -> str:
    """Where what was sent to a name server is taken back; "" for anything else."""
    if entry.object_type != "dns" or not actor.touches_everything:
        return ""
    url = page_of(entry)
    return f"{url}published/{entry.pk}/" if url else ""
