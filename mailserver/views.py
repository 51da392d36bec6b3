"""Pages: what becomes of mail to an address, what a change would do, the servers' configuration."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from audit.access import actor_of, operator_required, superadmin_required
from domains.keys import row_url
from mailkit.addresses import AddressError
from mailkit.dovecot.config import Version
from mailkit.dovecot.version import installed_version
from mailkit.postfix.route import Step
from mailkit.postfix.transports import TransportError
from mailkit.serverfiles import ConfigFile
from mailserver import tracing
from mailserver.configuration import DIRECTORY, files_to_show
from mailserver.pages import PAGES
from mailserver.preview import (
    Change,
    forwarding_change,
    preview_change,
    transport_change,
)
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


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def preview_route(request: HttpRequest) -> HttpResponse:
    """What a form's change would do, shown beside it; GET for a row that would be deleted.

    `?forwarding=`, `?transport=` or `?mailbox=` names the row. POST has the form's own fields, and
    in `preview` the key that the row has now ("" for a new one).
    """
    try:
        change = _posted_change(request) if request.method == "POST" else _deletion(request)
    except (AddressError, TransportError):
        # What is wrong with it is said when it is saved.
        return render(request, "mailserver/preview_route.html", {"incomplete": True})
    try:
        found = preview_change(actor_of(request), change)
    except tracing.OutsideDomainsError as error:
        raise Http404 from error
    lines = [
        {
            "preview": one,
            "before": OUTCOMES[one.before.outcome],
            "after": OUTCOMES[one.after.outcome],
            "warnings": [WARNINGS[code] for code in one.after.warnings],
        }
        for one in found
    ]
    return render(request, "mailserver/preview_route.html", {"lines": lines})


def _posted_change(request: HttpRequest) -> Change:
    values = {name: request.POST.get(name, "") for name in ("preview", "source", "destination")}
    values |= {name: request.POST.get(name, "") for name in ("domain", "transport")}
    if any("\x00" in value for value in values.values()):
        raise Http404
    old = values["preview"]
    if "destination" in request.POST:
        return forwarding_change(values["source"] or old, values["destination"], old=old)
    if "transport" in request.POST:
        return transport_change(values["domain"] or old, values["transport"], old=old)
    raise Http404


def _deletion(request: HttpRequest) -> Change:
    for name in ("forwarding", "transport", "mailbox"):
        key = request.GET.get(name, "").lower()
        if "\x00" in key:
            break
        if key:
            return {
                "forwarding": Change(forwardings={key: None}),
                "transport": Change(transports={key: None}),
                "mailbox": Change(users={key: False}),
            }[name]
    raise Http404
