"""Forms for DKIM keys."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT, ServiceForm
from mailkit.dkim.signing import ED25519, RSA


class MakeKeyForm(ServiceForm):
    """A new key. No private key is ever typed or shown."""

    kind = forms.ChoiceField(
        label=_("Type"),
        choices=((RSA, _("RSA, 2048 bits: every receiver knows it")), (ED25519, _("Ed25519"))),
        initial=RSA,
        help_text=_("Ed25519 is for rspamd, beside an RSA key: many receivers do not know it yet."),
    )
    selector = forms.CharField(
        label=_("Selector"),
        required=False,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": "s20261124"}),
        help_text=_("The key’s name in DNS. Left empty, it is made from the day’s date."),
    )


class StepForm(ServiceForm):
    """A step that asks for nothing but a click, and for a second one where it warns."""
