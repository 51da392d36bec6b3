"""Forms of sign-in."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.forms import PLAIN_TEXT, ServiceForm, password_field


class ProofForm(ServiceForm):
    """Something that proves who somebody is, in the field `proof`."""

    proof: ClassVar[str]
    wrong: ClassVar[Any]

    def refuse(self) -> None:
        """Say that the proof is none."""
        self.add_error(self.proof, forms.ValidationError(self.wrong, "sign_in"))

    def slow_down(self, seconds: int) -> None:
        """Say that too much has failed, and when to try again."""
        slow_down(self, self.proof, seconds)


def slow_down(form: forms.Form, field: str, seconds: int) -> None:
    """Say at this field that too much has failed, and when to try again."""
    form.add_error(
        field,
        forms.ValidationError(
            _("Too many attempts have failed. Try again in %(time)s."),
            "locked_out",
            {"time": in_words(seconds)},
        ),
    )


class SignInForm(ProofForm):
    """Name or address, and password."""

    begins_with: ClassVar[str] = "username"
    proof = "password"
    # One sentence for an unknown name and a wrong password: it tells nobody which names exist.
    wrong = _("This name and password do not fit together, or may not sign in.")

    username = forms.CharField(
        label=_("Name or address"),
        required=False,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "autocomplete": "username"}),
    )
    password = password_field(_("Password"), autocomplete="current-password")


class SignInAgainForm(ProofForm):
    """The password of whoever is signed in already."""

    begins_with: ClassVar[str] = "password"
    proof = "password"
    wrong = _("This is not your password.")

    password = password_field(_("Your password"), autocomplete="current-password")


class CodeForm(ProofForm):
    """The number that an authenticator app shows; a recovery code does as well."""

    begins_with: ClassVar[str] = "code"
    proof = "code"
    wrong = _("This code does not fit. Each works once; wait for the next one.")

    code = forms.CharField(
        label=_("Number from your authenticator app"),
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={**PLAIN_TEXT, "autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )

    def refuse(self) -> None:
        """Say that it does not fit, and make room for the next one."""
        super().refuse()
        self.data = {**self.data.dict(), self.proof: ""}  # type: ignore[attr-defined]


class RecoveryCodeForm(CodeForm):
    """A recovery code."""

    wrong = _("This is not one of your recovery codes, or it was used before.")

    code = forms.CharField(
        label=_("Recovery code"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": "k7mp-2x4c-9wtr-hq3d"}),
    )


class PasskeyForm(ProofForm):
    """What a passkey has signed, as the browser hands it over."""

    proof = "credential"
    wrong = _("This passkey does not open this panel, or it took too long. Try again.")

    credential = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def refuse_suspended(self) -> None:
        """Say why a passkey that fits opens nothing."""
        self.add_error(
            self.proof,
            forms.ValidationError(
                _("The passkeys of this mailbox are suspended. Sign in with the password."),
                "suspended",
            ),
        )


def in_words(seconds: int) -> str:
    """How long to wait: in seconds below a minute and a half, else in minutes, rounded up."""
    if seconds < 90:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
