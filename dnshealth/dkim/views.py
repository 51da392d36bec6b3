"""Pages of a domain's DKIM keys. Domain admins of the domain see them; superadmins change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.access import actor_of, operator_required, superadmin_required
from audit.forms import posted
from audit.recent import recent_sign_in_required
from audit.refusals import Refused
from dnshealth.dkim.forms import MakeKeyForm, StepForm
from dnshealth.dkim.listing import ListedKey, key_of, keys_of_domain, outgoing_now
from dnshealth.dkim.looking import Seen, record_of
from dnshealth.dkim.models import DkimKey, KeyState
from dnshealth.dkim.services import (
    look_at_key,
    make_key,
    retire_key,
    suggested_selector,
    switch_key,
)
from dnshealth.dkim.signer import signer
from dnshealth.names import a_label
from dnshealth.publish_page import is_set_up
from dnshealth.reading import ShownRecord, shown_record
from domains.keys import row_url
from domains.models import Domain

COLORS = {
    KeyState.SIGNS: "green",
    KeyState.PUBLISHED: "azure",
    KeyState.MADE: "yellow",
    KeyState.OLD: "orange",
    KeyState.REMOVED: "gray",
}


@dataclass(frozen=True)
class ShownKey:
    """A key on the page; `url` begins the addresses of its steps."""

    listed: ListedKey
    color: str
    record: ShownRecord | None
    url: str


@require_safe
@operator_required
def list_dkim_keys(request: HttpRequest, domain: str) -> HttpResponse:
    """The keys of a domain: how far each is, what is next, and the record to publish."""
    row = _domain(request, domain)
    keys = keys_of_domain(actor_of(request), a_label(row.domain))
    url = row_url("list_dkim_keys", row.domain)
    shown = [_shown(one, row.domain, url, number) for number, one in enumerate(keys.keys, 1)]
    gone = [one for one in shown if one.listed.state == KeyState.REMOVED]
    context = {
        "domain": row,
        "dns_url": row_url("show_dns", row.domain),
        "new_url": row_url("make_dkim_key", row.domain),
        "keys": keys,
        "shown": [one for one in shown if one not in gone],
        "gone": gone,
        "may_act": actor_of(request).touches_everything,
        "may_publish": actor_of(request).touches_everything and is_set_up(),
        "grace_days": settings.MAILADMIN.dns.dkim_grace_days,
    }
    return render(request, "dnshealth/dkim/list_dkim_keys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def make_dkim_key(request: HttpRequest, domain: str) -> HttpResponse:
    """Make a new key; it signs nothing yet."""
    row = _domain(request, domain)
    # Named in the form: a second click asks for the same key once more, not for another one.
    start = {"selector": suggested_selector(a_label(row.domain))}
    form = MakeKeyForm(posted(request), initial=start)
    if form.is_valid() and form.carry_out(
        lambda: make_key(
            actor=actor_of(request),
            domain=row.domain,
            kind=form.cleaned_data["kind"],
            selector=form.cleaned_data["selector"],
        )
    ):
        words = _("The key %(selector)s is made. Publish its record, then look in DNS for it.")
        messages.success(request, words % {"selector": form.result.selector})
        return _back(row)
    return _page(request, "make_dkim_key", row, form)


@require_POST
@superadmin_required
def look_at_dkim_key(request: HttpRequest, domain: str, selector: str) -> HttpResponse:
    """Ask DNS for the key's record, now."""
    row = _domain(request, domain)
    key = _key(request, row, selector)
    try:
        look = look_at_key(actor=actor_of(request), key=key)
    except Refused as refused:
        messages.error(request, " ".join(refused.messages))
        return _back(row)
    tell = messages.success if look.seen == Seen.THERE else messages.warning
    tell(request, look.words)
    return _back(row)


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def switch_dkim_key(request: HttpRequest, domain: str, selector: str) -> HttpResponse:
    """Let this key sign from now on; refused before DNS shows it."""
    row = _domain(request, domain)
    key = _key(request, row, selector)
    form = StepForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: switch_key(actor=actor_of(request), key=key, force=form.cleaned_data["force"])
    ):
        words = _("%(selector)s signs from now on, once the signer has read its tables again.")
        messages.success(request, words % {"selector": key.selector})
        return _back(row)
    return _page(request, "switch_dkim_key", row, form, key=key, outgoing=outgoing_now(key))


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def retire_dkim_key(request: HttpRequest, domain: str, selector: str) -> HttpResponse:
    """Delete a key that does not sign."""
    row = _domain(request, domain)
    key = _key(request, row, selector)
    form = StepForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: retire_key(actor=actor_of(request), key=key, force=form.cleaned_data["force"])
    ):
        words = _("%(selector)s is retired. Take its record out of DNS.")
        messages.success(request, words % {"selector": key.selector})
        return _back(row)
    return _page(request, "retire_dkim_key", row, form, key=key)


def _page(
    request: HttpRequest,
    name: str,
    row: Domain,
    form: Any,
    *,
    key: DkimKey | None = None,
    **more: Any,
) -> HttpResponse:
    program = signer()
    record = record_of(key) if key else None
    context = {
        "domain": row,
        "keys_url": row_url("list_dkim_keys", row.domain),
        "form": form,
        "key": key,
        "record": shown_record(row.domain, record, "key") if record else None,
        "signer_name": program.name if program else "",
        "reload_command": program.reload_command if program else "",
        "may_publish": is_set_up(),
        "grace_days": settings.MAILADMIN.dns.dkim_grace_days,
        **more,
    }
    return render(request, f"dnshealth/dkim/{name}.html", context)


def _back(row: Domain) -> HttpResponse:
    return redirect(row_url("list_dkim_keys", row.domain) or "list_dns")


def _domain(request: HttpRequest, key: str) -> Domain:
    row: Domain | None = Domain.objects.visible_to(actor_of(request)).by_key(key)
    if row is None:
        raise Http404
    return row


def _key(request: HttpRequest, row: Domain, selector: str) -> DkimKey:
    key = key_of(actor_of(request), a_label(row.domain), selector)
    if key is None:
        raise Http404
    return key


def _shown(listed: ListedKey, domain: str, url: str, number: int) -> ShownKey:
    record = shown_record(domain, listed.record, f"key-{number}") if listed.record else None
    step = f"{url}{listed.selector}/" if url and listed.key else ""
    return ShownKey(listed, COLORS[listed.state], record, step)
