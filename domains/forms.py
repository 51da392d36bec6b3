"""Forms for virtual domains and transports."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT, ServiceForm, state_field


class DomainForm(ServiceForm):
    """A virtual domain as people write it."""

    begins_with: ClassVar[str] = "domain"

    domain = forms.CharField(
        label=_("Domain"),
        required=False,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": "example.org"}),
        help_text=_("Letters outside ASCII are welcome; they are stored as DNS knows them."),
    )


class TransportForm(ServiceForm):
    """A transport: its key and where mail for it goes."""

    domain = forms.CharField(
        label=_("For"),
        required=False,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": "example.org"}),
        help_text=_(
            "A domain, an address, .example.org for everything below a domain, or * for all "
            "that has no transport of its own."
        ),
    )
    transport = forms.CharField(
        label=_("Transport"),
        required=False,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": "smtp:[mail.example.org]:25"}),
        help_text=_("A service of Postfix's master.cf, a colon, and the next hop it needs."),
    )


class ChangeTransportForm(TransportForm):
    """The same for a row that exists: without `domain` the key is kept."""

    outlives_its_row: ClassVar[bool] = True

    state = state_field()


class DeleteForm(ServiceForm):
    """A deletion that asks for nothing but a click."""


class ConfirmedDeleteForm(ServiceForm):
    """A deletion for which the object's name is typed, with what shall become of its dependents."""

    dependents = forms.ChoiceField(
        choices=[("remove", _("Remove")), ("keep", _("Keep"))],
        required=False,
        initial="remove",
    )
    confirm = forms.CharField(
        required=False, strip=False, widget=forms.TextInput(attrs={**PLAIN_TEXT})
    )

    def __init__(
        self, *args: object, names: tuple[str, ...], blind: bool, **kwargs: object
    ) -> None:
        """`names`: what may be typed for the object; `blind`: in capitals too."""
        super().__init__(*args, **kwargs)
        self.names = names
        self.blind = blind

    def clean_dependents(self) -> str:
        return self.cleaned_data["dependents"] or "remove"

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if any(self._same(typed, name) for name in self.names):
            return typed
        raise forms.ValidationError(
            _("Type “%(name)s” to confirm. Nothing was deleted."),
            "confirm",
            {"name": self.names[0]},
        )

    def _same(self, typed: str, name: str) -> bool:
        pairs = [(typed, name), (typed.strip(), name.strip())]
        if self.blind:
            pairs.append((typed.strip().lower(), name.strip().lower()))
        return any(one == other for one, other in pairs)
