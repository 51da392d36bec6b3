"""Django admin for the four tables, with the panel's actions on many rows: each begins a job.

The classes without them stand in `mailboxes`, which must not know of jobs. An action takes the
ticked keys, or the filter itself where all that match are chosen: no row is read and none counted
before the plan is made, so it is the same with ten rows and a million.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse

from audit.access import actor_of
from audit.admin_base import ServiceAdmin
from bulk.actions import Action, actions_on
from bulk.beginning import Chosen, begin
from domains.models import Domain, Transport
from mailboxes.admin import ForwardingAdmin, MailboxAdmin
from mailboxes.admin_domains import DomainAdmin, TransportAdmin
from mailboxes.models import Forwarding, Mailbox
from mailkit.addresses import AddressError, parse_domain


class WithJobs(ServiceAdmin):
    """The actions of `bulk.actions` on the rows of this table, in place of Django's own."""

    noun: ClassVar[str]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = actions_on(self.noun, actor_of(request))
        return {one.kind: (partial(_begin, one), one.kind, str(one.label)) for one in found}

    def chosen(self, request: HttpRequest) -> Chosen:
        """The rows that the list's form is about."""
        asked = {name: request.GET.get(name, "").strip() for name in ("q", "domain", *self._own)}
        filters = {name: text for name, text in asked.items() if text and "\x00" not in text}
        if "domain" in filters:
            filters["domain"] = _a_label(filters["domain"])
        if request.POST.get("select_across") == "1":
            return Chosen(self.noun, None, filters)
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)[: self.list_max_show_all]
        return Chosen(self.noun, [key for key in keys if "\x00" not in key], filters)

    @property
    def _own(self) -> list[str]:
        named = (getattr(one, "parameter_name", "") for one in self.list_filter)
        return [name for name in named if name and name != "domain"]


def _a_label(text: str) -> str:
    try:
        return parse_domain(text)
    except AddressError:
        return text


def _begin(
    action: Action, model_admin: WithJobs, request: HttpRequest, queryset: Any
) -> HttpResponse:
    """What Django calls for the chosen one; `queryset` is left alone."""
    return begin(request, action, model_admin.chosen(request))


@admin.register(Domain)
class BulkDomainAdmin(WithJobs, DomainAdmin):
    """Virtual domains."""

    noun: ClassVar[str] = "domain"


@admin.register(Mailbox)
class BulkMailboxAdmin(WithJobs, MailboxAdmin):
    """Mailboxes."""

    noun: ClassVar[str] = "mailbox"


@admin.register(Forwarding)
class BulkForwardingAdmin(WithJobs, ForwardingAdmin):
    """Forwardings."""

    noun: ClassVar[str] = "forwarding"


@admin.register(Transport)
class BulkTransportAdmin(WithJobs, TransportAdmin):
    """Transports."""

    noun: ClassVar[str] = "transport"
