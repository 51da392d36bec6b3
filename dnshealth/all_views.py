"""Pages of a run over all domains: begin it, see how far it is, stop it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from audit.access import actor_of, operator_required
from audit.actor import Actor
from dnshealth.check_all import (
    begin_check_all,
    cancel_check_all,
    is_under_way,
    is_waiting,
    last_run,
    run_of,
)
from dnshealth.models import Outcome, Run
from worker.standing import COMMAND, is_alive

# What came to nothing is shown for so long.
SHOWN_FOR = timedelta(days=1)


@dataclass(frozen=True)
class ShownRun:
    """A run over all domains on the page of the list.

    `waits`: no worker has begun it. `no_worker`: and none runs, which `command` mends.
    `trouble`: how it ended, "" where nothing has to be said about it.
    """

    run: Run
    under_way: bool
    waits: bool
    no_worker: bool
    command: str
    trouble: str
    watch_url: str
    stop_url: str


def shown_run(actor: Actor) -> ShownRun | None:
    """The run over all domains of this actor that the page has to say something about."""
    run = last_run(actor)
    if run is None:
        return None
    shown = _shown(run)
    return shown if shown.under_way or shown.trouble else None


@require_POST
@operator_required
def check_all_dns(request: HttpRequest) -> HttpResponse:
    """Have a worker check all domains that this operator sees; once, however often it is asked."""
    begin_check_all(actor=actor_of(request))
    return redirect("list_dns")


@require_safe
@operator_required
def watch_all_dns(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far it is; once it has ended, the page is loaded anew."""
    shown = _shown(_run(request, run_id))
    if shown.under_way:
        return render(request, "dnshealth/_whole_run.html", {"whole_run": shown})
    answer = HttpResponse(status=204)
    answer["HX-Refresh"] = "true"
    return answer


@require_POST
@operator_required
def stop_all_dns(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop it; what was found so far stays."""
    run = _run(request, run_id)
    if cancel_check_all(actor=actor_of(request), run=run):
        messages.success(request, gettext("Stopped. What was found so far is kept."))
    return redirect("list_dns")


def _run(request: HttpRequest, run_id: int) -> Run:
    run = run_of(actor_of(request), run_id)
    if run is None:
        raise Http404
    return run


def _shown(run: Run) -> ShownRun:
    under_way = is_under_way(run)
    return ShownRun(
        run=run,
        under_way=under_way,
        waits=under_way and is_waiting(run),
        no_worker=under_way and run.task is not None and not is_alive(),
        command=COMMAND,
        trouble="" if under_way else _trouble(run),
        watch_url=reverse("watch_all_dns", args=[run.pk]),
        stop_url=reverse("stop_all_dns", args=[run.pk]),
    )


def _trouble(run: Run) -> str:
    if run.started_at < timezone.now() - SHOWN_FOR:
        return ""
    if run.outcome == Outcome.RUNNING:
        # Its task failed.
        return str(Outcome.FAILED)
    bad = (Outcome.FAILED, Outcome.LOST, Outcome.RESOLVER_DOWN)
    return run.outcome if run.outcome in bad else ""
