"""The page that mends one row the lint has found: what will change, and the button that does it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.access import actor_of, superadmin_required
from audit.forms import ServiceForm, posted, state_field
from audit.recent import recent_sign_in_required
from domains.keys import row_url
from mailserver.lint_runs import note_mended
from mailserver.mending import change_of, plan_for
from mailserver.mending import mend_row as mend
from mailserver.mends import ADVICE, MEND_MEANS, MEND_WORDS, mend_for
from mailserver.pages import PAGES
from mailserver.preview_words import preview_context
from mailserver.words import shown


class MendForm(ServiceForm):
    """A mend asks for nothing but a click."""

    state = state_field()


@dataclass(frozen=True)
class _Place:
    """A finding about one row."""

    code: str
    table: str
    key: str


def mend_url(code: str, table: str, key: str) -> str:
    """The page that mends this row; "" where no mend is offered for it."""
    if not key or mend_for(code, table) is None:
        return ""
    return f"{reverse('mend_row')}?{urlencode(asdict(_Place(code, table, key)))}"


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def mend_row(request: HttpRequest) -> HttpResponse:
    """`?code=`, `?table=`, `?key=` name the finding. GET shows the change, POST makes it."""
    place = _place(request)
    form = MendForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: mend(
            actor=actor_of(request),
            **asdict(place),
            state=form.cleaned_data["state"] or None,
            force=form.cleaned_data["force"],
        )
    ):
        if form.result is None:
            messages.info(request, _("There was nothing to mend any more."))
        else:
            note_mended(**asdict(place))
            messages.success(request, _("Mended. It can be undone in the change log."))
        return redirect("show_lint")
    plan = plan_for(**asdict(place))
    if form.current is not None and plan is not None:
        form.renew_state(plan.state)
    offered = mend_for(place.code, place.table)
    context = {
        "form": form,
        "plan": plan,
        "state": form["state"].value() if form.is_bound else plan.state if plan else "",
        "what": MEND_WORDS[offered] if offered else "",
        "means": MEND_MEANS[offered] if offered else "",
        "why": ADVICE[place.code].why,
        "code": place.code,
        "name": place.key if place.key.isprintable() else shown(place.key),
        "url": row_url(PAGES[place.table], place.key),
    }
    change = change_of(plan, place.table, place.key) if plan is not None else None
    if change is not None:
        context["preview"] = preview_context(actor_of(request), lambda: change)
    return render(request, "mailserver/mend_row.html", context)


def _place(request: HttpRequest) -> _Place:
    place = _Place(*(request.GET.get(name, "") for name in ("code", "table", "key")))
    # No text in a database has NUL in it.
    if not place.key or "\0" in place.key or mend_for(place.code, place.table) is None:
        raise Http404
    return place
