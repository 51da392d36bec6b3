"""The change log: who changed what, one change before and after, and undo with its plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from audit.access import actor_of, operator_required
from audit.actor import Actor
from audit.export import csv_lines, json_lines
from audit.forms import ServiceForm, posted
from audit.listing import Line, read_page
from audit.models import Entry
from audit.reading import CHOICES, KINDS, action_words, field_words, undone_by, who_words
from audit.recent import recent_sign_in_required
from audit.reversal import How, RowStep
from audit.sign_ins import ATTEMPTS, REFUSE_SIGN_IN, SIGN_INS
from bulk.services import begin_job
from mailadmin.log_search import read_search
from mailadmin.undo_preview import undo_preview
from mailadmin.views.objects import page_of, publication_of
from undo.rows import changes_of
from undo.services import Plan, Step, in_the_way, plan_undo, undo

# Of an action's other entries, and of a plan's steps.
SHOWN = 20
# Actions of more entries are taken back by a job.
AT_ONCE = 300


@dataclass(frozen=True)
class LogLine:
    """A line of the list: what was done, and how much else with it."""

    entry: Entry
    who: str
    words: str
    key: str
    more: int = 0

    @property
    def attempts(self) -> str:
        """How often a refused sign-in was tried, "" for once."""
        found = self.entry.changes.get(ATTEMPTS) if self.entry.action == REFUSE_SIGN_IN else None
        return str(found[1]) if found else ""


@dataclass(frozen=True)
class FieldLine:
    """A field before and after; None where there was nothing."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class StepLine:
    """What undo does to one object, in words."""

    words: str
    key: str
    fields: list[FieldLine]
    lost: tuple[str, ...]


@require_safe
@operator_required
def list_changes(request: HttpRequest) -> HttpResponse:
    """The change log page by page, newest first, what one action changed in one line."""
    actor = actor_of(request)
    search = read_search(request.GET, actor)
    entries = Entry.objects.visible_to(actor).wanted(search.wanted)
    page = read_page(
        entries,
        before=search.before,
        after=search.after,
        folded=search.wanted.group is None,
        near_first=bool(search.wanted.q),
    )
    context = {
        "lines": [_log_line(line) for line in page.lines],
        "page": page,
        "search": search,
        "actions": CHOICES,
        "kinds": KINDS,
    }
    return render(request, "audit/list_changes.html", context)


@require_safe
@operator_required
def export_changes(request: HttpRequest) -> HttpResponseBase:
    """The list as CSV, or with ?format=json as JSON, with the same search and filters."""
    actor = actor_of(request)
    search = read_search(request.GET, actor)
    entries = Entry.objects.visible_to(actor).wanted(search.wanted)
    as_json = request.GET.get("format") == "json"
    if as_json:
        response = StreamingHttpResponse(json_lines(entries), content_type="application/json")
    else:
        response = StreamingHttpResponse(csv_lines(entries), content_type="text/csv; charset=utf-8")
    name = f"changes-{timezone.now():%Y-%m-%d}.{'json' if as_json else 'csv'}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@operator_required
def show_change(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with before and after side by side, and what belongs to the same action."""
    actor = actor_of(request)
    entry = _entry(request, entry_id)
    same = _others(actor, entry)
    others = list(same.order_by("pk")[:SHOWN])
    obstacles = in_the_way(actor=actor, entry_id=entry.pk, whole=False)
    kind = str(KINDS.get(entry.object_type, entry.object_type))
    others_open = same.filter(undone=False).exists()
    context = {
        "line": _log_line(Line(entry)),
        "entry": entry,
        "undone_by": undone_by([entry]).get(entry.pk),
        "who": who_words(entry),
        "kind": kind,
        # Within a sentence; an abbreviation stays as it is.
        "kind_in_text": kind if kind[:2].isupper() else kind.lower(),
        "fields": _fields(entry, entry.changes),
        "others": [_log_line(Line(other)) for other in others],
        "count": same.count() if len(others) == SHOWN else len(others),
        "url": page_of(entry),
        "publication": publication_of(entry, actor),
        "is_sign_in": entry.action in SIGN_INS,
        "obstacles": obstacles,
        "others_open": others_open,
    }
    return render(request, "audit/show_change.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
@recent_sign_in_required
def undo_change(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Show what undo would do, then do it: to the whole action, or with ?only=1 to one entry."""
    actor = actor_of(request)
    entry = _entry(request, entry_id)
    publication = publication_of(entry, actor)
    if publication:
        return redirect(publication)
    whole = request.GET.get("only") != "1"
    if whole and _is_big(entry):
        return _undo_by_job(request, entry)
    form = ServiceForm(posted(request))
    if form.is_valid() and form.carry_out(
        lambda: undo(actor=actor, entry_id=entry.pk, whole=whole, force=form.cleaned_data["force"])
    ):
        messages.success(
            request,
            ngettext("%(n)s change is undone.", "%(n)s changes are undone.", form.result.taken_back)
            % {"n": form.result.taken_back},
        )
        return redirect("show_change", form.result.entries.last().pk)
    plan = plan_undo(actor=actor, entry_id=entry.pk, whole=whole)
    form.warned = form.warned or bool(plan.warnings)
    context = {
        "entry": entry,
        "line": _log_line(Line(entry)),
        "whole": whole,
        "several": _others(actor, entry).exists(),
        "form": form,
        "plan": plan,
        "counts": _counts(plan),
        "steps": [_step_line(step) for step in plan.steps[:SHOWN]],
        "more": max(len(plan.steps) - SHOWN, 0),
        "warnings": [text for warning in plan.warnings for text in warning.messages],
        "obstacles": plan.obstacles[:SHOWN],
        "preview": None if plan.obstacles else undo_preview(actor, plan.steps),
    }
    return render(request, "audit/undo_change.html", context)


def _is_big(entry: Entry) -> bool:
    """Whether the plan and the undo of the whole action take longer than a page may."""
    return len(Entry.objects.filter(group=entry.group).values_list("pk")[: AT_ONCE + 1]) > AT_ONCE


def _undo_by_job(request: HttpRequest, entry: Entry) -> HttpResponse:
    if request.method == "POST":
        actor = actor_of(request)
        job = begin_job(actor=actor, kind="undo", options={"entry": entry.pk})
        return redirect("show_job", job_id=job.pk)
    context = {"entry": entry, "line": _log_line(Line(entry)), "big": True, "whole": True}
    return render(request, "audit/undo_big_change.html", context)


def _entry(request: HttpRequest, entry_id: int) -> Entry:
    entry: Entry | None = Entry.objects.visible_to(actor_of(request)).filter(pk=entry_id).first()
    if entry is None:
        raise Http404
    return entry


def _others(actor: Actor, entry: Entry) -> QuerySet[Entry]:
    """The other entries of the same action, as far as the actor sees them."""
    seen: QuerySet[Entry] = Entry.objects.visible_to(actor)
    return seen.filter(group=entry.group).exclude(pk=entry.pk)


def _log_line(line: Line) -> LogLine:
    entry = line.entry
    key = "" if entry.action in SIGN_INS and entry.action != REFUSE_SIGN_IN else entry.object_key
    if entry.action == REFUSE_SIGN_IN and not key:
        key = _("a name that nobody has")
    who = entry.actor or (_("Somebody") if entry.action == REFUSE_SIGN_IN else who_words(entry))
    return LogLine(entry, who, action_words(entry.action), key, line.more)


def _fields(entry: Entry, changes: dict[str, Any]) -> list[FieldLine]:
    return [
        FieldLine(field_words(entry, name), before, after)
        for name, (before, after) in changes.items()
    ]


def _counts(plan: Plan) -> list[str]:
    """How many of each kind come back, go, or are set back."""
    found: Counter[tuple[str, str]] = Counter()
    for step in plan.steps:
        how = step.how if isinstance(step, RowStep) else How.SET_BACK
        found[how, step.entry.object_type] += 1
    return [f"{KINDS.get(kind, kind)}: {_how_many(how, n)}" for (how, kind), n in found.items()]


def _how_many(how: str, number: int) -> str:
    if how == How.PUT_BACK:
        text = ngettext("%(n)s comes back", "%(n)s come back", number)
    elif how == How.TAKE_OUT:
        text = ngettext("%(n)s is removed", "%(n)s are removed", number)
    else:
        text = ngettext("%(n)s is set back", "%(n)s are set back", number)
    return text % {"n": number}


def _step_line(step: Step) -> StepLine:
    entry = step.entry
    if isinstance(step, RowStep):
        words = {
            How.PUT_BACK: _("comes back"),
            How.TAKE_OUT: _("is removed"),
            How.SET_BACK: _("is set back"),
        }[step.how]
        # The key of a row that comes or goes stands in front already.
        said = ([None, step.key], [step.key, None])
        shown = {name: pair for name, pair in changes_of(step).items() if pair not in said}
        return StepLine(words, step.key_now, _fields(entry, shown), step.lost)
    changes = {name: [after, before] for name, (before, after) in entry.changes.items()}
    return StepLine(_("is set back"), entry.object_key, _fields(entry, changes), ())
