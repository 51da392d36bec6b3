"""Forms for operators: add one, change role, domains and limits, set a password."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.services import LARGEST_LIMIT
from audit.forms import PLAIN_TEXT, ServiceForm, password_field


class _RoleForm(ServiceForm):
    superadmin = forms.BooleanField(
        label=_("Superadmin"),
        required=False,
        help_text=_("May do everything, operators included. Domains and limits do not count then."),
    )
    domains = forms.CharField(
        label=_("Domains"),
        required=False,
        widget=forms.Textarea(attrs={**PLAIN_TEXT, "rows": 5}),
        help_text=_("One a line. A domain admin sees and changes what lies in these, and no more."),
    )
    max_mailboxes = forms.IntegerField(
        label=_("Mailboxes at most"),
        required=False,
        min_value=0,
        max_value=LARGEST_LIMIT,
        help_text=_("In all these domains together. Empty: no limit."),
    )
    max_forwardings = forms.IntegerField(
        label=_("Forwardings at most"), required=False, min_value=0, max_value=LARGEST_LIMIT
    )

    field_of: ClassVar[dict[str, str]] = {"domain": "domains"}

    def clean_domains(self) -> list[str]:
        text: str = self.cleaned_data["domains"]
        return text.replace(",", " ").split()


class AddOperatorForm(_RoleForm):
    """A new operator."""

    begins_with: ClassVar[str] = "username"
    passwords: ClassVar[tuple[str, ...]] = ("password1", "password2")
    field_of: ClassVar[dict[str, str]] = {"password": "password1", "domain": "domains"}

    field_order = ("username", "password1", "password2", "superadmin", "domains")

    username = forms.CharField(
        label=_("Name"),
        required=False,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "autocomplete": "off"}),
        help_text=_("Lower-case letters, digits, dots, hyphens, underscores; no @."),
    )
    password1 = password_field(_("Password"))
    password2 = password_field(_("Password again"))

    def clean(self) -> dict[str, Any]:
        return _same_passwords(self)


class ChangeOperatorForm(_RoleForm):
    """Role, domains and limits of an operator."""


class OperatorPasswordForm(ServiceForm):
    """A new password for an operator."""

    begins_with: ClassVar[str] = "password1"
    passwords: ClassVar[tuple[str, ...]] = ("password1", "password2")
    field_of: ClassVar[dict[str, str]] = {"password": "password1"}

    password1 = password_field(_("New password"))
    password2 = password_field(_("New password again"))

    def clean(self) -> dict[str, Any]:
        return _same_passwords(self)


class OwnOperatorPasswordForm(OperatorPasswordForm):
    """An operator's own new password, with the present one as proof."""

    begins_with: ClassVar[str] = "old_password"
    field_order = ("old_password", "password1", "password2")

    old_password = password_field(_("Present password"), autocomplete="current-password")


def _same_passwords(form: ServiceForm) -> dict[str, Any]:
    cleaned: dict[str, Any] = super(ServiceForm, form).clean() or {}
    if cleaned.get("password1", "") != cleaned.get("password2", ""):
        form.add_error("password2", forms.ValidationError(_("The two passwords differ."), "differ"))
        form.keep_passwords()
    return cleaned
