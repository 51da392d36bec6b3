"""View decorators that ask for a kind of actor; the first line of every view's access."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from audit.actor import Actor
from audit.coming_back import sign_in_first

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def actor_of(request: HttpRequest) -> Actor:
    """The actor that the middleware of `accounts` found for this request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _requires(allowed: Callable[[Actor], bool]) -> Callable[[View[P]], View[P]]:
    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            actor = actor_of(request)
            if not (actor.is_operator or actor.is_mailbox_owner):
                return sign_in_first(request)
            if not allowed(actor):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return cast(View[P], checked)

    return decorate


def signed_in_required(view: View[P]) -> View[P]:
    """Operators and mailbox owners; a stranger gets the sign-in page."""
    return _requires(lambda actor: True)(view)


def operator_required(view: View[P]) -> View[P]:
    """Superadmins and domain admins; a mailbox owner gets 403, a stranger the sign-in page."""
    return _requires(lambda actor: actor.is_operator)(view)


def superadmin_required(view: View[P]) -> View[P]:
    """Superadmins only."""
    return _requires(lambda actor: actor.touches_everything)(view)


def mailbox_owner_required(view: View[P]) -> View[P]:
    """The signed-in owner of a mailbox only."""
    return _requires(lambda actor: actor.is_mailbox_owner)(view)
