"""Forms of sign-in."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT, ServiceForm, password_field


class SignInForm(ServiceForm):
    """Name or address, and password."""

    begins_with: ClassVar[str] = "username"

    username = forms.CharField(
        label=_("Name or address"),
        required=False,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "autocomplete": "username"}),
    )
    password = password_field(_("Password"), autocomplete="current-password")

    def refuse(self) -> None:
        """Say that these two do not fit together.

        One sentence for an unknown name and a wrong password: it tells nobody which names exist.
        """
        self.add_error(
            "password",
            forms.ValidationError(
                _("This name and password do not fit together, or may not sign in."), "sign_in"
            ),
        )


class SignInAgainForm(ServiceForm):
    """The password of whoever is signed in already."""

    begins_with: ClassVar[str] = "password"

    password = password_field(_("Your password"), autocomplete="current-password")

    def refuse(self) -> None:
        """Say that it is wrong."""
        self.add_error(
            "password", forms.ValidationError(_("This is not your password."), "sign_in")
        )
