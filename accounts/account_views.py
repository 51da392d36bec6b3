"""Pages of a mailbox owner: the own mailbox, its forwarding, password and recovery address."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import confirming, notices, recovery
from accounts.account_forms import (
    OwnForwardingForm,
    OwnPasswordForm,
    ProofForm,
    RecoveryAddressForm,
)
from accounts.links import site_of
from accounts.models import User
from accounts.own_forwarding import set_own_forwarding
from accounts.owners import factors_suspended
from accounts.second_factor.checking import Method
from accounts.signing_in import begin_session, carry_out_with_password
from audit.access import actor_of, mailbox_owner_required
from audit.forms import posted
from audit.models import Entry
from audit.recent import recent_sign_in_required_of_form
from mailboxes.models import Mailbox
from mailboxes.reaching import reaching
from mailboxes.services.mailboxes import change_own_password as change_own_password_service
from mailboxes.services.own import own_forwarding
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
    mailbox, user = _own_mailbox(request), _own_row(request)
    context: dict[str, object] = {
        "mailbox": mailbox,
        "badges": badges(mailbox.judgement),
        "suspended": factors_suspended(user),
        "proof": ProofForm(),
        "recovery": recovery.recovery_of(user),
        "forwarding": own_forwarding(mailbox.email),
        "forwarding_changed": _forwarding_changed(user),
        "may_forward": settings.MAILADMIN.owners_may_forward,
        "reach_asked": request.GET.get("reach") == "1",
    }
    if context["reach_asked"]:
        # Reads all forwardings, so it comes after the page or when somebody asks for it.
        context["reach"] = reaching(mailbox.email)
    return render(request, "accounts/account/show_account.html", context)


def _forwarding_changed(user: User) -> Entry | None:
    """When the own forwarding was changed last and by whom; None if not since he is its owner."""
    entries = Entry.objects.about("forwarding", user.username).filter(time__gte=user.created_at)
    found: Entry | None = entries.order_by("-id").first()
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@mailbox_owner_required
@recent_sign_in_required_of_form
def change_own_forwarding(request: HttpRequest) -> HttpResponse:
    """Where the mail to the own address goes, with or without a copy kept."""
    mailbox = _own_mailbox(request)
    if not settings.MAILADMIN.owners_may_forward:
        raise Http404
    now = own_forwarding(mailbox.email)
    opened = {
        "destination": "\n".join(now.others),
        "keep_copy": now.keeps_copy,
        "state": now.state,
    }
    form = OwnForwardingForm(posted(request), initial=opened)
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: set_own_forwarding(
                actor=actor_of(request),
                destination=data["destination"],
                keep_copy=data["keep_copy"],
                force=data["force"],
                state=data["state"] or None,
            )
        ):
            messages.success(request, _forwarding_said(bool(form.result.others)))
            return redirect("show_account")
        if form.current is not None:
            form.renew_state(own_forwarding(mailbox.email).state)
    context = {"form": form, "mailbox": mailbox}
    return render(request, "accounts/account/change_own_forwarding.html", context)


def _forwarding_said(goes_on: bool) -> str:
    if goes_on:
        return _("Your forwarding is saved and takes effect with the next mail.")
    return _("Your mail stays in this mailbox.")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@mailbox_owner_required
def set_recovery_address(request: HttpRequest) -> HttpResponse:
    """Name a recovery address, or another one; a mail goes there with a link to confirm it."""
    user = _own_row(request)
    form = RecoveryAddressForm(posted(request))
    site = site_of(request)
    if form.is_valid() and site:
        data = form.cleaned_data
        if carry_out_with_password(
            request,
            form,
            "password",
            lambda: recovery.set_recovery_address(
                actor=actor_of(request), password=data["password"], address=data["address"]
            ),
        ):
            _say_asked(request, sent=notices.send_confirmation(form.result, site))
            return redirect("show_account")
    context = {
        "form": form,
        "recovery": recovery.recovery_of(user),
        # It may be a former owner's, whose it is nobody's business.
        "suspended": factors_suspended(user),
        "site": site,
        "proof": ProofForm(),
    }
    return render(request, "accounts/account/set_recovery_address.html", context)


def _say_asked(request: HttpRequest, *, sent: bool) -> None:
    if sent:
        messages.success(
            request, _("A mail is on its way. The address counts once you open the link in it.")
        )
    else:
        messages.error(
            request, _("The mail could not be sent. Try again later, or ask your operator.")
        )


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@mailbox_owner_required
def remove_recovery_address(request: HttpRequest) -> HttpResponse:
    """Have no recovery address any more."""
    form = ProofForm(posted(request))
    if form.is_valid() and carry_out_with_password(
        request,
        form,
        "password",
        lambda: recovery.remove_recovery_address(
            actor=actor_of(request), password=form.cleaned_data["password"]
        ),
    ):
        notices.tell_recovery_changed(form.result)
        messages.success(request, _("Your recovery address is removed."))
        return redirect("show_account")
    return render(request, "accounts/account/remove_recovery_address.html", {"form": form})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@mailbox_owner_required
def confirm_own_factors(request: HttpRequest) -> HttpResponse:
    """After a password change elsewhere: second factor and recovery address are this owner's."""
    return _settle_factors(request, remove=False)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@mailbox_owner_required
def remove_own_factors(request: HttpRequest) -> HttpResponse:
    """After a password change elsewhere: what hangs on it is a former owner's and goes."""
    return _settle_factors(request, remove=True)


def _settle_factors(request: HttpRequest, *, remove: bool) -> HttpResponse:
    if not factors_suspended(_own_row(request)):
        return redirect("show_account")
    actor = actor_of(request)
    form = ProofForm(posted(request))
    if form.is_valid() and carry_out_with_password(
        request,
        form,
        "password",
        lambda: confirming.check_own_password(actor=actor, password=form.cleaned_data["password"]),
    ):
        if remove:
            # The former row and its sessions are gone; this one goes on as the new owner's.
            stranger = confirming.remove_factors(actor=actor, email=actor.name)
            begin_session(request, stranger, Method.PASSWORD)
            messages.success(request, _("Second factor and recovery address are removed."))
        else:
            confirming.confirm_factors(actor=actor, email=actor.name)
            messages.success(request, _("Second factor and recovery address are in force again."))
        return redirect("show_account")
    return render(request, "accounts/account/confirm_own_factors.html", {"form": form})


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
        if carry_out_with_password(
            request,
            form,
            "old_password",
            lambda: change_own_password_service(
                actor=actor_of(request),
                old_password=data["old_password"],
                new_password=data["new_password1"],
                force=data["force"],
            ),
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


def _own_row(request: HttpRequest) -> User:
    """The signed-in owner's shadow row."""
    return cast(User, request.user)
