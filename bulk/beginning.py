"""Beginning an action on chosen rows: from a list's form, its page of values, or Django admin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audit.access import actor_of, operator_required
from audit.actor import Actor
from bulk.actions import ACTIONS, Action
from bulk.running import run
from bulk.selection import COUNTED, FILTERS, count_if_cheap, is_small, keys_of_page
from bulk.services import begin_job
from bulk.words import KIND_NAMES
from domains.listing import asked
from mailboxes.nouns import MODELS

LISTS = {
    "domain": "list_domains",
    "mailbox": "list_mailboxes",
    "forwarding": "list_forwardings",
    "transport": "list_transports",
}
# More than any list shows on a page.
MOST_KEYS = 500


@dataclass(frozen=True)
class Chosen:
    """Some rows: those of `keys`, or all that `filters` show (None: the former)."""

    noun: str
    keys: list[str] | None
    filters: dict[str, Any]

    @property
    def selection(self) -> dict[str, Any]:
        """As bulk.selection has it."""
        return self.filters if self.keys is None else {"keys": self.keys}

    @property
    def url(self) -> str:
        """Where the page of values is posted to."""
        url = reverse("begin_job", args=[self.noun])
        return f"{url}?{urlencode(self.filters)}" if self.filters else url

    @property
    def back(self) -> str:
        """The list it came from."""
        url = reverse(LISTS[self.noun])
        return f"{url}?{urlencode(self.filters)}" if self.filters else url


def quoted(key: str) -> str:
    """A key for a field of a form: browsers change line breaks in values."""
    return quote(key, safe="@")


@require_POST
@operator_required
def begin_job_on_rows(request: HttpRequest, noun: str) -> HttpResponse:
    """Make the plan of an action on the rows that were ticked, or on all that the filter shows."""
    if noun not in MODELS:
        raise Http404
    actor = actor_of(request)
    chosen = _chosen(request, noun, actor)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None or action.noun != noun:
        messages.warning(request, _("Choose what to do with the rows."))
        return redirect(chosen.back)
    if chosen.keys == []:
        messages.warning(request, _("Tick the rows to change first."))
        return redirect(chosen.back)
    return begin(request, action, chosen)


def _chosen(request: HttpRequest, noun: str, actor: Actor) -> Chosen:
    query = asked(request, actor)
    filters: dict[str, Any] = {"domain": query.domain, "q": query.q, "inside": query.inside}
    for name in ("to", "state", "kind"):
        filters[name] = request.GET.get(name, "").strip()
    if any("\x00" in str(one) for one in filters.values()):
        raise Http404
    filters = {name: filters[name] for name in FILTERS if filters[name]}
    if "inside" in filters:
        filters["inside"] = "1"
    which = request.POST.get("which", "")
    if which == "all":
        return Chosen(noun, None, filters)
    if which == "page":
        return Chosen(noun, keys_of_page(noun, filters, actor, query.after), filters)
    keys = [unquote(key) for key in request.POST.getlist("key")]
    return Chosen(noun, [key for key in keys if "\x00" not in key][:MOST_KEYS], filters)


def begin(request: HttpRequest, action: Action, chosen: Chosen) -> HttpResponse:
    """Ask for what the action needs, then make its plan and show it."""
    actor = actor_of(request)
    if not action.is_for(actor):
        raise PermissionDenied
    values: dict[str, Any] = {}
    if action.form is not None:
        form = action.form(request.POST if request.POST.get("values") else None)
        if not form.is_valid():
            return render(request, "bulk/begin_job.html", _page(action, chosen, form, actor))
        values = {
            name: value.strip() for name, value in form.cleaned_data.items() if name != "force"
        }
    small = is_small(chosen.noun, chosen.selection, actor)
    job = begin_job(
        actor=actor,
        kind=action.kind,
        options={**values, "selection": chosen.selection},
        in_background=not small,
    )
    if small:
        run(job.pk)
    return redirect("show_job", job_id=job.pk)


def _page(action: Action, chosen: Chosen, form: Any, actor: Actor) -> dict[str, Any]:
    keys = chosen.keys
    count = len(keys) if keys is not None else None
    if count is None:
        count = count_if_cheap(chosen.noun, chosen.filters, actor)
    return {
        "action": action,
        "name": KIND_NAMES[action.kind],
        "chosen": chosen,
        "form": form,
        "count": None if count is None else min(count, COUNTED),
        "more": count is not None and count > COUNTED,
        "keys": [quoted(key) for key in keys or ()],
        "first": (keys or ())[:10],
        "others": max(0, len(keys or ()) - 10),
    }
