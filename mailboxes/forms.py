"""Forms for mailboxes and forwardings."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT, ServiceForm, password_field, state_field
from mailboxes.exports.wanted import Format


class NewPasswordForm(ServiceForm):
    """A password typed twice."""

    field_of: ClassVar[dict[str, str]] = {"password": "password1"}
    passwords: ClassVar[tuple[str, ...]] = ("password1", "password2")

    password1 = password_field(_("Password"))
    password2 = password_field(_("Password again"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("password1", "") != cleaned.get("password2", ""):
            self.add_error(
                "password2", forms.ValidationError(_("The two passwords differ."), "differ")
            )
            self.keep_passwords()
        return cleaned


class MailboxForm(NewPasswordForm):
    """A new mailbox."""

    begins_with: ClassVar[str] = "email"

    email = forms.CharField(
        label=_("Address"),
        required=False,
        widget=forms.TextInput(
            attrs={**PLAIN_TEXT, "inputmode": "email", "placeholder": "anna@example.org"}
        ),
    )

    invite = forms.BooleanField(
        label=_("The owner chooses the password"),
        required=False,
        help_text=_("By an invitation link, which you get on the next page."),
    )

    field_order = ("email", "invite", "password1", "password2")

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("invite"):
            # Whatever is typed below does not count.
            return self.cleaned_data
        return super().clean()


class MailboxPasswordForm(NewPasswordForm):
    """A new password for a mailbox."""

    begins_with: ClassVar[str] = "password1"

    outlives_its_row: ClassVar[bool] = True

    state = state_field()


class ForwardingForm(ServiceForm):
    """A forwarding: what it takes, and the addresses it leads to."""

    source = forms.CharField(
        label=_("Mail to"),
        required=False,
        widget=forms.TextInput(
            attrs={**PLAIN_TEXT, "inputmode": "email", "placeholder": "info@example.org"}
        ),
        help_text=_(
            "An address, or @example.org for every address of a domain that has no mailbox or "
            "forwarding of its own (catch-all)."
        ),
    )
    destination = forms.CharField(
        label=_("Goes to"),
        required=False,
        widget=forms.Textarea(
            attrs={**PLAIN_TEXT, "rows": 4, "placeholder": "anna@example.org\nbert@example.net"}
        ),
        help_text=_(
            "One address a line. With the address itself among them its mailbox keeps a copy. "
            "@example.net alone sends a whole domain to the same names there (domain alias)."
        ),
    )


class ChangeForwardingForm(ForwardingForm):
    """The same for a row that exists: without `source` it is kept."""

    outlives_its_row: ClassVar[bool] = True

    state = state_field()


class ExportForm(ServiceForm):
    """How a list's rows are written; `hashes` is a superadmin's alone, which the service checks."""

    format = forms.ChoiceField(
        label=_("Format"),
        choices=[(one.value, one.value) for one in Format],
        initial=Format.CSV.value,
        error_messages={"required": _("Choose a format.")},
    )
    hashes = forms.BooleanField(label=_("With the passwords’ hashes"), required=False)
