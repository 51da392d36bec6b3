"""The form that takes what the doctor's command printed elsewhere: pasted, or as a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT
from mailkit.doctor import LARGEST


class BundleForm(forms.Form):
    """`cleaned_data["bundle"]` is the text, wherever it came from."""

    bundle = forms.CharField(
        label=_("The command's output"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={**PLAIN_TEXT, "rows": 6, "class": "form-control"}),
    )
    file = forms.FileField(
        label=_("Or a file with it"),
        required=False,
        widget=forms.FileInput(attrs={"class": "form-control"}),
    )

    def clean(self) -> dict[str, Any]:
        """Take the file where there is one."""
        values = super().clean() or self.cleaned_data
        file = values.get("file")
        if file is not None:
            # In bytes: no less than its characters.
            if file.size > LARGEST:
                raise ValidationError(
                    {"file": ValidationError(_("The file is larger than 1 MB."), code="too_large")}
                )
            values["bundle"] = file.read(LARGEST).decode("utf-8", "replace")
        if not str(values.get("bundle") or "").strip():
            text = _("Paste the output of the command, or choose a file with it.")
            raise ValidationError({"bundle": ValidationError(text, code="required")})
        return values


class AskForm(forms.Form):
    """An address and a password to try. The password is never sent back."""

    address = forms.CharField(
        label=_("Address"),
        max_length=255,
        error_messages={"required": _("Type the address.")},
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "class": "form-control"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=2000,
        error_messages={"required": _("Type the password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "form-control"}),
    )
