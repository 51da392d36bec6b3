"""Forms of sign-in and of the mailbox owner's own pages."""

from __future__ import annotations

from typing import Any, ClassVar

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


class OwnPasswordForm(ServiceForm):
    """A mailbox owner's new password, with the present one as proof."""

    field_of: ClassVar[dict[str, str]] = {"password": "new_password1"}
    passwords: ClassVar[tuple[str, ...]] = ("new_password1", "new_password2")

    old_password = password_field(_("Present password"), autocomplete="current-password")
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
