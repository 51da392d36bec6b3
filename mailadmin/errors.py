"""The panel's own error pages; none of them uses the database."""

from __future__ import annotations

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from audit.trouble import explain
from domains.schema import forget_schema

OVER_A_LIMIT = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def _page(template: str, status: int, **context: object) -> HttpResponse:
    # Without the request: the context processors would ask the database who is there.
    return HttpResponse(render_to_string(template, context), status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 with what is wrong and how to mend it when the database is in trouble."""
    error = sys.exc_info()[1]
    if isinstance(error, (DatabaseError, InterfaceError)):
        # Somebody may have altered a mail table: what is remembered of it is asked anew.
        forget_schema()
        response = _page("trouble.html", 503, trouble=explain(error))
        response["Retry-After"] = "30"
        return response
    return _page("500.html", 500)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a host name that is not in ALLOWED_HOSTS, say; 413 for what is over a limit."""
    if isinstance(exception, OVER_A_LIMIT):
        return too_large()
    return _page("400.html", 400)


def too_large() -> HttpResponse:
    """413: more bytes, fields or files than the panel takes."""
    return _page("413.html", 413)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token does not fit: cookies off, or signed in anew meanwhile."""
    return _page("403_csrf.html", 403)
