"""What a test reads out of a page's HTML."""

from __future__ import annotations

import re
from html import unescape

from django.http import HttpResponse

PASSWORD = "a long enough secret 7"


class Page:
    """What a test asks of a page's HTML."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.html = response.content.decode()
        self.text = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html)))

    def value(self, name: str) -> str:
        """The value of an input, "" without one."""
        found = re.search(rf'<input[^>]*name="{name}"[^>]*>', self.html)
        assert found, f"no input {name}"
        value = re.search(r'value="([^"]*)"', found.group(0))
        return unescape(value.group(1)) if value else ""

    def has(self, name: str) -> bool:
        """Whether there is an input of this name."""
        return bool(re.search(rf'<input[^>]*name="{name}"', self.html))

    def is_invalid(self, name: str) -> bool:
        """Whether the field is marked, and an alert says why."""
        found = re.search(rf'<(input|textarea)[^>]*name="{name}"[^>]*>', self.html)
        assert found, f"no field {name}"
        return 'aria-invalid="true"' in found.group(0) and 'role="alert"' in self.html


def read(response: HttpResponse) -> Page:
    """Read a response that must be a page (200)."""
    assert response.status_code == 200, response.status_code
    return Page(response)
