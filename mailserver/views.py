"""Pages: what becomes of mail to an address, the servers' configuration."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.access import actor_of, operator_required, superadmin_required
from domains.keys import row_url
from mailkit.dovecot.config import Version
from mailkit.dovecot.version import installed_version
from mailkit.postfix.route import Step
from mailkit.serverfiles import ConfigFile
from mailserver import tracing
from mailserver.configuration import DIRECTORY, files_to_show
from mailserver.pages import PAGES
from mailserver.trace_picture import draw
from mailserver.trace_words import OUTCOMES, WARNINGS, sentence, summary

# Stands in the configuration's files, as a page shows them, where the password would.
PLACEHOLDER = "PASSWORD"
# An address has at most 254 characters; what is longer is no address.
LONGEST = 1000
# So many steps are listed.
MOST_STEPS = 200


@dataclass(frozen=True)
class StepLine:
    """A step as the page lists it; `url` leads to its row, "" without one."""

    step: Step
    text: str
    url: str


@dataclass(frozen=True)
class FileGroup:
    """Files of the configuration that are shown together; `name`: "", "postfix" or "dovecot"."""

    name: str
    files: list[ConfigFile]


@require_safe
@superadmin_required
def show_configuration(request: HttpRequest) -> HttpResponse:
    """What `mailconfig` writes, for the Dovecot of `?dovecot=`, with no password in it."""
    asked = request.GET.get("dovecot", "")
    if asked and asked not in [version.value for version in Version]:
        raise Http404
    version = Version(asked) if asked else installed_version() or Version.V23
    context: dict[str, object] = {
        "version": version.value,
        "versions": [one.value for one in Version],
        "directory": DIRECTORY,
        "placeholder": PLACEHOLDER,
    }
    try:
        files = files_to_show(version, PLACEHOLDER)
    except ValidationError as error:
        return render(
            request, "mailserver/show_configuration.html", {**context, "errors": error.messages}
        )
    groups: dict[str, list[ConfigFile]] = {"": [], "dovecot": [], "postfix": []}
    for file in files:
        groups[file.name.rpartition("/")[0]].append(file)
    context["groups"] = [FileGroup(name, found) for name, found in groups.items() if found]
    context["secret"] = any(file.secret for file in files)
    return render(request, "mailserver/show_configuration.html", context)


@require_safe
@operator_required
def trace_address(request: HttpRequest) -> HttpResponse:
    """Follow `?address=` through the tables; without it, the form alone."""
    address = request.GET.get("address", "").strip()
    context: dict[str, object] = {"address": address}
    if address:
        if "\x00" in address or len(address) > LONGEST:
            raise Http404
        try:
            found = tracing.trace_address(actor=actor_of(request), address=address)
        except tracing.OutsideDomainsError as error:
            raise Http404 from error
        context |= {
            "trace": found,
            "outcome": OUTCOMES[found.outcome],
            "summary": summary(found),
            "warnings": [WARNINGS[one] for one in found.warnings],
            "picture": draw(found),
            "steps": [_line(step) for step in found.steps[:MOST_STEPS]],
            "more_steps": max(len(found.steps) - MOST_STEPS, 0),
        }
    return render(request, "mailserver/trace_address.html", context)


def _line(step: Step) -> StepLine:
    page = PAGES.get(step.table) if step.answer else None
    return StepLine(step, sentence(step), row_url(page, step.question) if page else "")
