"""Sign-in and sign-out, the password asked again, and the mailbox owner's own pages."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import OwnPasswordForm, SignInAgainForm, SignInForm
from accounts.models import User
from audit.access import actor_of, mailbox_owner_required, operator_required
from audit.forms import posted
from audit.recent import note_sign_in
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import change_own_password as change_own_password_service
from mailboxes.words import badges
from mailkit.passwords import generate_password


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
            return redirect(_next_page(request, owner=not user.is_operator))
        form.refuse()
    return render(
        request,
        "accounts/login.html",
        {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""},
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("login")


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
        form.refuse()
    return render(request, "accounts/login_again.html", {"form": form, "next": next_page})


@require_safe
def show_account(request: HttpRequest) -> HttpResponseBase:
    """The mailbox owner's own page; an operator has none and goes to the dashboard."""
    if actor_of(request).is_operator:
        return redirect("dashboard")
    return _show_account(request)


@mailbox_owner_required
def _show_account(request: HttpRequest) -> HttpResponse:
    mailbox = _own_mailbox(request)
    return render(
        request,
        "accounts/show_account.html",
        {"mailbox": mailbox, "badges": badges(mailbox.judgement)},
    )


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@mailbox_owner_required
def change_own_password(request: HttpRequest) -> HttpResponse:
    """A mailbox owner's new password; other sessions end, this one goes on."""
    mailbox = _own_mailbox(request)
    if "generate" in request.POST:
        generated = generate_password()
        typed = {"new_password1": generated, "new_password2": generated}
        form = OwnPasswordForm(initial=typed)
        form.keep_passwords()
        return _own_password_page(request, form, mailbox, generated)
    form = OwnPasswordForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: change_own_password_service(
                actor=actor_of(request),
                old_password=data["old_password"],
                new_password=data["new_password1"],
                force=data["force"],
            )
        ):
            # Read anew: the signed-in user still holds the mailbox with the former hash.
            user = User.objects.get(username=request.user.get_username())
            update_session_auth_hash(request, user)
            messages.success(
                request,
                _("Your password is changed. Type the new one in your mail programs as well."),
            )
            return redirect("show_account")
    return _own_password_page(request, form, mailbox)


def _own_password_page(
    request: HttpRequest, form: OwnPasswordForm, mailbox: Mailbox, generated: str = ""
) -> HttpResponse:
    context = {"form": form, "mailbox": mailbox, "generated": generated}
    return render(request, "accounts/change_own_password.html", context)


def _own_mailbox(request: HttpRequest) -> Mailbox:
    actor = actor_of(request)
    mailbox: Mailbox | None = Mailbox.objects.visible_to(actor).by_key(actor.name)
    if mailbox is None:
        raise Http404
    return mailbox
