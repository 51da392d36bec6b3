"""The panel as gunicorn serves it, and with each answer how many queries it took."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection

from mailadmin.wsgi import application as panel

HEADER = "X-Queries"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    asked = [0]

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked[0] += 1
        return execute(sql, params, many, context)

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*headers, (HEADER, str(asked[0]))], *rest)

    with connection.execute_wrapper(count):
        return panel(environ, start)
