"""The page that deletes a virtual domain, with or without all that hangs on it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.access import actor_of, superadmin_required
from audit.forms import posted
from audit.recent import recent_sign_in_required
from domains.forms import ConfirmedDeleteForm
from domains.models import Domain
from mailboxes.dependents import domain_dependents
from mailboxes.services import domains as services


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def delete_domain(request: HttpRequest, domain: str) -> HttpResponse:
    """Delete a virtual domain, after showing what hangs on it."""
    actor = actor_of(request)
    row: Domain | None = Domain.objects.visible_to(actor).by_key(domain)
    if row is None:
        raise Http404
    form = ConfirmedDeleteForm(
        posted(request),
        names=(row.domain, row.display_name),
        blind=True,
        initial={"dependents": request.GET.get("dependents", "remove")},
    )
    if form.is_valid():
        choice = form.cleaned_data["dependents"]
        if form.carry_out(
            lambda: services.delete_domain(actor=actor, domain=row.domain, dependents=choice)
        ):
            messages.success(
                request,
                _(
                    "%(domain)s is deleted. Its mail still lies on the mail server. Postfix may go "
                    "on taking mail from a sender who wrote just now: smtpd remembers it until it "
                    "has had no connection for 100 seconds, or until “postfix reload”."
                )
                % {"domain": row.display_name},
            )
            return redirect("list_domains")
    context = {"form": form, "domain": row, "dependents": domain_dependents(row.domain)}
    return render(request, "mailboxes/delete_domain.html", context)
