"""Pages for whoever is not signed in: the forgotten password, and what one-time links open."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import notices, recovery
from accounts.account_forms import AskForLinkForm, ChosenPasswordForm, OneClickForm
from accounts.links import find_link, site_of
from accounts.models import Purpose
from audit.access import actor_of
from audit.forms import posted
from mailboxes.models import Mailbox
from mailkit.passwords import generate_password

logger = logging.getLogger(__name__)

Page = Callable[[HttpRequest], HttpResponse]
TEMPLATES = {
    Purpose.RECOVER: "accounts/recovery/recover_password.html",
    Purpose.INVITE: "accounts/recovery/accept_invitation.html",
}


def _behind_a_link(view: Page) -> Page:
    """The token stays in this page: it is not stored, nor told to the next page by Referer."""

    @wraps(view)
    def quiet(request: HttpRequest) -> HttpResponse:
        response = view(request)
        # Not "no-referrer": a form's Origin would be "null" then, and be refused.
        response["Referrer-Policy"] = "strict-origin"
        return response

    return never_cache(sensitive_post_parameters()(quiet))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password; the answer says nothing about the address."""
    site = site_of(request)
    if not site:
        logger.warning(
            "Nobody can recover a password: set MAILADMIN_BASE_URL, so that links lead somewhere."
        )
    form = AskForLinkForm(posted(request))
    if site and form.is_valid():
        email, network = form.cleaned_data["address"], actor_of(request).address
        if recovery.ask_for_link(email=email, network=network):
            notices.send_recovery_link(email, network, site)
        return redirect("link_asked_for")
    return render(request, "accounts/recovery/ask_for_link.html", {"form": form, "site": site})


@require_safe
def link_asked_for(request: HttpRequest) -> HttpResponse:
    """The one answer to whoever asked for a link."""
    return render(request, "accounts/recovery/link_asked_for.html")


@require_http_methods(["GET", "HEAD", "POST"])
@_behind_a_link
def recover_password(request: HttpRequest) -> HttpResponse:
    """Choose a new password, by the link that was sent to the recovery address."""
    return _choose_password(request, Purpose.RECOVER)


@require_http_methods(["GET", "HEAD", "POST"])
@_behind_a_link
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """Choose a password, by the link that an operator handed out."""
    return _choose_password(request, Purpose.INVITE)


def _choose_password(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    token = request.GET.get("token", "")
    mailbox = recovery.mailbox_of_link(token, purpose)
    if mailbox is None:
        return _dead_link(request)
    if "generate" in request.POST:
        generated = generate_password()
        form = ChosenPasswordForm(initial={"new_password1": generated, "new_password2": generated})
        form.keep_passwords()
        return _password_page(request, purpose, form, mailbox, generated)
    form = ChosenPasswordForm(posted(request))
    network = actor_of(request).address
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: recovery.set_password_by_link(
                token=token,
                purpose=purpose,
                password=data["new_password1"],
                network=network,
                force=data["force"],
            )
        ):
            notices.tell_password_set(form.result, network)
            messages.success(
                request, _("Your password is set. Sign in with it, here and in your mail programs.")
            )
            return redirect("login")
    return _password_page(request, purpose, form, mailbox)


def _password_page(
    request: HttpRequest,
    purpose: Purpose,
    form: ChosenPasswordForm,
    mailbox: Mailbox,
    generated: str = "",
) -> HttpResponse:
    context = {"form": form, "mailbox": mailbox, "generated": generated}
    return render(request, TEMPLATES[purpose], context)


@require_http_methods(["GET", "HEAD", "POST"])
@_behind_a_link
def confirm_recovery_address(request: HttpRequest) -> HttpResponse:
    """The recovery address counts from now on. A click is asked for: mail scanners open links."""
    token = request.GET.get("token", "")
    found = find_link(token, Purpose.CONFIRM)
    if found is None:
        return _dead_link(request)
    form = OneClickForm(posted(request))
    if form.is_valid():
        if not form.carry_out(
            lambda: recovery.confirm_recovery_address(
                token=token, network=actor_of(request).address
            )
        ):
            return _dead_link(request)
        notices.tell_recovery_changed(form.result)
        messages.success(request, _("The recovery address is confirmed."))
        return redirect("login")
    link, mailbox = found
    context = {"mailbox": mailbox, "address": link.address}
    return render(request, "accounts/recovery/confirm_recovery_address.html", context)


def _dead_link(request: HttpRequest) -> HttpResponse:
    # 200: a dead link is no fault, and a 404 would be in the log with its address.
    return render(request, "accounts/recovery/dead_link.html")
