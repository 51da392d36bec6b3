"""Django admin for mailboxes and forwardings: bulk edits by the panel's services, rules and log."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.access import actor_of
from audit.actor import Actor
from audit.admin_base import ServiceAdmin, ServiceModelForm
from domains.state import state_of
from mailboxes.admin_domains import DomainAdmin, TransportAdmin
from mailboxes.admin_filters import DomainFilter, KindFilter, StateFilter
from mailboxes.dependents import mailbox_dependents
from mailboxes.leading import found_by, leading
from mailboxes.models import Forwarding, Mailbox
from mailboxes.naming import named
from mailboxes.open_sessions import ended_together
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
    new_hash,
    resume_mailbox,
    set_mailbox_password,
    store_hash,
    suspend_mailbox,
)
from mailboxes.words import badges
from mailkit.passwords import generate_password

# Django imports this module only; all four are registered by it.
__all__ = ["DomainAdmin", "ForwardingAdmin", "MailboxAdmin", "TransportAdmin"]


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


class ReplaceTargetForm(forms.Form):
    """Which destination is replaced by which, in the chosen forwardings."""

    old = forms.CharField(label=_("Replace this destination"))
    new = forms.CharField(label=_("by this one"))
    force = forms.BooleanField(required=False, label=_("Do it despite warnings"))


@admin.register(Forwarding)
class ForwardingAdmin(ServiceAdmin):
    """Forwardings; their destinations can be edited in the list."""

    form = ForwardingForm
    list_display = ("source", "destination")
    list_editable = ("destination",)
    list_filter = (DomainFilter, KindFilter)
    actions = ("replace_target",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        rows: Any = queryset
        if not text:
            return rows, False
        find = leading()
        # As on the panel's own list.
        return (found_by(rows, text, find) if find.by_table else rows.matching_either(text)), False

    def is_dangerous(self, request: HttpRequest, key: str) -> bool:
        typed = request.POST.get("source", "").strip()
        return has_mailbox((key, typed), actor_of(request))

    def delete_row(self, actor: Actor, key: str) -> None:
        delete_forwarding(actor=actor, key=key)

    @admin.action(description=_("Replace a destination …"))
    def replace_target(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        form = ReplaceTargetForm(request.POST if request.POST.get("confirmed") else None)
        page = self.confirmed(
            request,
            queryset,
            "replace_target",
            _("Replace a destination in these forwardings?"),
            _("Replace"),
            form,
        )
        if page is not None:
            return page
        old, new = (form.cleaned_data[name].strip() for name in ("old", "new"))

        def replace(actor: Actor, key: str) -> None:
            row = Forwarding.objects.get(pk=key)
            targets = [new if one.lower() == old.lower() else one for one in row.destinations]
            if targets != row.destinations:
                change_forwarding(
                    actor=actor,
                    key=key,
                    destination="\n".join(targets),
                    force=form.cleaned_data["force"],
                )

        done = self.for_each(request, queryset, replace)
        _say_done(self, request, done)
        return None


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


@admin.register(Mailbox)
class MailboxAdmin(ServiceAdmin):
    """Mailboxes; no hash is shown, and none is typed."""

    form = MailboxForm
    list_display = ("email", "scheme", "condition")
    list_filter = (DomainFilter, StateFilter)
    actions = ("suspend", "resume", "new_passwords")

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

    def around_many(self) -> AbstractContextManager[None]:
        return ended_together()

    def delete_row(self, actor: Actor, key: str) -> None:
        delete_mailbox(actor=actor, email=key)

    def lost_with(self, obj: Mailbox, actor: Actor) -> list[str]:
        losing = mailbox_dependents(obj.email).losing.keys
        text = _("the forwarding %(source)s loses the target %(email)s")
        return [
            str(text) % {"source": source, "email": obj.email} for source in named(losing, actor)
        ]

    @admin.action(description=_("Suspend"))
    def suspend(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        page = self.confirmed(
            request,
            queryset,
            "suspend",
            _("Suspend these mailboxes? Mail still arrives, nobody can sign in."),
            _("Suspend"),
        )
        if page is None:
            done = self.for_each(
                request, queryset, lambda actor, key: suspend_mailbox(actor=actor, email=key)
            )
            _say_done(self, request, done)
        return page

    @admin.action(description=_("Resume"))
    def resume(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        page = self.confirmed(
            request,
            queryset,
            "resume",
            _("Resume these mailboxes? Their former passwords work again."),
            _("Resume"),
        )
        if page is None:
            done = self.for_each(
                request, queryset, lambda actor, key: resume_mailbox(actor=actor, email=key)
            )
            _say_done(self, request, done)
        return page

    @admin.action(description=_("Set new passwords …"))
    def new_passwords(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        page = self.confirmed(
            request,
            queryset,
            "new_passwords",
            _("Set a new password for each of these mailboxes? They are shown once, afterwards."),
            _("Set new passwords"),
        )
        if page is not None:
            return page
        made: dict[str, str] = {}
        # Hashed before the transaction begins, in which every other writer waits on SQLite.
        keys = queryset.values_list("pk", flat=True)
        prepared = {str(key): _new_password() for key in keys}

        def renew(actor: Actor, key: str) -> None:
            password, stored = prepared.get(key) or _new_password()
            store_hash(actor=actor, email=key, stored=stored, action="set_mailbox_password")
            made[key] = password

        self.for_each(request, queryset, renew)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New passwords"),
            "made": made,
        }
        response = TemplateResponse(request, "admin/new_passwords.html", context)
        response["Cache-Control"] = "no-store"
        return response


def _new_password() -> tuple[str, str]:
    password = generate_password()
    return password, new_hash(password)


def _say_done(model_admin: ServiceAdmin, request: HttpRequest, done: int) -> None:
    text = ngettext("%(count)s row is done.", "%(count)s rows are done.", done)
    level = messages.SUCCESS if done else messages.WARNING
    model_admin.message_user(request, text % {"count": done}, level)
