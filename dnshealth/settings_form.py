"""The form of a domain's DNS settings: rows for what is switched off, two of them empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crispy_forms.layout import HTML, Field
from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from audit.forms import PLAIN_TEXT, ServiceForm, state_field
from dnshealth.change_settings import LONGEST_REASON, OFF, as_logged
from dnshealth.domain_settings import DomainSettings
from dnshealth.models import Role
from dnshealth.words import WORDS, family_name
from domains.state import state_of
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.registry import FAMILIES
from mailkit.dns.results import REQUIRED_FAMILIES

EMPTY_ROWS = 2
# More rows than anybody fills in are not read.
MOST_ROWS = 200


@dataclass(frozen=True)
class OffRow:
    """Two fields side by side: what is switched off, and why."""

    check: BoundField
    because: BoundField


class SettingsForm(ServiceForm):
    """Role, selectors, and rows `off_N` with `because_N`; a row without a check is none."""

    role = forms.ChoiceField(
        label=_("What the domain is used for"),
        choices=Role.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    selectors = forms.CharField(
        label=_("DKIM selectors"),
        required=False,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": "s2026, s2027"}),
        help_text=_(
            "The names under which the keys of this domain are published, with commas between "
            "them. Empty: those of the signer’s keys, else the usual ones."
        ),
    )
    state = state_field()

    def __init__(
        self, *args: Any, stored: DomainSettings, switch_off: str = "", **kwargs: Any
    ) -> None:
        """`switch_off`: a check that the first empty row begins with."""
        initial = {
            "role": stored.role,
            "selectors": ", ".join(stored.selectors),
            "state": state_of(as_logged(stored)),
        }
        rows = [(key, one.because) for key, one in stored.switched_off.items()]
        if switch_off and switch_off not in stored.switched_off:
            rows.append((switch_off, ""))
        self._first = rows + [("", "")] * EMPTY_ROWS
        super().__init__(*args, initial=initial, **kwargs)

    def _drawn(self) -> Iterator[Field | HTML]:
        # Called by the base once its own fields are there.
        choices = check_choices()
        for number in range(self._count()):
            key, because = self._first[number] if number < len(self._first) else ("", "")
            self.fields[f"off_{number}"] = forms.ChoiceField(
                label=_("Check"),
                choices=choices,
                required=False,
                initial=key,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
            self.fields[f"because_{number}"] = forms.CharField(
                label=_("Because"),
                required=False,
                max_length=LONGEST_REASON,
                initial=because,
                widget=forms.TextInput(attrs={"class": "form-control", "placeholder": _("why")}),
            )
        yield Field("role")
        yield Field("selectors")
        yield Field("state")
        yield HTML('{% include "dnshealth/_off_rows.html" %}')

    def _count(self) -> int:
        numbers = [
            int(name.removeprefix("off_"))
            for name in self.data
            if re.fullmatch(r"off_\d{1,3}", name)
        ]
        return min(max(len(self._first), *(n + 1 for n in numbers), 0), MOST_ROWS)

    @property
    def off_rows(self) -> list[OffRow]:
        """The rows, for the page."""
        numbers = (name.removeprefix("off_") for name in self.fields if name.startswith("off_"))
        return [OffRow(self[f"off_{n}"], self[f"because_{n}"]) for n in numbers]

    def clean(self) -> dict[str, Any]:
        """Say where a refusal of the service belongs, and that a reason has its check."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        places: dict[str, str] = {}
        for number in range(self._count()):
            key, because = data.get(f"off_{number}"), data.get(f"because_{number}")
            if key and f"{OFF}{key}" in places:
                self.add_error(f"off_{number}", _("This stands here twice."))
            elif key:
                places[f"{OFF}{key}"] = f"because_{number}"
            elif because:
                self.add_error(f"off_{number}", _("Choose what is switched off."))
        self.field_of = places  # type: ignore[misc]
        return data

    @property
    def switched_off(self) -> dict[str, str]:
        """The reason by check, of a valid form."""
        return {
            name.removeprefix(OFF): self.cleaned_data[field]
            for name, field in self.field_of.items()
        }


def check_choices() -> list[Any]:
    """Families and their findings, as a select shows them."""
    found: list[Any] = [("", "—")]
    for family in FAMILIES:
        name = family_name(family.name)
        some = [
            (one.code, f"{one.code}: {WORDS[one.code].title}")
            for one in CATALOGUE.values()
            if one.family == family.name and one.fails
        ]
        if family.name not in REQUIRED_FAMILIES:
            some.insert(0, (family.name, _("%(family)s: all of it") % {"family": name}))
        found.append((name, some))
    return found
