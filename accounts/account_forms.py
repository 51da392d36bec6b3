"""Forms of the mailbox owner's own pages, and of those behind a one-time link."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT, ServiceForm, password_field, state_field


class ChosenPasswordForm(ServiceForm):
    """A new password, typed twice."""

    begins_with: ClassVar[str] = "new_password1"
    field_of: ClassVar[dict[str, str]] = {"password": "new_password1"}
    passwords: ClassVar[tuple[str, ...]] = ("new_password1", "new_password2")

    new_password1 = password_field(_("New password"))
    new_password2 = password_field(_("New password again"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("new_password1", "") != cleaned.get("new_password2", ""):
            self.add_error(
                "new_password2", forms.ValidationError(_("The two passwords differ."), "differ")
            )
            self.keep_passwords()
        return cleaned


class OwnPasswordForm(ChosenPasswordForm):
    """A mailbox owner's new password, with the present one as proof."""

    begins_with: ClassVar[str] = ""
    field_order = ("old_password", "new_password1", "new_password2")

    old_password = password_field(_("Present password"), autocomplete="current-password")


class OwnForwardingForm(ServiceForm):
    """Where the mail to the own address goes beside, or instead of, the mailbox."""

    destination = forms.CharField(
        label=_("Send my mail to"),
        required=False,
        widget=forms.Textarea(
            attrs={**PLAIN_TEXT, "rows": 4, "placeholder": "anna@example.net", "inputmode": "email"}
        ),
        help_text=_("One address a line. Nothing here: all mail stays in this mailbox."),
    )
    keep_copy = forms.BooleanField(
        label=_("Keep a copy in this mailbox"),
        required=False,
        help_text=_(
            "Without the tick no more mail arrives in this mailbox: it goes to the addresses above "
            "only, and a mail program that reads this mailbox sees nothing new."
        ),
    )
    state = state_field()


class RecoveryAddressForm(ServiceForm):
    """A recovery address, with the password as proof."""

    begins_with: ClassVar[str] = "address"

    address = forms.CharField(
        label=_("Recovery address"),
        required=False,
        widget=forms.TextInput(
            attrs={**PLAIN_TEXT, "inputmode": "email", "placeholder": "anna@example.net"}
        ),
        help_text=_("An address of yours that you can read without this mailbox."),
    )
    password = password_field(_("Your password"), autocomplete="current-password")


class ProofForm(ServiceForm):
    """The password, as proof."""

    password = password_field(_("Your present password"), autocomplete="current-password")


class AskForLinkForm(ServiceForm):
    """The address of the mailbox whose password is forgotten."""

    begins_with: ClassVar[str] = "address"

    address = forms.CharField(
        label=_("Your mailbox address"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(
            attrs={**PLAIN_TEXT, "inputmode": "email", "autocomplete": "username"}
        ),
    )

    def clean_address(self) -> str:
        typed: str = self.cleaned_data["address"].strip()
        if "@" not in typed:
            raise forms.ValidationError(
                _("Type the whole address of your mailbox, such as anna@example.org."), "no_at"
            )
        return typed


class InvitationForm(ServiceForm):
    """Where an invitation is sent; nothing: the operator hands it out."""

    address = forms.CharField(
        label=_("Send it to"),
        required=False,
        widget=forms.TextInput(
            attrs={**PLAIN_TEXT, "inputmode": "email", "placeholder": "anna@example.net"}
        ),
        help_text=_("An address that the owner reads already. Not the mailbox itself."),
    )


class OneClickForm(ServiceForm):
    """Nothing but a click."""
