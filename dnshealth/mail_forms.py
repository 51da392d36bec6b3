"""The form for mails about changes."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT, ServiceForm


class MailsForm(ServiceForm):
    """Where to, and whether."""

    begins_with: ClassVar[str] = "address"

    address = forms.CharField(
        label=_("Your address"),
        required=False,
        max_length=254,
        widget=forms.TextInput(
            attrs={**PLAIN_TEXT, "inputmode": "email", "placeholder": "you@example.net"}
        ),
        help_text=_(
            "Best one that does not depend on these domains: a mail about their faults has to "
            "reach you."
        ),
    )
    wanted = forms.BooleanField(label=_("Send me mails when something changes"), required=False)
