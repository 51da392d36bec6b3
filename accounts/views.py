"""Sign-in by password or passkey, and sign-out."""

from __future__ import annotations

from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import auth_log, signing_in, throttle
from accounts.forms import PasskeyForm, SignInForm
from accounts.models import User
from accounts.next_page import asked_for, next_page, redirect_with_next
from accounts.second_factor import passkeys
from accounts.second_factor.checking import Method
from accounts.second_factor.passkeys import PasskeyError, Purpose, options_answer
from accounts.second_factor.state import factors_of, second_factor_suspended
from audit.access import actor_of
from audit.forms import posted
from audit.log import record_sign_out


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Operators by name, mailbox owners by address; one page for both."""
    actor = actor_of(request)
    if actor.is_operator or actor.is_mailbox_owner:
        return HttpResponseRedirect(next_page(request, owner=actor.is_mailbox_owner))
    form = SignInForm(posted(request))
    if form.is_valid():
        attempt = throttle.attempt_of(request, form.cleaned_data["username"], Method.PASSWORD)
        if signing_in.may_try(form, attempt):
            user = _try_password(request, form, attempt)
            if user is not None:
                return _password_is_right(request, user, attempt)
    return _sign_in_page(request, form, PasskeyForm())


def _try_password(request: HttpRequest, form: SignInForm, attempt: throttle.Attempt) -> User | None:
    look = signing_in.Look()
    user = authenticate(request, username=attempt.typed, password=form.cleaned_data["password"])
    look.looked()
    if isinstance(user, User):
        return user
    signing_in.refuse(form, attempt)
    look.even_out()
    return None


def _password_is_right(request: HttpRequest, user: User, attempt: throttle.Attempt) -> HttpResponse:
    if factors_of(user).count:
        throttle.passed(attempt)
        signing_in.stop_half_way(request, user)
        return redirect_with_next("second_step", request)
    goes_to = next_page(request, owner=not user.is_operator)
    return signing_in.finish(request, user, attempt, goes_to)


@never_cache
@require_POST
def passkey_options(request: HttpRequest) -> JsonResponse:
    """The challenge for a passkey that is to sign in by itself."""
    return options_answer(lambda: passkeys.begin_proof(request, Purpose.SIGN_IN))


@sensitive_post_parameters()
@never_cache
@require_POST
def sign_in_with_passkey(request: HttpRequest) -> HttpResponse:
    """A passkey instead of name and password: the device has checked who is there."""
    actor = actor_of(request)
    if actor.is_operator or actor.is_mailbox_owner:
        return HttpResponseRedirect(next_page(request, owner=actor.is_mailbox_owner))
    form = PasskeyForm(posted(request))
    if form.is_valid():
        answer = form.cleaned_data["credential"]
        attempt = throttle.attempt_of(request, passkeys.whose(answer), Method.PASSKEY)
        if signing_in.may_try(form, attempt):
            user = _try_passkey(request, form, attempt)
            if user is not None:
                goes_to = next_page(request, owner=not user.is_operator)
                return signing_in.finish(request, user, attempt, goes_to)
    return _sign_in_page(request, SignInForm(), form)


def _try_passkey(request: HttpRequest, form: PasskeyForm, attempt: throttle.Attempt) -> User | None:
    try:
        passkey = passkeys.finish_proof(request, Purpose.SIGN_IN, form.cleaned_data["credential"])
    except PasskeyError as error:
        signing_in.refuse(form, attempt, detail=str(error))
        return None
    user = signing_in.who_may_sign_in(passkey.user.pk, passkey.user.kind)
    if user is None:
        signing_in.refuse(form, attempt)
        return None
    if second_factor_suspended(user):
        # Not a guess, so it is not counted; but it is in the log.
        throttle.passed(attempt)
        auth_log.refused(attempt, auth_log.SUSPENDED)
        form.refuse_suspended()
        return None
    return user


def _sign_in_page(
    request: HttpRequest, form: SignInForm, passkey_form: PasskeyForm
) -> HttpResponse:
    context = {
        "form": form,
        "next": asked_for(request),
        "passkey_form": passkey_form if passkeys.site_of(request) else None,
    }
    return render(request, "accounts/login.html", context)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    actor = actor_of(request)
    if actor.is_operator or actor.is_mailbox_owner:
        record_sign_out(actor=actor)
    logout(request)
    return redirect("login")
