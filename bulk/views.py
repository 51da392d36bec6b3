"""Pages about jobs: what each would do, how far it is, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit.access import actor_of, operator_required
from audit.actor import Actor
from audit.models import Entry
from audit.recent import recent_sign_in_required_of_button
from bulk import services
from bulk.actions import ACTIONS
from bulk.csv_lines import csv_lines
from bulk.items import CHANGING, Item, Verdict
from bulk.lines import Line, effect_words, line_of
from bulk.models import ENDED, TO_DO, Job, Role, State
from bulk.parts import numbers, read_items
from bulk.running import in_one, is_done_at_once, run, tells_nobody
from bulk.sight import seen
from bulk.words import KIND_NAMES, REASONS, VERDICTS, badge_of
from worker.standing import COMMAND, is_alive

# Jobs on the list.
LISTED = 100
# Kinds that leave mail on its way.
NO_MAIL = frozenset({"suspend_mailboxes", "resume_mailboxes", "new_passwords"})


@dataclass(frozen=True)
class PlanPage:
    """Some items of the plan; `number` of the parts that have any of the wanted verdict."""

    lines: list[Line]
    only: str
    number: int
    before: int | None
    after: int | None


@require_safe
@operator_required
def list_jobs(request: HttpRequest) -> HttpResponse:
    """The last jobs, newest first."""
    jobs = Job.objects.visible_to(actor_of(request))[:LISTED]
    lines = [{"job": job, "kind": KIND_NAMES[job.kind], "badge": badge_of(job)} for job in jobs]
    return render(request, "bulk/list_jobs.html", {"lines": lines})


@require_safe
@never_cache
@operator_required
def show_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job: its plan, how far it is, what became of it."""
    job = job_of(request, job_id)
    asks = job.options.get("asks") and job.state == State.CHECKING
    if asks and job.belongs_to(actor_of(request)):
        return redirect("choose_columns", job_id=job.pk)
    return render(request, "bulk/show_job.html", _context(request, job))


def _context(request: HttpRequest, job: Job) -> dict[str, Any]:
    begun = Entry.objects.filter(group=job.group).order_by("pk")
    verdicts = [(one, VERDICTS[one], job.counts.get(one, 0)) for one in Verdict]
    changing = sum(job.counts.get(one, 0) for one in CHANGING)
    return {
        "job": job,
        "kind": KIND_NAMES[job.kind],
        "badge": badge_of(job),
        "under_way": job.state in TO_DO,
        "stopped": services.has_stopped(job),
        "waits": job.state == State.CHECKED,
        "ended": job.state in ENDED,
        "reason": job.options.get("unreadable") or REASONS.get(job.reason, ""),
        "verdicts": [one for one in verdicts if one[2]],
        "changing": changing,
        "moves_mail": job.kind not in NO_MAIL,
        "warned": job.counts.get(Verdict.WARNED, 0),
        "refused": job.counts.get(Verdict.REFUSED, 0),
        "facts": _facts(job),
        "action": ACTIONS.get(job.kind),
        "passwords": services.has_passwords(actor=actor_of(request), job=job),
        "hours": services.PASSWORDS_KEPT_HOURS,
        "in_one": in_one(job),
        "tells_nobody": tells_nobody(job),
        "takes_back": services.can_take_back(),
        "own": job.belongs_to(actor_of(request)),
        "no_worker": job.state in TO_DO and not is_alive(),
        "command": COMMAND,
        "page": _plan_page(request, job),
        "left": _left(actor_of(request), job),
        "entry": begun.filter(undone=False).first() if job.state in ENDED else None,
        "undone": job.state in ENDED and begun.filter(undone=True).exists(),
    }


def _facts(job: Job) -> list[tuple[Any, str]]:
    """(what was asked for, the answer) of the action's page of values."""
    action = ACTIONS.get(job.kind)
    if action is None or action.form is None:
        return []
    found = []
    for name, field in action.form.base_fields.items():
        value = job.options.get(name, "")
        words = dict(getattr(field, "choices", ())).get(value, value)
        if value:
            found.append((field.label, str(words)))
    return found


def _plan_page(request: HttpRequest, job: Job) -> PlanPage | None:
    if job.state == State.CHECKING:
        return None
    only = request.GET.get("only", "")
    verdict = Verdict(only) if only in set(Verdict) else None
    there = numbers(job, Role.PLAN, verdict)
    if not there:
        return None
    text = request.GET.get("part", "0")
    place = min(int(text) if text.isdecimal() and len(text) < 10 else 0, len(there) - 1)
    items = seen(actor_of(request), read_items(job, Role.PLAN, there[place]))
    return PlanPage(
        [line_of(item) for item in items if verdict is None or item.verdict == verdict],
        str(verdict or ""),
        place,
        place - 1 if place else None,
        place + 1 if place + 1 < len(there) else None,
    )


def _left(actor: Actor, job: Job) -> list[Line]:
    """What was refused on the way, the first part of it."""
    for number in numbers(job, Role.RESULT):
        return [line_of(item) for item in seen(actor, read_items(job, Role.RESULT, number))]
    return []


@require_safe
@never_cache
@operator_required
def watch_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far it is; once it waits or has ended, the page is loaded anew."""
    job = job_of(request, job_id)
    if job.state in TO_DO and not services.has_stopped(job):
        context = {"job": job, "in_one": in_one(job), "no_worker": not is_alive()}
        context["command"] = COMMAND
        return render(request, "bulk/_progress.html", context)
    answer = HttpResponse(status=204)
    answer["HX-Refresh"] = "true"
    return answer


@require_safe
@never_cache
@operator_required
def download_plan(request: HttpRequest, job_id: int) -> StreamingHttpResponse:
    """The whole plan as CSV: line by line, what would become of it and why."""
    job = job_of(request, job_id)
    answer = StreamingHttpResponse(
        csv_lines(_csv(actor_of(request), job)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="plan-{job.pk}.csv"'
    return answer


def _csv(actor: Actor, job: Job) -> Iterator[Sequence[object]]:
    yield ["line", "kind", "key", "verdict", "codes", "reasons", "changes", "effects"]
    for number in numbers(job, Role.PLAN):
        for item in seen(actor, read_items(job, Role.PLAN, number)):
            codes = " ".join(one.code for one in item.reasons)
            words = " ".join(one.message for one in item.reasons)
            changes = "; ".join(f"{name}: {was} → {then}" for name, (was, then) in _pairs(item))
            effects = "; ".join(effect_words(item.values.get("effects", {})))
            yield [
                item.line,
                item.object_type,
                item.key,
                str(item.verdict),
                codes,
                words,
                changes,
                effects,
            ]


def _pairs(item: Item) -> list[tuple[str, list[str]]]:
    return [(name, [one or "" for one in pair]) for name, pair in item.changes.items()]


@require_POST
@operator_required
@recent_sign_in_required_of_button
def confirm_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Carry the plan out: a small one at once, a big one by a worker."""
    job = job_of(request, job_id)
    small = is_done_at_once(job)
    try:
        begun = services.confirm_job(
            actor=actor_of(request),
            job=job,
            force=bool(request.POST.get("force")),
            all_or_nothing=request.POST.get("rows") == "all",
            in_background=not small,
        )
        if begun and small:
            run(job.pk)
    except ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
    return redirect("show_job", job_id=job.pk)


@require_POST
@operator_required
def cancel_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop it; what is done stays done."""
    job = job_of(request, job_id)
    if services.cancel_job(actor=actor_of(request), job=job):
        messages.success(request, _("It is stopped. Below stands what was done before."))
    else:
        messages.warning(request, _("It had ended already."))
    return redirect("show_job", job_id=job.pk)


@require_POST
@operator_required
def resume_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Go on with one that stands still."""
    job = job_of(request, job_id)
    services.resume_job(actor=actor_of(request), job=job)
    return redirect("show_job", job_id=job.pk)


def job_of(request: HttpRequest, job_id: int) -> Job:
    """The job, if whoever asks may see it."""
    job: Job | None = Job.objects.visible_to(actor_of(request)).filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job
