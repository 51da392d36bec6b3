"""Page: what a list shows, as a file."""

from __future__ import annotations

import re
from tempfile import TemporaryFile

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.access import actor_of, operator_required
from audit.actor import Actor
from audit.forms import posted
from audit.recent import ask_again, signed_in_recently
from domains.listing import asked
from mailboxes.exports.rows import read_rows
from mailboxes.exports.sheet import write_sheet
from mailboxes.exports.text import lines
from mailboxes.exports.wanted import Format, Kind, Wanted
from mailboxes.forms import ExportForm
from mailboxes.services.exports import log_export

TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.TSV: "text/tab-separated-values; charset=utf-8",
    Format.JSON: "application/json",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
STATES = ("suspended", "other")
SOURCES = ("domain", "address")
_PLAIN_NAME = re.compile(r"[a-z0-9.-]+")


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def export_rows(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Ask for the format, then answer with the rows as they are read; filtered as the list was."""
    if kind not in set(Kind):
        raise Http404
    actor = actor_of(request)
    query = asked(request, actor)
    state, source = _as_in_admin(request, kind)
    to = query.to if kind == Kind.FORWARDINGS else ""
    form = ExportForm(posted(request))
    if form.is_valid():
        hashes = form.cleaned_data["hashes"] and kind == Kind.MAILBOXES
        if hashes and actor.touches_everything and not signed_in_recently(request):
            return ask_again(request)
        wanted = Wanted(
            Kind(kind),
            domain=query.domain,
            q=query.q,
            inside=query.inside,
            hashes=hashes,
            state=state,
            source=source,
            to=to,
        )
        format = Format(form.cleaned_data["format"])
        if form.carry_out(lambda: _answer(actor, wanted, format)):
            answer: HttpResponseBase = form.result
            return answer
    context = {
        "form": form,
        "kind": kind,
        "asked": query,
        "state": state,
        "source": source,
        "to": to,
        "narrowed": query.q or query.domain or to or state or source,
        "list_page": f"list_{kind}",
        "hashes_offered": actor.touches_everything and kind == Kind.MAILBOXES,
    }
    return render(request, "mailboxes/export_rows.html", context)


def _as_in_admin(request: HttpRequest, kind: str) -> tuple[str, str]:
    """The state of mailboxes and source of forwardings by which Django admin's list is filtered."""
    state, source = request.GET.get("state", ""), request.GET.get("kind", "")
    return (
        state if kind == Kind.MAILBOXES and state in STATES else "",
        source if kind == Kind.FORWARDINGS and source in SOURCES else "",
    )


def _answer(actor: Actor, wanted: Wanted, format: Format) -> HttpResponseBase:
    if format is Format.XLSX:
        # As a whole before the first byte: what a sheet cannot hold is said on the page.
        file = TemporaryFile()  # noqa: SIM115 - the response closes it
        write_sheet(wanted, read_rows(wanted, actor), file)
        file.seek(0)
        log_export(actor=actor, wanted=wanted, format=format)
        answer: StreamingHttpResponse = FileResponse(file, content_type=TYPES[format])
    else:
        log_export(actor=actor, wanted=wanted, format=format)
        # Nothing is read yet but the columns: a cursor of the server's bears no other query
        # beside it, and the session may still be saved.
        found = read_rows(wanted, actor)
        answer = StreamingHttpResponse(lines(wanted, found, format), content_type=TYPES[format])
    name = _file_name(wanted, format)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _file_name(wanted: Wanted, format: Format) -> str:
    of = f"-{wanted.domain}" if _PLAIN_NAME.fullmatch(wanted.domain) else ""
    return f"{wanted.kind}{of}-{timezone.now():%Y-%m-%d}.{format}"
