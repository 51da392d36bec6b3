"""Django admin for mailboxes and forwardings, by the panel's services, rules and log.

`bulk.admin` registers it, with actions on many rows.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.access import actor_of
from audit.actor import Actor
from audit.admin_base import ServiceAdmin, ServiceModelForm
from domains.state import state_of
from mailboxes.admin_filters import DomainFilter, KindFilter, StateFilter
from mailboxes.dependents import mailbox_dependents
from mailboxes.found import way_for
from mailboxes.leading import found_by
from mailboxes.models import Forwarding, Mailbox
from mailboxes.naming import named
from mailboxes.seen import has_mailbox
from mailboxes.services.forwardings import (
    change_forwarding,
    create_forwarding,
    delete_forwarding,
    forwarding_row,
)
from mailboxes.services.mailboxes import (
    create_mailbox,
    delete_mailbox,
    mailbox_row,
    set_mailbox_password,
)
from mailboxes.words import badges


class ForwardingForm(ServiceModelForm):
    """A forwarding."""

    class Meta:
        model = Forwarding
        fields = ("source", "destination")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "destination" in self.fields:
            self.fields["destination"].required = False
            self.fields["destination"].widget.attrs["rows"] = 2 if self.in_list else 5

    def present_state(self) -> str:
        row: Any = self.instance
        return state_of(forwarding_row(row))

    def carry_out(self) -> Forwarding:
        data = self.cleaned_data
        force = bool(data.get("force"))
        if not self.key:
            return create_forwarding(
                actor=self.actor,
                source=data["source"],
                destination=data["destination"],
                force=force,
            )
        source = None if self.in_list else data.get("source")
        return change_forwarding(
            actor=self.actor,
            key=self.key,
            source=None if not source or source == self.key.strip() else source,
            destination=data["destination"],
            force=force,
            state=data.get("state") or None,
        )


class ForwardingAdmin(ServiceAdmin):
    """Forwardings; their destinations can be edited in the list."""

    form = ForwardingForm
    list_display = ("source", "destination")
    list_editable = ("destination",)
    list_filter = (DomainFilter, KindFilter)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        rows: Any = queryset
        if not text:
            return rows, False
        find = way_for(actor_of(request), request.GET.get("domain", "").strip())
        # As on the panel's own list.
        return (found_by(rows, text, find) if find.by_table else rows.matching_either(text)), False

    def is_dangerous(self, request: HttpRequest, key: str) -> bool:
        typed = request.POST.get("source", "").strip()
        return has_mailbox((key, typed), actor_of(request))

    def delete_row(self, actor: Actor, key: str) -> None:
        delete_forwarding(actor=actor, key=key)


class MailboxForm(ServiceModelForm):
    """A mailbox: its password is typed twice and leaves as a hash."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty leaves the present one as it is."),
    )
    password2 = forms.CharField(
        label=_("Password again"),
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    field_of: ClassVar[dict[str, str]] = {"password": "password1"}

    class Meta:
        model = Mailbox
        fields = ("email",)

    def present_state(self) -> str:
        row: Any = self.instance
        return state_of(mailbox_row(row))

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("password1", "") != self.cleaned_data.get("password2", ""):
            self.add_error("password2", forms.ValidationError(_("The two passwords differ.")))
        return super().clean()

    def carry_out(self) -> Mailbox:
        data = self.cleaned_data
        if not self.key:
            return create_mailbox(
                actor=self.actor,
                email=data["email"],
                password=data["password1"],
                force=data["force"],
            )
        if not data["password1"]:
            mailbox: Mailbox = self.instance
            return mailbox
        return set_mailbox_password(
            actor=self.actor,
            email=self.key,
            password=data["password1"],
            force=data["force"],
            state=data["state"] or None,
        )


class MailboxAdmin(ServiceAdmin):
    """Mailboxes; no hash is shown, and none is typed."""

    form = MailboxForm
    list_display = ("email", "scheme", "condition")
    list_filter = (DomainFilter, StateFilter)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("email", "scheme", "condition")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        shown = ("email",) if obj is None else ("email", "scheme", "condition")
        return (*shown, "password1", "password2", "force", "state")

    @admin.display(description=_("password hash"))
    def scheme(self, obj: Mailbox) -> str:
        return str(obj.judgement.scheme or "–")

    @admin.display(description=_("condition"))
    def condition(self, obj: Mailbox) -> str:
        return ", ".join(str(badge.label) for badge in badges(obj.judgement)) or str(_("in order"))

    def is_dangerous(self, request: HttpRequest, key: str) -> bool:
        return bool(key and request.POST.get("password1"))

    def delete_row(self, actor: Actor, key: str) -> None:
        delete_mailbox(actor=actor, email=key)

    def lost_with(self, obj: Mailbox, actor: Actor) -> list[str]:
        losing = mailbox_dependents(obj.email).losing.keys
        text = _("the forwarding %(source)s loses the target %(email)s")
        return [
            str(text) % {"source": source, "email": obj.email} for source in named(losing, actor)
        ]
