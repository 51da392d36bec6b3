"""Dangerous acts ask for the password again once the sign-in is 15 minutes old."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from audit.access import P, View

SESSION_KEY = "signed_in_at"
RECENT_SECONDS = 15 * 60


def note_sign_in(request: HttpRequest) -> None:
    """Remember in the session that the password was typed right now."""
    request.session[SESSION_KEY] = time.time()


def signed_in_recently(request: HttpRequest) -> bool:
    """Whether the password of this session was typed within the last 15 minutes."""
    at = request.session.get(SESSION_KEY)
    return isinstance(at, float) and 0 <= time.time() - at <= RECENT_SECONDS


def recent_sign_in_required(view: View[P]) -> View[P]:
    """Ask for the password again where the sign-in is old, then come back to this page.

    What was posted is not kept: the page is shown again and asks for its confirmation.
    """
    return _asking(view, lambda request: request.get_full_path())


def recent_sign_in_required_of_button(view: View[P]) -> View[P]:
    """The same for an address that takes POST only: come back to the page with the button."""
    return _asking(view, lambda request: request.headers.get("Referer", ""))


def _asking(view: View[P], back: Callable[[HttpRequest], str]) -> View[P]:
    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if signed_in_recently(request):
            return view(request, *args, **kwargs)
        # The page that asks looks at `next` before it goes there.
        query = urlencode({"next": back(request)})
        return HttpResponseRedirect(f"{reverse('login_again')}?{query}")

    return checked
