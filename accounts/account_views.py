"""Pages of a mailbox owner: the own mailbox and its password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.account_forms import OwnPasswordForm
from accounts.models import User
from audit.access import actor_of, mailbox_owner_required
from audit.forms import posted
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import change_own_password as change_own_password_service
from mailboxes.words import badges
from mailkit.passwords import generate_password


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
        "accounts/account/show_account.html",
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
    return render(request, "accounts/account/change_own_password.html", context)


def _own_mailbox(request: HttpRequest) -> Mailbox:
    actor = actor_of(request)
    mailbox: Mailbox | None = Mailbox.objects.visible_to(actor).by_key(actor.name)
    if mailbox is None:
        raise Http404
    return mailbox
