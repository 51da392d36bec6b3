"""Who is there: sets `request.actor`, notes the use of a session, asks for a second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.second_factor.state import must_set_up, nobody_must_have_one
from accounts.sessions import SessionStore
from audit.actor import Actor, ActorKind

Respond = Callable[[HttpRequest], HttpResponseBase]

# What somebody may open who must set up a second factor first.
SETTING_UP: Final = frozenset(
    {
        "show_security",
        "set_up_authenticator",
        "add_passkey",
        "add_passkey_options",
        "login_again",
        "passkey_options_again",
        "logout",
        "healthz",
    }
)


class ActorMiddleware:
    """Makes the Actor of the signed-in person; a stranger is Actor(NOBODY) with an address."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Lazy: static pages and health checks must not ask the database who is there.
        actor = SimpleLazyObject(lambda: _actor(request))
        request.actor = actor  # type: ignore[attr-defined]
        response = self.get_response(request)
        if getattr(request, "signed_in", False) and not response.has_header("Cache-Control"):
            # What somebody saw is not left in the browser for the next one at this computer.
            add_never_cache_headers(response)
        return response


def _actor(request: HttpRequest) -> Actor:
    address = request.META.get("REMOTE_ADDR", "") or ""
    if not isinstance(request.user, User):
        return Actor(ActorKind.NOBODY, address=address)
    request.signed_in = True  # type: ignore[attr-defined]
    if isinstance(request.session, SessionStore):
        request.session.note_use()
    return request.user.actor(address)


class SecondFactorMiddleware:
    """Leads whoever must have a second factor, and has none, to setting one up."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Everything but setting it up waits."""
        match = request.resolver_match
        if match is not None and match.view_name in SETTING_UP:
            return None
        # Asked first: without the setting no page pays for it.
        if nobody_must_have_one():
            return None
        if isinstance(request.user, User) and must_set_up(request.user):
            return redirect("show_security")
        return None
