"""Pages for operators about the owner of a mailbox: invitation, and suspended second factors."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import confirming, notices, recovery
from accounts.account_forms import InvitationForm
from accounts.links import link_url, site_of
from accounts.models import Purpose
from audit.access import actor_of, operator_required
from audit.forms import posted
from audit.recent import recent_sign_in_required_of_button, recent_sign_in_required_of_form
from domains.keys import row_url
from domains.words import as_validation_error
from mailboxes.models import Mailbox
from mailkit.addresses import AddressError, parse_address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
@recent_sign_in_required_of_form
def invite_owner(request: HttpRequest, email: str) -> HttpResponse:
    """Make a link by which the owner chooses the password: shown once here, or sent."""
    mailbox = _mailbox(request, email)
    site = site_of(request)
    form = InvitationForm(posted(request))
    link = ""
    if site and form.is_valid():
        to = form.cleaned_data["address"]
        if _may_be_sent_to(form, mailbox, to) and form.carry_out(
            lambda: recovery.invite_owner(
                actor=actor_of(request), email=mailbox.email, sent=bool(to)
            )
        ):
            if to and notices.send_invitation(form.result, to, site):
                messages.success(
                    request,
                    _("The invitation for %(email)s is sent to %(to)s.")
                    % {"email": mailbox.email, "to": to},
                )
                return redirect(row_url("show_mailbox", mailbox.email) or "list_mailboxes")
            link = link_url(site, Purpose.INVITE, form.result.token)
    context = {
        "form": form,
        "mailbox": mailbox,
        "site": site,
        "link": link,
        "failed": bool(link and form.cleaned_data["address"]),
        "locked": mailbox.judgement.locked,
    }
    return render(request, "accounts/recovery/invite_owner.html", context)


def _may_be_sent_to(form: InvitationForm, mailbox: Mailbox, to: str) -> bool:
    if not to:
        return True
    try:
        own = parse_address(to) == mailbox.email.lower()
    except AddressError as error:
        form.add_error("address", as_validation_error(error))
        return False
    if own:
        form.add_error(
            "address", _("The owner cannot read this mailbox yet: name another address.")
        )
    return not own


@require_POST
@operator_required
@recent_sign_in_required_of_button
def confirm_owner(request: HttpRequest, email: str) -> HttpResponse:
    """After a password change elsewhere: second factor and recovery address are the owner's."""
    mailbox = _mailbox(request, email)
    confirming.confirm_factors(actor=actor_of(request), email=mailbox.email)
    messages.success(
        request,
        _("Second factor and recovery address of %(email)s are in force again.")
        % {"email": mailbox.email},
    )
    return redirect(row_url("show_mailbox", mailbox.email) or "list_mailboxes")


@require_POST
@operator_required
@recent_sign_in_required_of_button
def remove_factors(request: HttpRequest, email: str) -> HttpResponse:
    """After a password change elsewhere: they are a former owner's, and go."""
    mailbox = _mailbox(request, email)
    confirming.remove_factors(actor=actor_of(request), email=mailbox.email)
    messages.success(
        request,
        _("Second factor and recovery address of %(email)s are removed; the owner is signed out.")
        % {"email": mailbox.email},
    )
    return redirect(row_url("show_mailbox", mailbox.email) or "list_mailboxes")


def _mailbox(request: HttpRequest, email: str) -> Mailbox:
    row: Mailbox | None = Mailbox.objects.visible_to(actor_of(request)).by_key(email)
    if row is None:
        raise Http404
    return row
