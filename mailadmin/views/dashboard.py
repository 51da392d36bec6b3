"""The dashboard: counts, what to do first, what is wrong with the tables, what changed last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from audit.access import actor_of, operator_required
from audit.actor import Actor
from audit.models import Entry
from audit.reading import action_words, entries_visible_to
from domains.keys import row_url
from domains.models import Domain, Transport
from domains.schema import schema
from mailadmin.faults import faults_of_tables
from mailboxes.models import Forwarding, Mailbox

# A count stops here; beyond it the page says "more than".
COUNTED = 10_000
RECENT = 8
PAGES = {
    "domain": "show_domain",
    "mailbox": "show_mailbox",
    "forwarding": "change_forwarding",
    "transport": "change_transport",
}


@dataclass(frozen=True)
class Tile:
    """A number on the dashboard. `count` is None where only a scan of the table could tell."""

    label: Any
    icon: str
    url: str
    add_url: str
    count: int | None
    more: bool


@dataclass(frozen=True)
class Change:
    """An entry of the change log in words; `url` is "" where the object has no page any more."""

    time: datetime
    actor: str
    words: str
    key: str
    url: str

    @property
    def just_now(self) -> bool:
        """Less than a minute ago, for which Django would say "0 minutes"."""
        return timezone.now() - self.time < timedelta(minutes=1)


@require_safe
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """Operators see the server at a glance; a mailbox owner goes to his own page."""
    if actor_of(request).is_mailbox_owner:
        return redirect("show_account")
    return _dashboard(request)


@operator_required
def _dashboard(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    tiles = _tiles(actor)
    context = {
        "tiles": tiles,
        "no_domain": tiles[0].count == 0,
        "no_mailbox": tiles[0].count != 0 and tiles[1].count == 0,
        "faults": faults_of_tables() if actor.touches_everything else (),
        "changes": [_change(entry) for entry in entries_visible_to(actor)[:RECENT]],
    }
    return render(request, "mailadmin/dashboard.html", context)


def _tiles(actor: Actor) -> list[Tile]:
    return [
        _tile(actor, Domain, _("Domains"), "world", "list_domains", "create_domain"),
        _tile(actor, Mailbox, _("Mailboxes"), "mailbox", "list_mailboxes", "create_mailbox"),
        _tile(
            actor, Forwarding, _("Forwardings"), "forward", "list_forwardings", "create_forwarding"
        ),
        _tile(
            actor, Transport, _("Transports"), "transport", "list_transports", "create_transport"
        ),
    ]


def _tile(actor: Actor, model: Any, label: Any, icon: str, page: str, add: str) -> Tile:
    may_add = actor.touches_everything or model is not Domain
    count = _bounded_count(actor, model)
    return Tile(
        label=label,
        icon=icon,
        url=reverse(page),
        add_url=reverse(add) if may_add else "",
        count=None if count is None else min(count, COUNTED),
        more=count is not None and count > COUNTED,
    )


def _bounded_count(actor: Actor, model: Any) -> int | None:
    """Rows the actor sees, counted no further than one past the bound."""
    table = model._meta.db_table
    by_domain = table in ("users", "forwardings") and not actor.touches_everything
    if by_domain and table not in schema().indexed:
        return None
    return int(model.objects.visible_to(actor).order_by("pk")[: COUNTED + 1].count())


def _change(entry: Entry) -> Change:
    page = PAGES.get(entry.object_type)
    return Change(
        time=entry.time,
        actor=entry.actor,
        words=action_words(entry.action),
        key=entry.object_key,
        url=row_url(page, entry.object_key) if page and not entry.removed else "",
    )
