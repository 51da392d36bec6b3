"""Sign-in and sign-out, and the password asked again."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import SignInAgainForm, SignInForm
from accounts.models import User
from audit.access import actor_of, operator_required
from audit.forms import posted
from audit.log import record_refused_sign_in, record_sign_in, record_sign_out
from audit.recent import note_sign_in


def _next_page(request: HttpRequest, *, owner: bool) -> str:
    """Where to go after signing in: `next` if it is ours and meant for this kind of person."""
    account = reverse("show_account")
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        wanted = ""
    if owner:
        return wanted if wanted.startswith(account) else account
    return wanted or reverse("dashboard")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Operators by name, mailbox owners by address; one page for both."""
    actor = actor_of(request)
    if actor.is_operator or actor.is_mailbox_owner:
        return redirect(_next_page(request, owner=actor.is_mailbox_owner))
    form = SignInForm(posted(request))
    if form.is_valid():
        user = authenticate(
            request,
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
        )
        if isinstance(user, User):
            login(request, user)
            note_sign_in(request)
            record_sign_in(actor=user.actor(actor.address))
            return redirect(_next_page(request, owner=not user.is_operator))
        _record_refusal(form.cleaned_data["username"], actor.address)
        form.refuse()
    return render(
        request,
        "accounts/login.html",
        {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""},
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    actor = actor_of(request)
    if actor.is_operator or actor.is_mailbox_owner:
        record_sign_out(actor=actor)
    logout(request)
    return redirect("login")


def _record_refusal(name: str, address: str) -> None:
    known = User.objects.operators().filter(username=name.strip().lower()).exists()
    record_refused_sign_in(name=name, address=address, known=known)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Ask for the password before something dangerous, then go on with it."""
    form = SignInAgainForm(posted(request))
    next_page = _next_page(request, owner=False)
    if form.is_valid():
        user = request.user
        if isinstance(user, User) and user.check_password(form.cleaned_data["password"]):
            note_sign_in(request)
            return redirect(next_page)
        actor = actor_of(request)
        record_refused_sign_in(name=actor.name, address=actor.address, known=True)
        form.refuse()
    return render(request, "accounts/login_again.html", {"form": form, "next": next_page})
