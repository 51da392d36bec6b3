"""The password, or a passkey, asked again before something dangerous."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import signing_in, throttle
from accounts.forms import PasskeyForm, SignInAgainForm
from accounts.models import User
from accounts.next_page import asked_for, next_page
from accounts.second_factor import passkeys
from accounts.second_factor.checking import Method
from accounts.second_factor.passkeys import PasskeyError, Purpose, options_answer
from accounts.second_factor.state import factors_of, second_factor_suspended
from audit.access import actor_of, signed_in_required
from audit.recent import note_sign_in

# Of this page; whatever else is posted belongs to the page that is gone back to.
OWN_FIELDS = frozenset({"csrfmiddlewaretoken", "next", "password", "credential"})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Ask who is there before something dangerous, then go on with it.

    A page with something to type has its form posted here first (`audit.recent.ask_again`), without
    a proof: it is kept in the page, and is posted back with the proof.
    """
    user = cast(User, request.user)
    by_passkey = "credential" in request.POST
    typed = "password" in request.POST
    form = SignInAgainForm(request.POST if typed and not by_passkey else None)
    passkey_form = PasskeyForm(request.POST if by_passkey else None)
    goes_to = next_page(request, owner=actor_of(request).is_mailbox_owner)
    if (
        _by_passkey(request, passkey_form, user)
        if by_passkey
        else _by_password(request, form, user)
    ):
        note_sign_in(request)
        return _go_on(request, goes_to)
    factors = factors_of(user)
    may = factors.passkeys and not factors.suspended and passkeys.site_of(request)
    context = {
        "form": form,
        "passkey_form": passkey_form if may else None,
        "next": goes_to,
        "kept": _kept(request) if _goes_back(request, goes_to) else [],
    }
    return render(request, "accounts/login_again.html", context)


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What was typed into the page that is gone back to."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in OWN_FIELDS
        for value in values
    ]


def _go_on(request: HttpRequest, goes_to: str) -> HttpResponse:
    keep = _goes_back(request, goes_to) and bool(_kept(request))
    return HttpResponseRedirect(goes_to, preserve_request=keep)


def _goes_back(request: HttpRequest, goes_to: str) -> bool:
    """Whether that is the page it came from, the only one that what was typed is meant for."""
    return goes_to == asked_for(request)


def _by_password(request: HttpRequest, form: SignInAgainForm, user: User) -> bool:
    if not form.is_valid():
        return False
    attempt = throttle.attempt_of(request, user.username, Method.PASSWORD)
    if not signing_in.may_try(form, attempt):
        return False
    if not user.check_password(form.cleaned_data["password"]):
        signing_in.refuse(form, attempt)
        return False
    throttle.forget(attempt)
    return True


def _by_passkey(request: HttpRequest, form: PasskeyForm, user: User) -> bool:
    if not form.is_valid():
        return False
    attempt = throttle.attempt_of(request, user.username, Method.PASSKEY)
    if not signing_in.may_try(form, attempt):
        return False
    try:
        if second_factor_suspended(user):
            raise PasskeyError("suspended")
        passkeys.finish_proof(request, Purpose.AGAIN, form.cleaned_data["credential"], user)
    except PasskeyError as error:
        signing_in.refuse(form, attempt, detail=str(error))
        return False
    throttle.forget(attempt)
    return True


@never_cache
@require_POST
@signed_in_required
def passkey_options_again(request: HttpRequest) -> JsonResponse:
    """The challenge for a passkey in place of the password."""
    user = cast(User, request.user)
    return options_answer(lambda: passkeys.begin_proof(request, Purpose.AGAIN, user))
