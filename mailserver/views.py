"""Pages: what becomes of mail to an address."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.access import actor_of, operator_required
from domains.keys import row_url
from mailkit.postfix.route import Step
from mailserver import tracing
from mailserver.trace_picture import draw
from mailserver.trace_words import OUTCOMES, WARNINGS, sentence, summary

# The page of a row of each table.
_PAGES = {
    "domains": "show_domain",
    "forwardings": "change_forwarding",
    "users": "show_mailbox",
    "transport": "change_transport",
}
# An address has at most 254 characters; what is longer is no address.
LONGEST = 1000
# So many steps are listed.
MOST_STEPS = 200


@dataclass(frozen=True)
class StepLine:
    """A step as the page lists it; `url` leads to its row, "" without one."""

    step: Step
    text: str
    url: str


@require_safe
@operator_required
def trace_address(request: HttpRequest) -> HttpResponse:
    """Follow `?address=` through the tables; without it, the form alone."""
    address = request.GET.get("address", "").strip()
    context: dict[str, object] = {"address": address}
    if address:
        if "\x00" in address or len(address) > LONGEST:
            raise Http404
        try:
            found = tracing.trace_address(actor=actor_of(request), address=address)
        except tracing.OutsideDomainsError as error:
            raise Http404 from error
        context |= {
            "trace": found,
            "outcome": OUTCOMES[found.outcome],
            "summary": summary(found),
            "warnings": [WARNINGS[one] for one in found.warnings],
            "picture": draw(found),
            "steps": [_line(step) for step in found.steps[:MOST_STEPS]],
            "more_steps": max(len(found.steps) - MOST_STEPS, 0),
        }
    return render(request, "mailserver/trace_address.html", context)


def _line(step: Step) -> StepLine:
    page = _PAGES.get(step.table) if step.answer else None
    return StepLine(step, sentence(step), row_url(page, step.question) if page else "")
