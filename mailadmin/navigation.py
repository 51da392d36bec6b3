"""The entries of the navigation, for templates: what this actor has, and which one is open."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from audit.actor import NOBODY, Actor, ActorKind


@dataclass(frozen=True)
class Item:
    """One entry; `icon` is a file of templates/icons."""

    label: Any
    url: str
    icon: str
    active: bool


@dataclass(frozen=True)
class _Entry:
    label: Any
    name: str
    icon: str
    may: Callable[[Actor], bool]


def _operators(actor: Actor) -> bool:
    return actor.is_operator


def _everybody(actor: Actor) -> bool:
    return actor.is_operator or actor.is_mailbox_owner


def _superadmins(actor: Actor) -> bool:
    return actor.is_operator and actor.touches_everything


def _owners(actor: Actor) -> bool:
    return actor.is_mailbox_owner


ENTRIES = (
    _Entry(_("Dashboard"), "dashboard", "home", _operators),
    _Entry(_("Domains"), "list_domains", "world", _operators),
    _Entry(_("Mailboxes"), "list_mailboxes", "mailbox", _operators),
    _Entry(_("Forwardings"), "list_forwardings", "forward", _operators),
    _Entry(_("Transports"), "list_transports", "transport", _operators),
    _Entry(_("DNS"), "list_dns", "globe-check", _operators),
    _Entry(_("Trace"), "trace_address", "route", _operators),
    _Entry(_("Lint"), "show_lint", "search", _superadmins),
    _Entry(_("Doctor"), "examine_servers", "stethoscope", _superadmins),
    _Entry(_("Queue and log"), "show_queue", "inbox", _superadmins),
    _Entry(_("Jobs"), "list_jobs", "check", _operators),
    _Entry(_("Django admin"), "admin:index", "table", _operators),
    _Entry(_("Change log"), "list_changes", "history", _operators),
    _Entry(_("Mail servers"), "show_configuration", "server", _superadmins),
    _Entry(_("Operators"), "list_operators", "user", _superadmins),
    _Entry(_("Your mailbox"), "show_account", "mailbox", _owners),
    _Entry(_("Password"), "change_own_password", "key", _owners),
    _Entry(_("Security"), "show_security", "shield", _everybody),
)

_DNS_OF_DOMAIN = re.compile(r"/domains/.+/dns/.*", re.DOTALL)

ROLES = {
    ActorKind.SUPERADMIN: _("superadmin"),
    ActorKind.DOMAIN_ADMIN: _("domain admin"),
    ActorKind.MAILBOX_OWNER: _("mailbox owner"),
}


def navigation(request: HttpRequest) -> dict[str, object]:
    """Context processor: `actor`, `role` and the `navigation`.

    Lazy, so that an error page may be rendered with a request and without the database.
    """
    actor: Actor = getattr(request, "actor", NOBODY)
    return {
        "actor": actor,
        "role": SimpleLazyObject(lambda: str(ROLES.get(actor.kind, ""))),
        "navigation": SimpleLazyObject(lambda: _items(actor, request.path)),
    }


def _items(actor: Actor, path: str) -> list[Item]:
    found = [(entry, reverse(entry.name)) for entry in ENTRIES if entry.may(actor)]
    # The most specific one that the path begins with: /account/password/ is not /account/.
    inside = [url for _entry, url in found if path == url or (url != "/" and path.startswith(url))]
    if _DNS_OF_DOMAIN.fullmatch(path):
        # It lies below /domains/, and belongs to the matrix.
        inside = [reverse("list_dns")]
    open_url = max(inside, key=len, default="")
    return [Item(entry.label, url, entry.icon, url == open_url) for entry, url in found]
