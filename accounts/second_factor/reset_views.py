"""For operators: take the second factor from somebody who has lost it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.owners import shadow_of
from accounts.second_factor.forms import ClickForm
from accounts.second_factor.services import reset_second_factor
from accounts.second_factor.state import factors_of
from audit.access import actor_of, operator_required, superadmin_required
from audit.forms import posted
from audit.recent import recent_sign_in_required
from domains.keys import row_url
from mailboxes.models import Mailbox


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def reset_operator_factor(request: HttpRequest, name: str) -> HttpResponse:
    """Of another operator."""
    user = User.objects.operators().filter(username=name.lower()).first()
    if user is None:
        raise Http404
    return _reset(request, user.username, user, reverse("show_operator", args=[user.username]))


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
@recent_sign_in_required
def reset_owner_factor(request: HttpRequest, email: str) -> HttpResponse:
    """Of a mailbox owner."""
    mailbox: Any = Mailbox.objects.visible_to(actor_of(request)).by_key(email)
    if mailbox is None:
        raise Http404
    user = shadow_of(mailbox)
    back = row_url("show_mailbox", mailbox.email) or reverse("list_mailboxes")
    return _reset(request, mailbox.email, user, back)


def _reset(request: HttpRequest, name: str, user: User | None, back: str) -> HttpResponse:
    form = ClickForm(posted(request))
    if (
        user is not None
        and form.is_valid()
        and form.carry_out(
            lambda: reset_second_factor(actor=actor_of(request), username=user.username)
        )
    ):
        messages.success(
            request,
            _("%(name)s has no second factor any more, and is signed out.") % {"name": name},
        )
        return HttpResponseRedirect(back)
    factors = factors_of(user) if user is not None else None
    context = {"form": form, "name": name, "factors": factors, "back": back}
    return render(request, "accounts/second_factor/reset_second_factor.html", context)
