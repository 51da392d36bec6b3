"""What an action on many rows asks for before its plan is made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT, ServiceForm


def _text(label: Any, placeholder: str, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": placeholder})
    return forms.CharField(label=label, max_length=500, widget=widget, **more)


class DependentsForm(ServiceForm):
    """What becomes of what hangs on the rows."""

    dependents = forms.ChoiceField(
        label=_("What hangs on them"),
        choices=[("remove", _("Remove it too")), ("keep", _("Keep it"))],
        initial="remove",
        widget=forms.RadioSelect,
    )


class MoveForm(ServiceForm):
    """Which destination is replaced by which."""

    old = _text(_("Replace this destination"), "anna@example.org")
    new = _text(_("by this one"), "berta@example.org")


class ReplaceDestinationTextForm(ServiceForm):
    """A part of destinations is replaced by another one."""

    old = _text(
        _("Replace this in destinations"),
        "@old.example.org",
        help_text=_("What begins with @ is a whole domain; anything else may be a part."),
    )
    new = _text(_("by this"), "@new.example.org", required=False)


class AddDestinationForm(ServiceForm):
    """One destination more."""

    new = _text(_("Add this destination"), "archive@example.org")


class RemoveDestinationForm(ServiceForm):
    """One destination less."""

    old = _text(_("Remove this destination"), "anna@example.org")


class ReplaceTransportTextForm(ServiceForm):
    """A part of transports is replaced by another one."""

    old = _text(_("Replace this in transports"), "[old.example.org]")
    new = _text(_("by this"), "[new.example.org]", required=False)
