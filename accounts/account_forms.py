"""Forms of the mailbox owner's own pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.forms import ServiceForm, password_field


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
