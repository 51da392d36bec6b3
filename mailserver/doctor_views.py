"""The doctor's page: what is wrong with how Postfix and Dovecot use the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from audit.access import superadmin_required
from audit.recent import recent_sign_in_required
from mailkit.tables import Level
from mailserver import asking
from mailserver.doctor_forms import AskForm, BundleForm
from mailserver.doctor_text import reason, servers_unread
from mailserver.doctoring import DoctorReport, command, examine_machine, examine_text
from mailserver.report import counts


@dataclass(frozen=True)
class Look:
    """How a level is shown."""

    label: Any
    color: str
    icon: str


LOOKS: Mapping[Level, Look] = {
    Level.FAULT: Look(_("Fault"), "red", "alert"),
    Level.WARNING: Look(_("Warning"), "orange", "alert"),
    Level.NOTICE: Look(_("Notice"), "azure", "info"),
}
WELL = Look(_("All is well"), "green", "circle-check")
CLEAN = Look(_("Nothing found"), "green", "circle-check")
UNKNOWN = Look(_("Not looked at"), "gray", "question")


@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
def examine_servers(request: HttpRequest) -> HttpResponse:
    """GET looks at this machine's servers; POST at what was printed elsewhere. Changes nothing."""
    if request.method != "POST":
        return _page(request, BundleForm(), examine_machine())
    form = BundleForm(request.POST, request.FILES)
    report = None
    if form.is_valid():
        try:
            report = examine_text(form.cleaned_data["bundle"])
        except ValidationError as error:
            form.add_error("file" if form.cleaned_data["file"] else "bundle", error)
        else:
            # What was pasted may hold passwords: it is not sent back.
            form = BundleForm()
    return _page(request, form, report)


def _page(request: HttpRequest, form: BundleForm, report: DoctorReport | None) -> HttpResponse:
    context: dict[str, object] = {"form": form, "command": command(), "report": report}
    if report is not None:
        context |= {
            "look": _look(report),
            "counts": counts(Counter(line.level for line in report.lines for _one in line.places)),
            "lines": [{"line": line, "look": LOOKS[line.level]} for line in report.lines],
            "servers_unread": servers_unread(report),
            "unread": [(one.name, reason(one.reason)) for one in report.unread],
        }
    return render(request, "mailserver/examine_servers.html", context)


def _look(report: DoctorReport) -> Look:
    if report.lines:
        return LOOKS[report.lines[0].level]
    if report.is_well:
        return WELL
    return CLEAN if report.looked else UNKNOWN


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@superadmin_required
@recent_sign_in_required
def ask_dovecot(request: HttpRequest) -> HttpResponse:
    """Whether an address with a password signs in at Dovecot, and whether the panel agrees."""
    if request.method != "POST":
        form = AskForm(initial={"address": request.GET.get("address", "")[:255]})
        return render(request, "mailserver/ask_dovecot.html", {"form": form})
    form = AskForm(request.POST)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        asked = asking.ask_dovecot(**form.cleaned_data)
        color = "green" if asked.lets_in else "gray" if asked.agree is None else "orange"
        context |= {"asked": asked, "color": color, "sentences": asking.sentences(asked)}
    return render(request, "mailserver/ask_dovecot.html", context)
