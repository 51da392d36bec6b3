"""Forms of an import: the file, and what its columns are."""

from __future__ import annotations

import io
from typing import IO, Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from bulk.importing.file_words import unreadable
from bulk.work import Unreadable
from mailkit.sheets import FIELDS, Head, SheetError, open_file
from mailkit.sheets.reading import HEAD

ENCODINGS = (
    ("", _("As the file says; else UTF-8")),
    ("cp1252", _("Windows-1252 (older Excel, “ANSI”)")),
    ("iso8859-15", _("ISO 8859-15 (Latin-9)")),
    ("utf-16", _("UTF-16")),
)
FIELD_NAMES: dict[str, Any] = {
    "email": _("email: a mailbox's address"),
    "password": _("password: in plain text"),
    "password_hash": _("password_hash: a ready hash"),
    "source": _("source: what is forwarded"),
    "destination": _("destination: where to"),
    "domain": _("domain: a name, or a transport's key"),
    "transport": _("transport: service:nexthop"),
}
# What choosing columns may mend.
_CHOSEN = ("file.unknown_columns", "file.no_password", "file.duplicate_column")


class ImportForm(forms.Form):
    """A file, or text that was pasted."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.json"}),
    )
    text = forms.CharField(
        label=_("Or paste rows here"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off", "class": "font-mono"}
        ),
    )
    encoding = forms.ChoiceField(label=_("Encoding"), required=False, choices=ENCODINGS)
    update = forms.BooleanField(
        label=_("Change rows that are there"),
        required=False,
        help_text=_("Otherwise a row that exists with other values is refused."),
    )
    choose = forms.BooleanField(
        label=_("Choose the columns on the next page"),
        required=False,
        help_text=_("Asked anyway where their names do not say what they are."),
    )

    # Whether somebody has to say what the columns are.
    asks = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.error_text_inline = False  # with role="alert", see templates/bootstrap5
        self.use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        if bool(cleaned.get("file")) == bool(cleaned.get("text", "").strip()):
            self.add_error("file", _("Choose a file, or paste rows below: one of the two."))
            return cleaned
        try:
            self._look_at(cleaned)
        except Unreadable as error:
            self.add_error("file" if cleaned.get("file") else "text", str(error))
        return cleaned

    def content(self) -> IO[bytes]:
        """What was given, from its beginning."""
        file: Any = self.cleaned_data.get("file")
        if file:
            file.seek(0)
            opened: IO[bytes] = file.file
            return opened
        return io.BytesIO(self.cleaned_data["text"].encode())

    def name(self) -> str:
        """The file's name, as the browser tells it."""
        file = self.cleaned_data.get("file")
        return str(file.name)[:200] if file else ""

    def encoding_of_content(self) -> str:
        """Pasted text has been decoded by the browser."""
        return str(self.cleaned_data["encoding"]) if self.cleaned_data.get("file") else ""

    def _look_at(self, cleaned: dict[str, Any]) -> None:
        self.asks = bool(cleaned.get("choose"))
        try:
            found = open_file(self.content(), self.encoding_of_content(), most=HEAD)
        except SheetError as error:
            if error.code == "file.far" and not self.asks:
                # The worker reads on.
                return
            if error.code not in _CHOSEN:
                raise unreadable(error) from error
            self.asks = True
            return
        # A document says it by itself.
        self.asks = self.asks and found.layout is not None


class ColumnsForm(forms.Form):
    """What each column is; `column_0` and so on."""

    def __init__(self, head: Head, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.head = head
        choices = [("", _("left out")), *FIELD_NAMES.items()]
        for number, name in enumerate(head.names):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=name or _("column %(number)s") % {"number": number + 1},
                required=False,
                choices=choices,
            )

    def chosen(self) -> dict[str, str]:
        """{field: the column}; the later of two that were said to be the same is an error."""
        found: dict[str, str] = {}
        for number, name in enumerate(self.head.names):
            field = self.cleaned_data.get(f"column_{number}", "")
            if field in FIELDS:
                found[field] = name if self.head.by_name else f"#{number + 1}"
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = [one for one in cleaned.values() if one]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError(_("Two columns cannot be the same."), "twice")
        return cleaned
