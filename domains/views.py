"""Pages: add a virtual domain; list, add, change and delete transports."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.access import actor_of, operator_required, superadmin_required
from audit.forms import posted
from domains import services
from domains.forms import ChangeTransportForm, DeleteForm, DomainForm, TransportForm
from domains.keys import address_for, row_url
from domains.listing import asked
from domains.models import Transport
from domains.postfix import services_of_postfix
from domains.state import state_of


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
def create_domain(request: HttpRequest) -> HttpResponse:
    """Add a virtual domain."""
    form = DomainForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: services.create_domain(
                actor=actor_of(request), domain=data["domain"], force=data["force"]
            )
        ):
            messages.success(
                request,
                _(
                    "%(domain)s is added. A sender that Postfix refused just now may be refused "
                    "on: smtpd remembers it until it has had no connection for 100 seconds. "
                    "“postfix reload” makes it forget at once."
                )
                % {"domain": form.result.display_name},
            )
            return redirect(row_url("show_domain", form.result.domain) or "list_domains")
    return render(request, "domains/create_domain.html", {"form": form})


@require_safe
@operator_required
def list_transports(request: HttpRequest) -> HttpResponse:
    """Transports page by page, by key."""
    actor = actor_of(request)
    query = asked(request, actor)
    rows = Transport.objects.visible_to(actor)
    if query.domain:
        rows = rows.in_domain(query.domain)
    if query.q:
        rows = rows.matching(query.q)
    page = rows.page(after=query.after)
    return render(request, "domains/list_transports.html", {"page": page, "asked": query})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def create_transport(request: HttpRequest) -> HttpResponse:
    """Add a transport."""
    form = TransportForm(posted(request), initial={"domain": request.GET.get("domain", "")})
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: services.create_transport(
                actor=actor_of(request),
                domain=data["domain"],
                transport=data["transport"],
                force=data["force"],
            )
        ):
            _say_saved(request, form.result.domain)
            return redirect(row_url("change_transport", form.result.domain) or "list_transports")
    return render(request, "domains/create_transport.html", {"form": form, **_help()})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def change_transport(request: HttpRequest, key: str) -> HttpResponse:
    """Show a transport and change it."""
    actor = actor_of(request)
    row: Transport | None = Transport.objects.visible_to(actor).by_key(key)
    if row is None:
        return _gone(request, key)
    stored = row.domain
    opened = {
        "domain": row.domain,
        "transport": row.transport,
        "state": _state(row),
    }
    form = ChangeTransportForm(posted(request), initial=opened)
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: services.change_transport(
                actor=actor,
                key=stored,
                # A key that SQL wrote with blanks comes back stripped, and is the same one.
                domain=_renamed(data["domain"], stored),
                transport=data["transport"],
                force=data["force"],
                state=data["state"] or None,
            )
        ):
            _say_saved(request, form.result.domain)
            return redirect(row_url("change_transport", form.result.domain) or "list_transports")
        if form.gone:
            return _gone(request, key)
        if form.current is not None:
            form.renew_state(_state(_transport(request, key)))
    context = {
        "form": form,
        "transport": row,
        "trace_from": address_for(row.domain),
        **_help(),
    }
    return render(request, "domains/change_transport.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def delete_transport(request: HttpRequest, key: str) -> HttpResponse:
    """Delete a transport."""
    row = _transport(request, key)
    form = DeleteForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: services.delete_transport(actor=actor_of(request), key=row.domain)
    ):
        messages.success(request, _("The transport for %(key)s is deleted.") % {"key": row.domain})
        return redirect("list_transports")
    return render(request, "domains/delete_transport.html", {"form": form, "transport": row})


def _transport(request: HttpRequest, key: str) -> Transport:
    row: Transport | None = Transport.objects.visible_to(actor_of(request)).by_key(key)
    if row is None:
        raise Http404
    return row


def _gone(request: HttpRequest, key: str) -> HttpResponse:
    """404; what was typed into the form of a row that is gone can be added anew."""
    if request.method != "POST":
        raise Http404
    typed = {"domain": key, **request.POST.dict()}
    context = {"form": TransportForm(initial=typed), "gone": key, **_help()}
    return render(request, "domains/create_transport.html", context, status=404)


def _state(row: Transport) -> str:
    return state_of({"domain": row.domain, "transport": row.transport})


def _renamed(typed: str, stored: str) -> str | None:
    return None if not typed or typed == stored.strip() else typed


def _say_saved(request: HttpRequest, key: str) -> None:
    text = _("The transport for %(key)s is saved and takes effect with the next mail.")
    if key == "*":
        text = _("The transport for %(key)s is saved and takes effect within 30 seconds.")
    messages.success(request, text % {"key": key})


def _help() -> dict[str, object]:
    return {"services": sorted(services_of_postfix())}
