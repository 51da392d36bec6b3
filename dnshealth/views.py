"""Pages: the matrix of all domains, one domain's findings, "check now" and its progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from audit.access import actor_of, operator_required
from audit.actor import Actor
from dnshealth.all_views import ShownRun, shown_run
from dnshealth.check_now import Busy, check_now, check_soon, run_under_way
from dnshealth.domain_settings import settings_of
from dnshealth.lost_runs import LIMIT, end_lost_runs
from dnshealth.matrix import COLUMNS, FILTERS, counts, read_page, wanted
from dnshealth.models import Health, Outcome, Run
from dnshealth.names import stored_name
from dnshealth.picture import history_of
from dnshealth.publish_page import unfinished_of
from dnshealth.querysets import PlacedQuerySet
from dnshealth.reading import health_of, read_report, what_for
from dnshealth.states import LOOKS, Look, State, look, sentence
from dnshealth.words import family_name
from domains.keys import row_url
from domains.models import Domain
from mailkit.dns.families.registry import FAMILIES
from worker.standing import COMMAND, nobody_works

BUSY = _(
    "Many checks are under way at the moment, so this one has not begun. Try again in a minute."
)
# Above a column of signs there is no room for the whole name.
SHORT = {
    "domain": _("Name"),
    "mx": "MX",
    "ptr": "PTR",
    "spf": "SPF",
    "dkim": "DKIM",
    "dmarc": "DMARC",
    "dnssec": "DNSSEC",
    "sts": "STS",
    "tlsrpt": "TLS-RPT",
    "caa": "CAA",
    "client": _("Apps"),
    "bimi": "BIMI",
}


@dataclass(frozen=True)
class Cell:
    """A family of one domain in the matrix; `title` says in words how it stands.

    `quiet`: nothing to do about it, so that a narrow screen leaves it out.
    """

    family: str
    name: Any
    short: Any
    look: Look
    quiet: bool
    title: str
    url: str


@dataclass(frozen=True)
class Line:
    """A domain in the matrix; `url` "" where no address leads to it."""

    domain: Domain
    url: str
    health: Health | None
    look: Look
    state: State
    cells: list[Cell]
    ago: str


@dataclass(frozen=True)
class Choice:
    """A link that narrows or sorts the list."""

    value: str
    label: Any
    count: int | None
    chosen: bool
    color: str = ""
    short: Any = ""
    title: Any = ""


@require_safe
@operator_required
def list_dns(request: HttpRequest) -> HttpResponse:
    """Domains by families of checks: what is wrong at a glance, the worst first."""
    actor = actor_of(request)
    asked = wanted(request)
    page = read_page(actor, asked)
    many = counts(actor)
    whole_run = shown_run(actor)
    context = {
        "page": page,
        "asked": asked,
        "lines": [_line(domain, health) for domain, health in page.rows],
        "columns": [
            Choice(
                name,
                family_name(name),
                None,
                name == asked.sort,
                short=SHORT[name],
                title=what_for(name),
            )
            for name in COLUMNS
        ],
        "filters": [
            Choice(
                value,
                look(value).label,
                None if value == State.UNCHECKED else many.get(value, 0),
                value == asked.verdict,
                look(value).color,
            )
            for value in FILTERS
        ],
        "legend": [LOOKS[state] for state in reversed(State) if state != State.UNCHECKED],
        "whole_run": whole_run,
        "work_waits": _work_waits(actor, whole_run),
        "worker_command": COMMAND,
        "nothing_set": not settings.MAILADMIN.mail_hostname or not settings.MAILADMIN.dns.mail_ips,
    }
    return render(request, "dnshealth/list_dns.html", context)


@require_safe
@operator_required
def show_dns(request: HttpRequest, domain: str) -> HttpResponse:
    """One domain: each finding with its words and the records that mend it, and its history."""
    row = domain_of_page(request, domain)
    name = stored_name(row.domain)
    actor = actor_of(request)
    health = health_of(actor, row.domain)
    state = State(health.verdict) if health else State.UNCHECKED
    context = {
        "domain": row,
        "domain_url": row_url("show_domain", row.domain),
        "check_url": row_url("check_dns", row.domain),
        "dkim_url": row_url("list_dkim_keys", row.domain),
        "publish_url": row_url("publish_dns", row.domain) if actor.touches_everything else "",
        "zone_file_url": row_url("zone_file_of_domain", row.domain) if health else "",
        "settings_url": row_url("change_dns_settings", row.domain),
        "own": settings_of(row.domain),
        "health": health,
        "state": state,
        "look": look(state),
        "sentence": sentence(state, len(health.off) if health else 0),
        "report": read_report(health) if health else None,
        "picture": history_of(actor, name, timezone.now()),
        "host": settings.MAILADMIN.mail_hostname,
        "ips": [str(ip) for ip in settings.MAILADMIN.dns.mail_ips],
        "limit": int(LIMIT),
        "progress": _progress(row, run_under_way(row.domain)),
        "last_failed": _last_failed(actor, name),
        "unfinished": unfinished_of(actor, name, row_url("show_dns", row.domain)),
    }
    return render(request, "dnshealth/show_dns.html", context)


@require_POST
@operator_required
def check_dns(request: HttpRequest, domain: str) -> HttpResponse:
    """Check this domain now. A page with scripts sees the progress; without, the answer waits."""
    row = domain_of_page(request, domain)
    actor = actor_of(request)
    with_scripts = "HX-Request" in request.headers
    try:
        if with_scripts:
            run = check_soon(actor=actor, row_key=row.domain)
            return render(request, "dnshealth/_progress.html", {"progress": _progress(row, run)})
        run = run_under_way(row.domain) or check_now(actor=actor, row_key=row.domain)
    except Busy:
        if with_scripts:
            return render(request, "dnshealth/_busy.html", {"words": BUSY})
        messages.warning(request, BUSY)
        return redirect(row_url("show_dns", row.domain) or "list_dns")
    if run.outcome == Outcome.DONE:
        messages.success(request, gettext("Checked just now."))
    return redirect(row_url("show_dns", row.domain) or "list_dns")


@require_safe
@operator_required
def watch_dns(request: HttpRequest, domain: str, run_id: int) -> HttpResponse:
    """How far a check is; once it has ended, the page is loaded anew."""
    row = domain_of_page(request, domain)
    end_lost_runs()
    run = Run.objects.filter(pk=run_id, domain=stored_name(row.domain)).first()
    if run is None:
        raise Http404
    if run.outcome == Outcome.RUNNING:
        return render(request, "dnshealth/_progress.html", {"progress": _progress(row, run)})
    answer = HttpResponse(status=204)
    answer["HX-Refresh"] = "true"
    return answer


def _work_waits(actor: Actor, whole_run: ShownRun | None) -> bool:
    """Whether to say that no worker runs: to superadmins, and where the run does not say it."""
    said = whole_run is not None and whole_run.no_worker
    return actor.touches_everything and not said and nobody_works()


def domain_of_page(request: HttpRequest, key: str) -> Domain:
    """The row that a page is about. Http404 where the actor sees none."""
    row: Domain | None = Domain.objects.visible_to(actor_of(request)).by_key(key)
    if row is None:
        raise Http404
    return row


def _line(domain: Domain, health: Health | None) -> Line:
    state = State(health.verdict) if health and health.checked_at else State.UNCHECKED
    url = row_url("show_dns", domain.domain)
    cells = [_cell(name, health.cells.get(name), url) for name in COLUMNS] if health else []
    ago = timesince(health.checked_at, depth=1) if health and health.checked_at else ""
    return Line(domain, url, health, look(state), state, cells, ago)


def _cell(family: str, stored: list[str] | None, url: str) -> Cell:
    now, before = stored or (State.SKIPPED, "")
    title = str(look(now).label)
    if before:
        title = gettext("%(now)s, before: %(before)s") % {
            "now": title,
            "before": look(before).label,
        }
    return Cell(
        family=family,
        name=family_name(family),
        short=SHORT[family],
        look=look(now),
        quiet=now in (State.OK, State.OFF, State.SKIPPED),
        title=title,
        url=f"{url}#{family}",
    )


@dataclass(frozen=True)
class Step:
    """A family in the progress of a check."""

    name: Any
    done: bool


@dataclass(frozen=True)
class Progress:
    """How far a check is."""

    url: str
    steps: list[Step]
    done: int
    begun: datetime


def _progress(row: Domain, run: Run | None) -> Progress | None:
    url = row_url("show_dns", row.domain)
    if run is None or not url:
        return None
    steps = [Step(family_name(one.name), one.name in run.done) for one in FAMILIES]
    done = sum(step.done for step in steps)
    return Progress(f"{url}check/{run.pk}/", steps, done, run.started_at)


def _last_failed(actor: Actor, name: str) -> Run | None:
    """The last run over this domain alone, if it came to nothing."""
    seen: Any = PlacedQuerySet(Run).visible_to(actor)
    run: Run | None = seen.filter(domain=name).order_by("-started_at").first()
    if run is None or run.outcome in (Outcome.RUNNING, Outcome.DONE):
        return None
    # The run over all domains may have been there since.
    later = Health.objects.filter(pk=name, checked_at__gt=run.started_at).exists()
    return None if later else run
