"""Pages: the queue, and what the log says about mail to or from an address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.access import superadmin_required
from mailkit.maillog import LogError
from mailkit.postfix.queue import QueueError
from mailserver.mail_flow import look_at_queue
from mailserver.mail_flow import search_log as find_in_log
from mailserver.queue_words import NOT_READABLE

# How far back a search may look, in days.
DAYS = (1, 3, 7, 30)
# An address has at most 254 characters.
LONGEST = 254


@require_safe
@superadmin_required
def show_queue(request: HttpRequest) -> HttpResponse:
    """What waits in Postfix's queue, by domain; `?domain=` lists the mails for one."""
    domain = request.GET.get("domain", "").strip().lower()
    if "\x00" in domain or len(domain) > LONGEST:
        raise Http404
    context: dict[str, object] = {"domain": domain}
    try:
        context["queue"] = look_at_queue(domain)
    except QueueError as error:
        context |= {"trouble": NOT_READABLE[error.code], "said": error.text}
    return render(request, "mailserver/show_queue.html", context)


@require_safe
@superadmin_required
def search_log(request: HttpRequest) -> HttpResponse:
    """`?address=`: the story of each mail to or from it, or its domain, in the last `?days=`."""
    address = request.GET.get("address", "").strip()
    if "\x00" in address or len(address) > LONGEST:
        raise Http404
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, DAYS) else DAYS[1]
    context: dict[str, object] = {"address": address, "days": days, "choices": DAYS}
    if "." in address.strip("."):
        try:
            context["found"] = find_in_log(address, days)
        except LogError as error:
            context |= {"trouble": NOT_READABLE[error.code], "said": str(error.path)}
    elif address:
        context["not_whole"] = True
    return render(request, "mailserver/search_log.html", context)
