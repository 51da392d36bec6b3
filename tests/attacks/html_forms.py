"""The forms in a page's HTML, with what a browser would send from each."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

# Nothing is sent for these unless somebody presses them or chooses a file.
_SILENT = frozenset({"submit", "button", "reset", "image", "file"})
TOKEN = "csrfmiddlewaretoken"


@dataclass
class Form:
    """`action` is a whole path; `values` are those as rendered.

    A button, or a box that is not ticked, has the values [].
    """

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names that somebody may send, sorted; without the token."""
        return tuple(sorted(name for name in self.values if name != TOKEN))


class _Reader(HTMLParser):
    """Collects forms by their id, and fields with the form that they are of."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: dict[str, Form] = {}
        self.form = ""
        # (form, name, value), or None for what is not sent as it stands.
        self.found: list[tuple[str, str, str | None]] = []
        # The open select or textarea, and what is in it.
        self.inside: tuple[str, str] | None = None
        self.options: list[str] = []
        self.chosen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.form = given.get("id") or f"form {len(self.forms)}"
            action = urljoin(self.url, given.get("action") or self.url)
            self.forms[self.form] = Form(action, (given.get("method") or "get").lower())
            return
        if tag == "option":
            value = given.get("value") or ""
            (self.chosen if "selected" in given else self.options).append(value)
            return
        owner, name = given.get("form") or self.form, given.get("name")
        if not owner or not name:
            return
        if tag in ("select", "textarea"):
            self.inside, self.options, self.chosen, self.text = (owner, name), [], [], ""
        elif tag in ("input", "button"):
            kind = (given.get("type") or ("submit" if tag == "button" else "text")).lower()
            value: str | None = given.get("value") or ""
            if kind in ("checkbox", "radio") and "checked" not in given:
                value = None
            self.found.append((owner, name, None if kind in _SILENT else value))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = ""
        if self.inside is None or tag not in ("select", "textarea"):
            return
        # Of a list in which nothing is chosen the first is shown, and sent.
        values = [self.text] if tag == "textarea" else self.chosen or self.options[:1] or [""]
        self.found += [(*self.inside, one) for one in values]
        self.inside = None


def forms_in(html: str, url: str) -> list[Form]:
    """Every form of a page at `url`, with the fields that name it by `form="…"` from outside."""
    reader = _Reader(url)
    reader.feed(html)
    for owner, name, value in reader.found:
        if owner not in reader.forms:
            continue
        values = reader.forms[owner].values.setdefault(name, [])
        if value is not None:
            values.append(value)
    return list(reader.forms.values())
