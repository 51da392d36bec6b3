"""Forms of the page /account/security/."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.second_factor.models import NAME_LENGTH
from audit.forms import PLAIN_TEXT, ServiceForm


class SetUpAuthenticatorForm(ServiceForm):
    """The number that the app shows, as proof that it has the secret."""

    begins_with: ClassVar[str] = "code"

    code = forms.CharField(
        label=_("Number that the app shows"),
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={**PLAIN_TEXT, "autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )


class PasskeyNameForm(ServiceForm):
    """What a passkey is called."""

    begins_with: ClassVar[str] = "name"

    name = forms.CharField(
        label=_("Name"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": NAME_LENGTH}),
        help_text=_("For you to tell your devices apart."),
    )


class AddPasskeyForm(PasskeyNameForm):
    """A new passkey: its name, and what the device has made (filled in by the browser)."""

    credential = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


class ClickForm(ServiceForm):
    """Nothing but a click."""
