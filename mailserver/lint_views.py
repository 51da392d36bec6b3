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
from mailserver.mend_views import mend_url
from mailserver.mends import ADVICE, Advice
from mailserver.models import LintRun
from mailserver.pages import PAGES
from mailserver.words import LEVEL_NAMES, shown
from worker.standing import COMMAND, is_alive

COLORS = {Level.FAULT: "red", Level.WARNING: "yellow", Level.NOTICE: "azure"}


@dataclass(frozen=True)
class ExampleLine:
    """One row: what it is called, its page ("" where no URL carries its key), and more about it.

    `mend_url`: the page that mends it, "" where none does; `mended`: somebody has done so.
    `password_url`: where a password is set, if that is what helps.
    """

    name: str
    url: str
    detail: str
    mend_url: str
    mended: bool
    password_url: str


@dataclass(frozen=True)
class FindingLine:
    """A finding as the page shows it: `data` is LintLine.as_data(), `why` is that of Advice."""

    data: dict[str, Any]
    level: str
    color: str
    examples: tuple[ExampleLine, ...]
    more: int
    why: Any


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
    # A report of before an update may have a code that is no more.
    advice = ADVICE.get(data["code"], Advice())
    examples = tuple(_example(data, one, advice) for one in data["examples"])
    more = data["count"] - len(examples)
    return FindingLine(data, str(LEVEL_NAMES[level]), COLORS[level], examples, more, why=advice.why)


def _example(line: dict[str, Any], data: dict[str, Any], advice: Advice) -> ExampleLine:
    key = data["key"]
    page = PAGES.get(line["table"])
    mended = data.get("mended", False)
    return ExampleLine(
        name=key if key and key.isprintable() else shown(key),
        url=row_url(page, key) if page and key else "",
        detail=data["detail"],
        mend_url=mend_url(line["code"], line["table"], key) if key and not mended else "",
        mended=mended,
        password_url=row_url(advice.page, key) if advice.page and key else "",
    )
