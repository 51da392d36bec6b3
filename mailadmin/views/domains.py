"""Pages: the list of virtual domains, and one domain with what is in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.access import actor_of, operator_required
from dnshealth.reading import verdict_of
from domains.keys import row_url
from domains.listing import asked
from domains.models import Domain, Transport
from domains.querysets import DomainPart
from domains.schema import schema
from mailboxes.models import Forwarding, Mailbox
from mailboxes.words import forwarding_line, kind_of, mailbox_line

# So many rows of each kind on a domain's page; the lists have the rest.
FIRST = 10


@dataclass(frozen=True)
class DomainLine:
    """A virtual domain as the list shows it."""

    domain: Domain
    mailboxes: int


@require_safe
@operator_required
def list_domains(request: HttpRequest) -> HttpResponse:
    """Virtual domains page by page, by name."""
    actor = actor_of(request)
    query = asked(request, actor)
    rows = Domain.objects.visible_to(actor)
    if query.q:
        rows = rows.matching(query.q)
    page = rows.page(after=query.after)
    counts = _mailboxes_in([row.domain for row in page.rows])
    lines = [DomainLine(row, (counts or {}).get(row.domain.lower(), 0)) for row in page.rows]
    context = {"page": page, "lines": lines, "asked": query, "counted": counts is not None}
    return render(request, "domains/list_domains.html", context)


def _mailboxes_in(domain_names: list[str]) -> dict[str, int] | None:
    """Mailboxes in each of these domains; None where only a scan of all could tell."""
    if "users" not in schema().indexed:
        return None
    if not domain_names:
        return {}
    part = DomainPart("email", "users")
    rows = (
        Mailbox.objects.in_domains(domain_names)
        .order_by()
        .annotate(part=part)
        .values_list("part")
        .annotate(count=Count("*"))
    )
    counts: dict[str, int] = {}
    for name, count in rows:
        counts[name.lower()] = counts.get(name.lower(), 0) + count
    return counts


@require_safe
@operator_required
def show_domain(request: HttpRequest, domain: str) -> HttpResponse:
    """One virtual domain: its first mailboxes and forwardings, catch-all, transports."""
    actor = actor_of(request)
    row: Domain | None = Domain.objects.visible_to(actor).by_key(domain)
    if row is None:
        raise Http404
    name = row.domain
    mailboxes = Mailbox.objects.in_domain(name).page(size=FIRST)
    forwardings = Forwarding.objects.in_domain(name).page(size=FIRST)
    catch_all: Forwarding | None = Forwarding.objects.by_key(f"@{name}")
    if catch_all is None:
        catch_all = Forwarding.objects.by_key(f"@{name.lower()}")
    context = {
        "domain": row,
        "mailboxes": [mailbox_line(one) for one in mailboxes.rows],
        "more_mailboxes": mailboxes.next_after is not None,
        "forwardings": [forwarding_line(one) for one in forwardings.rows],
        "more_forwardings": forwardings.next_after is not None,
        "catch_all": catch_all,
        "catch_all_kind": kind_of(catch_all) if catch_all else None,
        "dns": verdict_of(actor, row.domain),
        "dns_url": row_url("show_dns", row.domain),
        "catch_all_url": row_url("change_forwarding", catch_all.source) if catch_all else "",
        "transports": Transport.objects.visible_to(actor).in_domain(name).page(size=FIRST).rows,
    }
    return render(request, "domains/show_domain.html", context)
