"""Django admin for virtual domains and transports.

It stands here and not in `domains`: deleting a virtual domain is a service of `mailboxes`, which
`domains` must not import. `bulk.admin` registers it, with actions on many rows.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.admin_base import ServiceAdmin, ServiceModelForm
from domains.models import Domain, Transport
from domains.services import (
    change_transport,
    create_domain,
    create_transport,
    delete_transport,
)
from domains.state import state_of
from mailboxes.admin_filters import DomainFilter
from mailboxes.dependents import domain_dependents
from mailboxes.services.domains import delete_domain


class DomainForm(ServiceModelForm):
    """A new virtual domain."""

    class Meta:
        model = Domain
        fields = ("domain",)

    def carry_out(self) -> Domain:
        data = self.cleaned_data
        return create_domain(actor=self.actor, domain=data["domain"], force=data["force"])


class DomainAdmin(ServiceAdmin):
    """Virtual domains are added and deleted; there is nothing else to change in them."""

    form = DomainForm
    list_display = ("domain", "shown")
    superadmins_add: ClassVar[bool] = True

    @admin.display(description=_("as people write it"))
    def shown(self, obj: Domain) -> str:
        return obj.display_name

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_row(self, actor: Actor, key: str) -> None:
        delete_domain(actor=actor, domain=key)

    def lost_with(self, obj: Domain, actor: Actor) -> list[str]:
        found = domain_dependents(obj.domain)
        texts = (
            (found.mailboxes, _("%(domain)s: %(count)s mailboxes go too")),
            (found.forwardings_from, _("%(domain)s: %(count)s forwardings go too")),
            (found.forwardings_to, _("%(domain)s: %(count)s other forwardings lose a target")),
            (found.transports, _("%(domain)s: %(count)s transports go too")),
        )
        return [
            str(text)
            % {
                "domain": obj.domain,
                "count": f"{some.count}+" if some.more else str(some.count),
            }
            for some, text in texts
            if some
        ]


class TransportForm(ServiceModelForm):
    """A transport."""

    class Meta:
        model = Transport
        fields = ("domain", "transport")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "transport" in self.fields:
            self.fields["transport"].required = False

    def present_state(self) -> str:
        row: Any = self.instance
        return state_of({"domain": row.domain, "transport": row.transport})

    def carry_out(self) -> Transport:
        data = self.cleaned_data
        force = bool(data.get("force"))
        if not self.key:
            return create_transport(
                actor=self.actor, domain=data["domain"], transport=data["transport"], force=force
            )
        # In a list the key is no text but the row that Django chose by it.
        domain = None if self.in_list else data.get("domain")
        return change_transport(
            actor=self.actor,
            key=self.key,
            # A key of blanks comes stripped out of the form, and is the same one.
            domain=None if not domain or domain == self.key.strip() else domain,
            transport=data["transport"],
            force=force,
            state=data.get("state") or None,
        )


class TransportAdmin(ServiceAdmin):
    """Transports; their values can be edited in the list."""

    form = TransportForm
    list_display = ("domain", "transport")
    list_editable = ("transport",)
    list_filter = (DomainFilter,)

    def delete_row(self, actor: Actor, key: str) -> None:
        delete_transport(actor=actor, key=key)
