"""A form over a service: checks shape only, and takes the service's refusal back into the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Field, Layout
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from audit.refusals import ChangedMeanwhile, NeedsConfirmation
from mailkit.passwords.generate import ALPHABET, GROUP_LENGTH, GROUPS

# An address or a name: no capitals, no spelling marks, no suggestions from the browser.
PLAIN_TEXT = {
    "autocapitalize": "none",
    "autocomplete": "off",
    "autocorrect": "off",
    "spellcheck": "false",
}


class ServiceForm(forms.Form):
    """Fields named as the columns; `carry_out` runs the service.

    `force` counts in the first POST too, but its box is shown only with a warning. A refusal
    keeps what was typed, passwords too: they are part of the page that answers that POST only.
    """

    force = forms.BooleanField(required=False, label=_("Do it all the same"))

    # The service's name of a field -> this form's.
    field_of: ClassVar[dict[str, str]] = {}
    # The field to begin with, "" where the page is read first.
    begins_with: ClassVar[str] = ""
    # Whether the view shows what was typed also where the row is gone (`gone`).
    outlives_its_row: ClassVar[bool] = False
    # Fields drawn as a password with its buttons.
    passwords: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warned = False
        self.current: dict[str, str] | None = None
        self.gone = False
        self.result: Any = None
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.error_text_inline = False  # with role="alert", see templates/bootstrap5
        # Messages stand in the page, in words; a browser's bubble knows only "required".
        self.use_required_attribute = False
        if self.begins_with:
            self.fields[self.begins_with].widget.attrs["autofocus"] = True
        self.helper.layout = Layout(*self._drawn())

    def _drawn(self) -> Iterator[Field | HTML]:
        for name in self.fields:
            if name in self.passwords:
                yield Field(name, template="forms/_password.html")
            elif name != "force":
                yield Field(name)
            if self.passwords and name == self.passwords[-1]:
                yield HTML('{% include "forms/_password_tools.html" %}')

    @property
    def suggestion(self) -> dict[str, object]:
        """The shape of a generated password, for the browser to make one by itself."""
        return {"alphabet": ALPHABET, "groups": GROUPS, "group_length": GROUP_LENGTH}

    @property
    def forced(self) -> bool:
        """Whether the box `force` is ticked in what was posted."""
        return bool(self.is_bound and self["force"].value())

    @property
    def asks_to_force(self) -> bool:
        """Whether the page shows the box: a warning stands in the way, or it was ticked already."""
        return self.warned or self.forced

    def carry_out(self, service: Callable[[], Any]) -> bool:
        """Run the service and keep its `result`; False when it refused, which the page says.

        When the row was deleted since the view found it: Http404 (the second of two clicks), or
        False and `gone` with a form that outlives its row.
        """
        try:
            self.result = service()
        except ChangedMeanwhile as error:
            self.current = error.current
            self._take_back(error)
        except NeedsConfirmation as error:
            self.warned = True
            self._take_back(error)
        except ValidationError as error:
            self._take_back(error)
        except ObjectDoesNotExist as error:
            if not self.outlives_its_row:
                raise Http404 from error
            self.gone = True
        else:
            return True
        return False

    @property
    def present(self) -> list[tuple[Any, str]]:
        """(label, value) of what stands in the row now, after a ChangedMeanwhile."""
        found = []
        for name, value in (self.current or {}).items():
            field = self.fields.get(self.field_of.get(name, name))
            if field is not None:
                found.append((field.label, value))
        return found

    def keep_passwords(self) -> None:
        """Let the page that answers this POST carry the typed passwords."""
        for name in self.passwords:
            widget = self.fields[name].widget
            if isinstance(widget, forms.PasswordInput):
                widget.render_value = True

    def renew_state(self, state: str) -> None:
        """Saving again is a choice made with the row as it stands now in view."""
        self.data = {**self.data.dict(), "state": state}  # type: ignore[attr-defined]

    def _take_back(self, error: ValidationError) -> None:
        self.keep_passwords()
        by_field = (
            error.error_dict
            if hasattr(error, "error_dict")
            else {NON_FIELD_ERRORS: error.error_list}
        )
        for name, errors in by_field.items():
            mine = self.field_of.get(name, name)
            self.add_error(mine if mine in self.fields else None, list(errors))


def posted(request: HttpRequest) -> QueryDict | None:
    """What to bind a form to: also an empty POST is one, whose fields then are missing."""
    return request.POST if request.method == "POST" else None


def state_field() -> forms.CharField:
    """The hidden field with the state a form was opened with; absent or empty: not compared."""
    return forms.CharField(required=False, widget=forms.HiddenInput)


def password_field(label: Any, autocomplete: str = "new-password", **more: Any) -> forms.CharField:
    """A password: nothing is stripped from it, empty is left to the service to refuse."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "spellcheck": "false"})
    return forms.CharField(label=label, strip=False, required=False, widget=widget, **more)
