"""Pages: what a form's change, or a deletion, would do to mail; a form loads them beside itself."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from audit.access import actor_of, mailbox_owner_required, operator_required
from mailboxes.nouns import MODELS
from mailserver.changes import (
    Change,
    deletion,
    domain_creation,
    forwarding_change,
    mailbox_creation,
    own_forwarding_change,
    transport_change,
)
from mailserver.preview_words import preview_context
from mailserver.tracing import OutsideDomainsError

FIELDS = ("preview", "source", "destination", "domain", "transport", "email")


@sensitive_post_parameters("password", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def preview_route(request: HttpRequest) -> HttpResponse:
    """What a form's change would do; GET for a row that would be deleted.

    POST has the form's own fields, and in `preview` the key that the row has now ("" for a new
    one); or many rows to be deleted, as Django admin names them. GET names the row as `?domain=`,
    `?mailbox=`, `?forwarding=` or `?transport=`; with `&dependents=keep` what hangs on it stays.
    """
    if request.method == "POST":
        return _page(request, lambda: _posted_change(request))
    return _page(request, lambda: _deletion(request))


@require_POST
@mailbox_owner_required
def preview_own_forwarding(request: HttpRequest) -> HttpResponse:
    """What the owner's forwarding, as it stands in the form, would do to the own mail."""
    destination = request.POST.get("destination", "")
    if not settings.MAILADMIN.owners_may_forward or "\x00" in destination:
        raise Http404
    email, keep_copy = actor_of(request).name, bool(request.POST.get("keep_copy"))
    return _page(request, lambda: own_forwarding_change(email, destination, keep_copy=keep_copy))


def _page(request: HttpRequest, change: Callable[[], Change]) -> HttpResponse:
    try:
        context = preview_context(actor_of(request), change)
    except OutsideDomainsError as error:
        raise Http404 from error
    return render(request, "mailserver/preview_route.html", context)


def _posted_change(request: HttpRequest) -> Change:
    values = {name: request.POST.get(name, "") for name in FIELDS}
    if any("\x00" in value for value in values.values()):
        raise Http404
    old = values["preview"]
    if "destination" in request.POST:
        return forwarding_change(values["source"] or old, values["destination"], old=old)
    if "transport" in request.POST:
        return transport_change(values["domain"] or old, values["transport"], old=old)
    if "email" in request.POST:
        return mailbox_creation(values["email"])
    if "domain" in request.POST:
        return domain_creation(values["domain"])
    raise Http404


def _deletion(request: HttpRequest) -> Change:
    keep = request.GET.get("dependents") == "keep"
    for kind, model in MODELS.items():
        key = request.GET.get(kind, "")
        if key and "\x00" not in key and model.objects.by_key(key) is not None:
            return deletion(kind, [key], keep=keep)
    raise Http404
