"""/healthz, for monitors."""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok" while the database answers, else 503; needs no sign-in."""
    try:
        connection.ensure_connection()
        answers = connection.is_usable()
    except (DatabaseError, InterfaceError):
        answers = False
    text = "ok" if answers else "the database does not answer"
    return HttpResponse(text, status=200 if answers else 503, content_type="text/plain")
