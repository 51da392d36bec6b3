"""Dangerous acts ask for the password again once the sign-in is 15 minutes old."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from audit.access import P, View
from audit.coming_back import lead_to, page_before, this_page

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

    What was posted is not kept: the page is shown again and asks for its confirmation. Where there
    is something to type, `recent_sign_in_required_of_form` keeps it.
    """
    return _asking(view, this_page)


def recent_sign_in_required_of_button(view: View[P]) -> View[P]:
    """The same for an address that takes POST only: come back to the page with the button."""
    return _asking(view, page_before)


def recent_sign_in_required_of_form(view: View[P]) -> View[P]:
    """The same for a page with something to type, which is kept and posted again afterwards."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if signed_in_recently(request):
            return view(request, *args, **kwargs)
        return ask_again(request)

    return checked


def ask_again(request: HttpRequest) -> HttpResponseRedirect:
    """To the page that asks for the password, and back to this one with what was posted.

    The browser posts its form to that page (307: RFC 9110, section 15.4.8), which carries it in
    hidden fields and has it posted here in the same way. Nothing is stored meanwhile.
    """
    return lead_to("login_again", this_page(request), preserve_request=request.method == "POST")


def _asking(view: View[P], back: Callable[[HttpRequest], str]) -> View[P]:
    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if signed_in_recently(request):
            return view(request, *args, **kwargs)
        return lead_to("login_again", back(request))

    return checked
