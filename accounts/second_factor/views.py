"""/account/security/: second factor, sessions and sign-ins of late, for operators and owners."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.second_factor import passkeys, services, totp
from accounts.second_factor.checking import method_words
from accounts.second_factor.forms import (
    AddPasskeyForm,
    ClickForm,
    PasskeyNameForm,
    SetUpAuthenticatorForm,
)
from accounts.second_factor.models import Authenticator, Passkey
from accounts.second_factor.passkeys import PasskeyError, options_answer
from accounts.second_factor.sealing import SealError, seal, unseal
from accounts.second_factor.state import factors_of, must_have_one
from accounts.sessions import sessions_of
from accounts.user_agents import browser_of
from audit.access import actor_of, signed_in_required
from audit.forms import posted
from audit.models import Entry
from audit.recent import recent_sign_in_required
from audit.sign_ins import ATTEMPTS, REFUSE_SIGN_IN, SIGN_IN, SIGN_INS, SIGN_OUT
from mailkit.addresses import lowered

# The secret that waits for its first number; sealed, since sessions lie in the database.
WAITING = "authenticator_secret"
RECENT_SIGN_INS = 10
SIGN_IN_WORDS = {
    SIGN_IN: _lazy("Signed in"),
    SIGN_OUT: _lazy("Signed out"),
    REFUSE_SIGN_IN: _lazy("Sign-in refused"),
}


@never_cache
@require_safe
@signed_in_required
def show_security(request: HttpRequest) -> HttpResponse:
    """What proves who somebody is, where he is signed in, and who tried."""
    user = _me(request)
    factors = factors_of(user)
    site = passkeys.site_of(request)
    context = {
        "factors": factors,
        "authenticator": Authenticator.objects.filter(user=user).first(),
        "passkeys": user.passkeys.all(),
        "site": site,
        "must_set_up": must_have_one(user) and not factors.any,
        "sessions": sessions_of(user, request.session.session_key or ""),
        # Before it is confirmed who he is, they may be a former owner's.
        "sign_ins": [] if factors.suspended else _sign_ins(user),
    }
    return render(request, "accounts/second_factor/show_security.html", context)


def _sign_ins(user: User) -> list[dict[str, object]]:
    # Not those of a former owner of the address.
    entries = Entry.objects.filter(
        # As it is stored; refused ones are logged in lower case, for they are as typed.
        object_key__in={user.username, lowered(user.username)},
        action__in=SIGN_INS,
        time__gte=user.created_at,
    )
    return [
        {
            "entry": entry,
            "words": SIGN_IN_WORDS[entry.action],
            "method": method_words(entry.changes.get("method", [None, ""])[1]),
            "attempts": entry.changes.get(ATTEMPTS, [None, ""])[1],
        }
        for entry in entries.order_by("-id")[:RECENT_SIGN_INS]
    ]


# --- authenticator app ---


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def set_up_authenticator(request: HttpRequest) -> HttpResponse:
    """Show a new secret, and take it once the app has proved that it has it."""
    user = _me(request)
    if factors_of(user).suspended:
        return redirect("show_security")
    secret = _waiting_secret(request)
    form = SetUpAuthenticatorForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: services.set_up_authenticator(
            actor=actor_of(request),
            secret=secret,
            code=form.cleaned_data["code"],
            session_key=request.session.session_key or "",
        )
    ):
        del request.session[WAITING]
        messages.success(request, _("Your authenticator app is set up."))
        return _after_adding(user)
    scanned = totp.address(secret, site=request.get_host(), name=user.username)
    context = {
        "form": form,
        # Made here, out of numbers and letters only.
        "qr_code": mark_safe(totp.qr_code(scanned)),  # noqa: S308
        "secret": totp.in_groups(secret),
        "address": scanned,
        "replaces": Authenticator.objects.filter(user=user).exists(),
    }
    return render(request, "accounts/second_factor/set_up_authenticator.html", context)


def _waiting_secret(request: HttpRequest) -> str:
    """The same while the page is loaded again or its form has an error."""
    try:
        return unseal(request.session[WAITING])
    except (KeyError, SealError):
        secret = totp.new_secret()
        request.session[WAITING] = seal(secret)
        return secret


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def remove_authenticator(request: HttpRequest) -> HttpResponse:
    """The authenticator app counts no more."""
    if not Authenticator.objects.filter(user=_me(request)).exists():
        return redirect("show_security")
    form = ClickForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: services.remove_authenticator(actor=actor_of(request))
    ):
        messages.success(request, _("Your authenticator app is removed."))
        return redirect("show_security")
    return render(request, "accounts/second_factor/remove_authenticator.html", {"form": form})


# --- passkeys ---


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Have a device make a passkey, and keep its public half."""
    user = _me(request)
    if factors_of(user).suspended:
        return redirect("show_security")
    opened = {"name": browser_of(request.META.get("HTTP_USER_AGENT", ""))}
    form = AddPasskeyForm(posted(request), initial=opened)
    if form.is_valid():
        try:
            made = passkeys.finish_adding(request, form.cleaned_data["credential"])
        except PasskeyError as error:
            passkeys.logger.warning("a passkey was not added: %s", error)
            form.add_error(None, _("Your device made no passkey that fits here. Try again."))
        else:
            if form.carry_out(
                lambda: services.add_passkey(
                    actor=actor_of(request),
                    name=form.cleaned_data["name"],
                    made=made,
                    session_key=request.session.session_key or "",
                )
            ):
                messages.success(request, _("The passkey is added."))
                return _after_adding(user)
    context = {"form": form, "site": passkeys.site_of(request)}
    return render(request, "accounts/second_factor/add_passkey.html", context)


@never_cache
@require_POST
@signed_in_required
@recent_sign_in_required
def add_passkey_options(request: HttpRequest) -> JsonResponse:
    """What a device needs to know to make a passkey."""
    return options_answer(lambda: passkeys.begin_adding(request, _me(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def rename_passkey(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Call a passkey something else."""
    passkey = _passkey(request, passkey_id)
    form = PasskeyNameForm(posted(request), initial={"name": passkey.name})
    if form.is_valid() and form.carry_out(
        lambda: services.rename_passkey(
            actor=actor_of(request), passkey_id=passkey.pk, name=form.cleaned_data["name"]
        )
    ):
        messages.success(request, _("The passkey has another name."))
        return redirect("show_security")
    context = {"form": form, "passkey": passkey}
    return render(request, "accounts/second_factor/rename_passkey.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def remove_passkey(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """A passkey counts no more."""
    passkey = _passkey(request, passkey_id)
    form = ClickForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: services.remove_passkey(actor=actor_of(request), passkey_id=passkey.pk)
    ):
        messages.success(request, _("The passkey “%(name)s” is removed.") % {"name": passkey.name})
        return redirect("show_security")
    context = {"form": form, "passkey": passkey}
    return render(request, "accounts/second_factor/remove_passkey.html", context)


def _passkey(request: HttpRequest, passkey_id: int) -> Passkey:
    passkey = _me(request).passkeys.filter(pk=passkey_id).first()
    if passkey is None:
        raise Http404
    return passkey


# --- recovery codes ---


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@recent_sign_in_required
def make_recovery_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown in the answer to this POST and nowhere else."""
    user = _me(request)
    factors = factors_of(user)
    if not factors.count:
        return redirect("show_security")
    form = ClickForm(posted(request))
    codes: list[str] = []
    if form.is_valid() and form.carry_out(
        lambda: services.make_recovery_codes(actor=actor_of(request))
    ):
        codes = form.result
    context = {
        "form": form,
        "codes": codes,
        "as_text": "\n".join(codes),
        # So that a file found later says what it opens.
        "as_file": "\n".join([f"{user.username}, {request.get_host()}", "", *codes, ""]),
        "left": factors.recovery_codes,
    }
    return render(request, "accounts/second_factor/make_recovery_codes.html", context)


def _after_adding(user: User) -> HttpResponse:
    """Whoever has a factor and no recovery codes is led to them."""
    return redirect("show_security" if factors_of(user).recovery_codes else "make_recovery_codes")


# --- sessions ---


@require_POST
@signed_in_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    ended = services.end_other_sessions(
        actor=actor_of(request), session_key=request.session.session_key or ""
    )
    text = ngettext(
        "%(count)d other session is ended.", "%(count)d other sessions are ended.", ended
    )
    messages.success(request, text % {"count": ended})
    return redirect("show_security")


@require_POST
@signed_in_required
def end_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """Sign out in one other place; one that has ended meanwhile is as good as ended."""
    services.end_session(actor=actor_of(request), session_id=session_id)
    messages.success(request, _("The session is ended."))
    return redirect("show_security")


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)
