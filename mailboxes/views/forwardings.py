"""Pages: list, add, change and delete forwardings."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.access import actor_of, operator_required, superadmin_required
from audit.forms import posted
from audit.recent import ask_again, signed_in_recently
from domains.forms import DeleteForm
from domains.keys import address_for, row_url
from domains.listing import asked
from domains.state import state_of
from mailboxes.forms import ChangeForwardingForm, ForwardingForm
from mailboxes.found import find_forwardings
from mailboxes.models import Forwarding, Mailbox
from mailboxes.seen import has_mailbox
from mailboxes.services import forwardings as services
from mailboxes.target_runs import plan_comparison
from mailboxes.words import forwarding_line, kind_of
from worker.standing import is_alive


@require_safe
@operator_required
def list_forwardings(request: HttpRequest) -> HttpResponse:
    """Forwardings page by page, by source; found by source or by destination."""
    actor = actor_of(request)
    query = asked(request, actor)
    found = find_forwardings(
        actor, domain=query.domain, q=query.q, inside=query.inside, to=query.to
    )
    page = found.page(query.after)
    context = {
        "page": page,
        "lines": [forwarding_line(forwarding) for forwarding in page.rows],
        "asked": query,
        "as_of": found.find.as_of if query.to or found.by_beginnings else None,
        "inside_offered": found.by_beginnings,
    }
    return render(request, "mailboxes/list_forwardings.html", context)


@require_POST
@superadmin_required
def refresh_targets(request: HttpRequest) -> HttpResponse:
    """Have a worker compare the table of targets with the forwardings."""
    plan_comparison()
    if is_alive():
        messages.success(request, _("A worker compares them now; load the page anew to see it."))
    else:
        messages.warning(
            request,
            _("No worker runs, so it waits for one. By hand: %(command)s")
            % {"command": "python manage.py mailtables refresh"},
        )
    asked_before = {name: request.POST.get(name, "") for name in ("to", "q")}
    query = urlencode({name: text for name, text in asked_before.items() if text})
    return redirect(f"{reverse('list_forwardings')}?{query}")


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def create_forwarding(request: HttpRequest) -> HttpResponse:
    """Add a forwarding."""
    typed = {"source": request.GET.get("source", "")}
    form = ForwardingForm(posted(request), initial=typed)
    if _moves_a_mailboxs_mail(request) and not signed_in_recently(request):
        return ask_again(request)
    if form.is_valid():
        data = form.cleaned_data
        if form.carry_out(
            lambda: services.create_forwarding(
                actor=actor_of(request),
                source=data["source"],
                destination=data["destination"],
                force=data["force"],
            )
        ):
            _say_saved(request, form.result.source)
            return redirect(row_url("change_forwarding", form.result.source) or "list_forwardings")
    return render(request, "mailboxes/create_forwarding.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def change_forwarding(request: HttpRequest, source: str) -> HttpResponse:
    """Show a forwarding and change it."""
    row: Forwarding | None = Forwarding.objects.visible_to(actor_of(request)).by_key(source)
    if row is None:
        return _gone(request, source)
    key = row.source
    opened = {
        "source": row.source,
        "destination": "\n".join(row.destinations),
        "state": _state(row),
    }
    form = ChangeForwardingForm(posted(request), initial=opened)
    if _moves_a_mailboxs_mail(request, key) and not signed_in_recently(request):
        return ask_again(request)
    if form.is_valid():
        data = form.cleaned_data
        typed = data["source"]
        if form.carry_out(
            lambda: services.change_forwarding(
                actor=actor_of(request),
                key=key,
                # A source that SQL wrote with blanks comes back stripped, and is the same one.
                source=None if not typed or typed == key.strip() else typed,
                destination=data["destination"],
                force=data["force"],
                state=data["state"] or None,
            )
        ):
            _say_saved(request, form.result.source)
            return redirect(row_url("change_forwarding", form.result.source) or "list_forwardings")
        if form.gone:
            return _gone(request, source)
        if form.current is not None:
            form.renew_state(_state(_forwarding(request, source)))
    context = {
        "form": form,
        "forwarding": row,
        "kind": kind_of(row),
        "mailbox": Mailbox.objects.by_key(row.source),
        "trace_from": address_for(row.source),
    }
    return render(request, "mailboxes/change_forwarding.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def delete_forwarding(request: HttpRequest, source: str) -> HttpResponse:
    """Delete a forwarding."""
    row = _forwarding(request, source)
    form = DeleteForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: services.delete_forwarding(actor=actor_of(request), key=row.source)
    ):
        messages.success(
            request, _("The forwarding of %(source)s is deleted.") % {"source": row.source}
        )
        return redirect("list_forwardings")
    context = {
        "form": form,
        "forwarding": row,
        "kind": kind_of(row),
        "mailbox": Mailbox.objects.by_key(row.source),
    }
    return render(request, "mailboxes/delete_forwarding.html", context)


def _forwarding(request: HttpRequest, source: str) -> Forwarding:
    row: Forwarding | None = Forwarding.objects.visible_to(actor_of(request)).by_key(source)
    if row is None:
        raise Http404
    return row


def _moves_a_mailboxs_mail(request: HttpRequest, *keys: str) -> bool:
    """Whether what is posted sends the mail of somebody's mailbox to others too, or instead."""
    sources = (*keys, request.POST.get("source", "").strip())
    return request.method == "POST" and has_mailbox(sources, actor_of(request))


def _gone(request: HttpRequest, source: str) -> HttpResponse:
    """404; what was typed into the form of a row that is gone can be added anew."""
    if request.method != "POST":
        raise Http404
    typed = {"source": source, **request.POST.dict()}
    context = {"form": ForwardingForm(initial=typed), "gone": source}
    return render(request, "mailboxes/create_forwarding.html", context, status=404)


def _state(row: Forwarding) -> str:
    return state_of(services.forwarding_row(row))


def _say_saved(request: HttpRequest, source: str) -> None:
    messages.success(
        request,
        _("The forwarding of %(source)s is saved and takes effect with the next mail.")
        % {"source": source},
    )
