"""Pages: what in the rows loses mail, as the last run of the lint found it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.access import actor_of, superadmin_required
from domains.keys import row_url
from mailkit.tables import Level
from mailserver.lint_runs import begin_lint, has_failed, is_under_way, last_report, last_run
from mailserver.models import LintRun
from mailserver.views import PAGES
from mailserver.words import LEVEL_NAMES, shown
from worker.standing import COMMAND, is_alive

COLORS = {Level.FAULT: "red", Level.WARNING: "yellow", Level.NOTICE: "azure"}


@dataclass(frozen=True)
class ExampleLine:
    """One row: what it is called, its page ("" where no URL carries its key), and more about it."""

    name: str
    url: str
    detail: str


@dataclass(frozen=True)
class FindingLine:
    """A finding as the page shows it: `data` is LintLine.as_data()."""

    data: dict[str, Any]
    level: str
    color: str
    examples: tuple[ExampleLine, ...]
    more: int


@require_safe
@superadmin_required
def show_lint(request: HttpRequest) -> HttpResponse:
    """The report of the last run, and how a run stands that is under way."""
    run = last_run()
    report = last_report()
    context: dict[str, object] = {
        "failed": run if run is not None and has_failed(run) else None,
        **_progress(run),
    }
    if report is not None and report.report is not None:
        data: dict[str, Any] = report.report
        context |= {
            "report": report,
            "findings": [_line(one) for one in data["findings"]],
            "schemes": data["schemes"],
            "rows": data["rows"].items(),
        }
    return render(request, "mailserver/show_lint.html", context)


@require_POST
@superadmin_required
def run_lint(request: HttpRequest) -> HttpResponse:
    """Have a worker read all rows; once, however often it is asked."""
    begin_lint(actor=actor_of(request))
    return redirect("show_lint")


@require_safe
@superadmin_required
def watch_lint(request: HttpRequest) -> HttpResponse:
    """How far it is; once it has ended, the page is loaded anew."""
    context = _progress(last_run())
    if context["under_way"]:
        return render(request, "mailserver/_lint_progress.html", context)
    answer = HttpResponse(status=204)
    answer["HX-Refresh"] = "true"
    return answer


def _progress(run: LintRun | None) -> dict[str, object]:
    under_way = run if run is not None and is_under_way(run) else None
    no_worker = under_way is not None and not is_alive()
    return {"under_way": under_way, "no_worker": no_worker, "command": COMMAND}


def _line(data: dict[str, Any]) -> FindingLine:
    level = Level(data["level"])
    examples = tuple(_example(data["table"], one) for one in data["examples"])
    return FindingLine(
        data, str(LEVEL_NAMES[level]), COLORS[level], examples, data["count"] - len(examples)
    )


def _example(table: str, data: dict[str, Any]) -> ExampleLine:
    key = data["key"]
    page = PAGES.get(table)
    url = row_url(page, key) if page and key else ""
    return ExampleLine(key if key and key.isprintable() else shown(key), url, data["detail"])
