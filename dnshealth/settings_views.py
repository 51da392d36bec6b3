"""Page: what is set for a domain's DNS checks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.access import actor_of, operator_required
from audit.forms import posted
from dnshealth.change_settings import as_logged, change_settings
from dnshealth.domain_settings import settings_of
from dnshealth.settings_form import SettingsForm
from dnshealth.views import domain_of_page
from domains.keys import row_url
from domains.state import state_of
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.registry import BY_NAME


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def change_dns_settings(request: HttpRequest, domain: str) -> HttpResponse:
    """Role, selectors and what is switched off; `?off=` begins a row with this check."""
    row = domain_of_page(request, domain)
    stored = settings_of(row.domain)
    asked = request.GET.get("off", "")
    form = SettingsForm(
        posted(request),
        stored=stored,
        switch_off=asked if asked in CATALOGUE or asked in BY_NAME else "",
    )
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: change_settings(
                actor=actor_of(request),
                domain=row.domain,
                role=data["role"],
                selectors=data["selectors"].replace(",", " ").split(),
                switched_off=form.switched_off,
                state=data["state"] or None,
            )
        ):
            messages.success(
                request, _("Saved. The verdict follows with the next check: check now.")
            )
            return redirect(row_url("show_dns", row.domain) or "list_dns")
        if form.current is not None:
            form.renew_state(state_of(as_logged(settings_of(row.domain))))
    context = {
        "domain": row,
        "form": form,
        "stored": stored,
        "dns_url": row_url("show_dns", row.domain),
    }
    return render(request, "dnshealth/change_dns_settings.html", context)
