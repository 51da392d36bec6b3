"""Page: send a key's record to the zone's name server, or take a retired key's out of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.access import actor_of, superadmin_required
from audit.recent import recent_sign_in_required
from dnshealth.dkim.listing import key_of
from dnshealth.dkim.looking import record_of
from dnshealth.dkim.models import KeyState
from dnshealth.names import a_label, stored_name
from dnshealth.publish_page import card_of, is_set_up, problem_of, state_of_plan, unfinished_of
from dnshealth.publishing import ZonePlan, plan_records, publish
from dnshealth.views import domain_of_page
from domains.keys import row_url
from mailkit.dns.primary import PublishError, Trouble
from mailkit.dns.results import Record


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def publish_dkim_key(request: HttpRequest, domain: str, selector: str) -> HttpResponse:
    """Show the difference at the name server; POST sends what was shown."""
    row = domain_of_page(request, domain)
    actor = actor_of(request)
    key = key_of(actor, a_label(row.domain), selector)
    record = record_of(key) if key else None
    if key is None or record is None:
        raise Http404
    removing = key.state == KeyState.REMOVED
    name, dns_url = stored_name(row.domain), row_url("show_dns", row.domain)
    keys_url = row_url("list_dkim_keys", row.domain)
    plan = _plan(record, removing=removing) if is_set_up() else None
    refused: PublishError | None = None
    if request.method == "POST" and plan is not None and plan.problem is None:
        if not plan.changes:
            messages.info(request, _("The name server has it like that already. Nothing was sent."))
            return redirect(keys_url)
        try:
            if request.POST.get("state", "") != state_of_plan(plan):
                raise PublishError(Trouble.CHANGED, plan.zone)
            entries = publish(actor=actor, domain=name, planned=plan)
        except PublishError as error:
            refused, plan = error, _plan(record, removing=removing)
        else:
            messages.success(request, _("Sent, and read back from the name server."))
            return redirect(f"{dns_url}published/{entries[0].pk}/")
    context = {
        "domain": row,
        "keys_url": keys_url,
        "key": key,
        "removing": removing,
        "card": card_of(plan) if plan and (plan.changes or plan.problem) else None,
        "set_up": plan is not None,
        "refused": problem_of(refused) if refused else None,
        "unfinished": unfinished_of(actor, name, dns_url),
    }
    return render(request, "dnshealth/dkim/publish_dkim_key.html", context)


def _plan(record: Record, *, removing: bool) -> ZonePlan:
    (plan,) = plan_records((), (record,)) if removing else plan_records((record,), ())
    return plan
