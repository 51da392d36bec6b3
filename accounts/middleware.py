"""Sets `request.actor` for everything behind it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from audit.actor import Actor, ActorKind


class ActorMiddleware:
    """Makes the Actor of the signed-in person; a stranger is Actor(NOBODY) with an address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Lazy: static pages and health checks must not ask the database who is there.
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def _actor(request: HttpRequest) -> Actor:
    address = request.META.get("REMOTE_ADDR", "") or ""
    if isinstance(request.user, User):
        return request.user.actor(address)
    return Actor(ActorKind.NOBODY, address=address)
