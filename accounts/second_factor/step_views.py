"""The second step of a sign-in: a number, a recovery code or a passkey after the password."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import signing_in, throttle
from accounts.forms import CodeForm, PasskeyForm, RecoveryCodeForm
from accounts.models import User
from accounts.next_page import asked_for, next_page, redirect_with_next
from accounts.second_factor import passkeys
from accounts.second_factor.checking import Method, method_of, use_code
from accounts.second_factor.passkeys import PasskeyError, Purpose, options_answer
from accounts.second_factor.state import Factors, factors_of
from audit.forms import posted

# From so few on somebody is told that they run out.
FEW_CODES = 3


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask whose password was right for more, and sign him in."""
    user = signing_in.half_way(request)
    factors = factors_of(user) if user else None
    if user is None or factors is None or not factors.count:
        if signing_in.stop_waiting(request):
            messages.info(
                request, _("That took too long, or something has changed meanwhile. Start again.")
            )
        return redirect_with_next("login", request)
    by_passkey = "credential" in request.POST
    form_class = RecoveryCodeForm if "recovery" in request.GET else CodeForm
    form = form_class(None if by_passkey else posted(request))
    passkey_form = PasskeyForm(request.POST if by_passkey else None)
    attempt = (
        _try_passkey(request, passkey_form, user) if by_passkey else _try_code(request, form, user)
    )
    if attempt is not None:
        if attempt.method is Method.RECOVERY_CODE:
            _say_how_many_are_left(request, factors.recovery_codes - 1)
        goes_to = next_page(request, owner=not user.is_operator)
        return signing_in.finish(request, user, attempt, goes_to)
    return _page(request, user, form, passkey_form, factors)


def _try_code(request: HttpRequest, form: CodeForm, user: User) -> throttle.Attempt | None:
    if not form.is_valid():
        return None
    code = form.cleaned_data["code"]
    attempt = throttle.attempt_of(request, user.username, method_of(code))
    if not signing_in.may_try(form, attempt):
        return None
    if not use_code(user, code):
        signing_in.refuse(form, attempt)
        return None
    return attempt


def _try_passkey(request: HttpRequest, form: PasskeyForm, user: User) -> throttle.Attempt | None:
    if not form.is_valid():
        return None
    attempt = throttle.attempt_of(request, user.username, Method.PASSKEY)
    if not signing_in.may_try(form, attempt):
        return None
    answer = form.cleaned_data["credential"]
    try:
        passkeys.finish_proof(request, Purpose.SECOND_STEP, answer, user)
    except PasskeyError as error:
        signing_in.refuse(form, attempt, detail=str(error))
        return None
    return attempt


def _page(
    request: HttpRequest,
    user: User,
    form: CodeForm,
    passkey_form: PasskeyForm,
    factors: Factors,
) -> HttpResponse:
    by_recovery = isinstance(form, RecoveryCodeForm)
    with_passkey = factors.passkeys and not by_recovery and passkeys.site_of(request)
    with_form = by_recovery or factors.authenticator
    context = {
        "form": form if with_form else None,
        "only_passkeys": not with_form,
        "passkey_form": passkey_form if with_passkey else None,
        "by_recovery": by_recovery,
        "who": user.username,
        "next": asked_for(request),
    }
    return render(request, "accounts/second_factor/second_step.html", context)


def _say_how_many_are_left(request: HttpRequest, left: int) -> None:
    if left <= 0:
        messages.warning(
            request, _("That was your last recovery code. Make new ones under “Security”.")
        )
    elif left <= FEW_CODES:
        text = ngettext(
            "You have %(count)d recovery code left. Make new ones under “Security”.",
            "You have %(count)d recovery codes left. Make new ones under “Security”.",
            left,
        )
        messages.warning(request, text % {"count": left})


@never_cache
@require_POST
def second_step_options(request: HttpRequest) -> JsonResponse:
    """The challenge for a passkey as the second step."""
    user = signing_in.half_way(request)
    if user is None:
        return JsonResponse({"error": "half way no more"}, status=400)
    return options_answer(lambda: passkeys.begin_proof(request, Purpose.SECOND_STEP, user))
