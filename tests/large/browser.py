"""A signed-in browser that holds its connection open and looks at the clock."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.large.counted_wsgi import HEADER
from tests.servers.panel import Panel, Visitor


@dataclass(frozen=True)
class Timed:
    """An answer: `seconds` from the request's first byte to the answer's last."""

    status: int
    location: str
    text: str
    seconds: float
    queries: int


class Browser:
    """Of the superadmin `admin`; follows nothing, so that each request is measured alone."""

    def __init__(self, panel: Panel, signed_in: Visitor | None = None) -> None:
        self._panel = panel
        self._visitor = visitor = signed_in or panel.visitor("admin")
        self._cookie = "; ".join(f"{one.name}={one.value}" for one in visitor.jar)
        self._token = visitor.token()
        self._connection: http.client.HTTPConnection | None = None

    def again(self) -> Browser:
        """Another tab of the same person, with a connection of its own."""
        return Browser(self._panel, self._visitor)

    def get(self, path: str) -> Timed:
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> Timed:
        return self._ask("POST", path, urlencode({**fields, "csrfmiddlewaretoken": self._token}))

    def _ask(self, method: str, path: str, body: str | None) -> Timed:
        headers = {"Cookie": self._cookie, "Referer": self._panel.base}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        for again in (False, True):
            connection = self._connection or http.client.HTTPConnection(
                "127.0.0.1", self._panel.port, timeout=120
            )
            fresh, self._connection = self._connection is None, connection
            begun = time.perf_counter()
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                text = answer.read().decode("utf-8", "replace")
            except (ConnectionError, http.client.BadStatusLine):
                # It was held open longer than the server keeps it.
                connection.close()
                self._connection = None
                if again or fresh:
                    raise
                continue
            if answer.will_close:
                connection.close()
                self._connection = None
            seconds = time.perf_counter() - begun
            location = answer.headers.get("Location") or ""
            return Timed(answer.status, location, text, seconds, int(answer.headers[HEADER]))
        raise AssertionError("not reached")
