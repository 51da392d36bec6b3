"""The page where an operator says whether and where mails about changes of DNS go."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from audit.access import actor_of, operator_required
from audit.forms import posted
from dnshealth.mail_forms import MailsForm
from dnshealth.mail_settings import set_mails, setting_of


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def change_dns_mails(request: HttpRequest) -> HttpResponse:
    """The signed-in operator's own mails."""
    actor = actor_of(request)
    setting = setting_of(actor.name)
    opened = {
        "address": setting.address if setting else "",
        "wanted": setting.wanted if setting else True,
    }
    form = MailsForm(posted(request), initial=opened)
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: set_mails(
                actor=actor, name=actor.name, address=data["address"], wanted=data["wanted"]
            )
        ):
            messages.success(
                request,
                gettext("Saved. Mails about changes go to %(address)s.")
                % {"address": form.result.address}
                if form.result is not None and form.result.wanted
                else gettext("Saved. You get no mails about changes."),
            )
            return redirect("list_dns")
    return render(request, "dnshealth/change_dns_mails.html", {"form": form})
