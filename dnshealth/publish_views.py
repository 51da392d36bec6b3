"""Pages: publish what mends a domain, look at what was published, take it back; zone files."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.access import actor_of, operator_required, superadmin_required
from audit.actor import Actor
from audit.models import Entry
from audit.recent import recent_sign_in_required
from dnshealth.lasting import lasting_of, old_until, old_until_of_domain
from dnshealth.names import stored_name
from dnshealth.publish_page import (
    FRESH,
    Offer,
    difference_of,
    entries_of_action,
    offer,
    problem_of,
    state_of_plan,
    unfinished_of,
)
from dnshealth.publishing import change_of, publish, take_back
from dnshealth.reading import health_of
from dnshealth.sending import KIND, broken_off, settle
from dnshealth.views import domain_of_page
from dnshealth.words.publishing import FATES, TROUBLES
from dnshealth.zonefile import checked_domains, mendings, zone_file
from domains.keys import row_url
from domains.models import Domain
from mailkit.dns.primary import PublishError, Trouble


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def publish_dns(request: HttpRequest, domain: str) -> HttpResponse:
    """Show the difference of the findings in `?code=`, the errors without; POST sends a zone's."""
    row = domain_of_page(request, domain)
    values = request.POST if request.method == "POST" else request.GET
    # An empty one among them says that none of the others need be chosen.
    codes = [code for code in values.getlist("code") if code] if "code" in values else None
    wanted = _offer(request, row, codes)
    if request.method != "POST":
        return _page(request, row, wanted)
    zone, state = values.get("zone", ""), values.get("state", "")
    plan = wanted.zone(zone)
    if wanted.why_not or (plan is not None and plan.problem):
        return _page(request, row, wanted)
    if plan is None or not plan.changes:
        return _there_already(request, row)
    if state != state_of_plan(plan):
        return _page(request, row, wanted, refused=PublishError(Trouble.CHANGED, zone))
    try:
        entries = publish(actor=actor_of(request), domain=stored_name(row.domain), planned=plan)
    except PublishError as error:
        again = _offer(request, row, codes)
        now = again.zone(zone)
        if error.trouble == Trouble.CHANGED and now and not (now.changes or now.problem):
            # The first of two clicks has done it.
            return _there_already(request, row)
        return _page(request, row, again, refused=error)
    messages.success(request, _("Published, and read back from the name server."))
    return redirect(f"{_dns_url(row)}published/{entries[0].pk}/")


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def show_publication(request: HttpRequest, domain: str, entry_id: int) -> HttpResponse:
    """What was published together with this line of the log; POST takes it back."""
    row = domain_of_page(request, domain)
    actor = actor_of(request)
    mine = Entry.objects.visible_to(actor).filter(object_type=KIND, domain=stored_name(row.domain))
    entry: Entry | None = mine.filter(pk=entry_id).first()
    if entry is None:
        raise Http404
    refused: PublishError | None = None
    if request.method == "POST":
        try:
            shown = _take_back(request, actor, entry)
        except PublishError as error:
            refused = error
        else:
            return redirect(f"{_dns_url(row)}published/{shown.pk}/")
    entries = entries_of_action(actor, entry)
    changes = [change_of(one) for one in entries]
    has_key = any("._domainkey." in one.name for one in changes)
    context = {
        "domain": row,
        "dns_url": _dns_url(row),
        "entry": entry,
        "keys_url": row_url("list_dkim_keys", row.domain) if has_key else "",
        "lasting": lasting_of(changes, None),
        "old_until": old_until(entries),
        "has_new": any(not one.before for one in changes),
        "lines": difference_of(changes),
        "back": difference_of(change_of(one).back for one in reversed(entries) if not one.undone),
        "refused": problem_of(refused) if refused else None,
    }
    return render(request, "dnshealth/show_publication.html", context)


@require_POST
@superadmin_required
@recent_sign_in_required
def settle_publication(request: HttpRequest, domain: str, sending_id: int) -> HttpResponse:
    """Ask the name server what became of an update whose program was stopped."""
    row = domain_of_page(request, domain)
    found = {one.pk: one for one in broken_off(domain=stored_name(row.domain))}
    if sending_id not in found:
        raise Http404
    try:
        fate = settle(actor=actor_of(request), sending=found[sending_id])
    except PublishError as error:
        words = TROUBLES[error.trouble]
        messages.error(request, f"{words.what} {words.todo}")
    else:
        messages.info(request, FATES[fate])
    return redirect(f"{_dns_url(row)}publish/")


@require_safe
@operator_required
def zone_file_of_domain(request: HttpRequest, domain: str) -> HttpResponseBase:
    """What mends one domain, to be put into its zone file."""
    row = domain_of_page(request, domain)
    name = stored_name(row.domain)
    health = health_of(actor_of(request), row.domain)
    if health is None:
        raise Http404
    lines = zone_file(mendings(actor_of(request), [health]))
    return _download([f"{line}\n" for line in lines], name)


@require_safe
@operator_required
def zone_file_of_all(request: HttpRequest) -> HttpResponseBase:
    """What mends each of the actor's domains."""
    actor = actor_of(request)
    lines = zone_file(mendings(actor, checked_domains(actor)))
    return _download((f"{line}\n" for line in lines), "domains")


def _download(lines: object, name: str) -> HttpResponseBase:
    answer = StreamingHttpResponse(lines, content_type="text/plain; charset=utf-8")  # type: ignore[arg-type]
    safe = "".join(sign for sign in name if sign.isalnum() or sign in ".-_") or "domain"
    file = f"{safe}-{timezone.now():%Y-%m-%d}.zone"
    answer["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def _offer(request: HttpRequest, row: Domain, codes: list[str] | None) -> Offer:
    health = health_of(actor_of(request), row.domain)
    return offer(actor_of(request), health, codes)


def _page(
    request: HttpRequest, row: Domain, wanted: Offer, refused: PublishError | None = None
) -> HttpResponse:
    context = {
        "domain": row,
        "dns_url": _dns_url(row),
        "check_url": row_url("check_dns", row.domain),
        "zone_file_url": ""
        if wanted.checked_at is None
        else row_url("zone_file_of_domain", row.domain),
        "offer": wanted,
        "old_until": old_until_of_domain(stored_name(row.domain)) if wanted.is_there else None,
        "unfinished": unfinished_of(actor_of(request), stored_name(row.domain), _dns_url(row)),
        "refused": problem_of(refused) if refused else None,
        "minutes": int(FRESH.total_seconds() // 60),
    }
    return render(request, "dnshealth/publish_dns.html", context)


def _there_already(request: HttpRequest, row: Domain) -> HttpResponse:
    messages.info(request, _("The name server has it already. Nothing was sent."))
    return redirect(_dns_url(row))


def _take_back(request: HttpRequest, actor: Actor, entry: Entry) -> Entry:
    """Take it back, and say so; gives the entry to show. Raises PublishError."""
    try:
        logged = take_back(actor=actor, entry_id=entry.pk)
    except PublishError as error:
        entry.refresh_from_db(fields=["undone"])
        if error.trouble != Trouble.CHANGED or not entry.undone:
            raise
        # The first of two clicks has done it.
        logged = []
    if not logged:
        messages.info(request, _("It is taken back already. Nothing was sent."))
        return entry
    messages.success(request, _("Taken back, and read back from the name server."))
    return logged[0]


def _dns_url(row: Domain) -> str:
    return row_url("show_dns", row.domain)
