"""Pages: a file to be imported, and what its columns are. The rest is the job's own page."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.access import actor_of, operator_required
from audit.forms import posted
from bulk import import_services
from bulk.import_forms import ENCODINGS, ColumnsForm, ImportForm
from bulk.importing.file import head_of
from bulk.models import Job, State
from bulk.work import Unreadable
from mailkit.sheets import Kind
from mailkit.sheets.columns import field_of

# As somebody would write them; each can be imported as it is.
EXAMPLES = {
    Kind.MAILBOXES: "email,password\nanna@example.org,a long password\n",
    Kind.FORWARDINGS: 'source,destination\ninfo@example.org,"anna@example.org, otto@example.org"\n',
    Kind.TRANSPORTS: "domain,transport\nexample.net,smtp:[192.0.2.1]:25\n",
    Kind.DOMAINS: "domain\nexample.org\nexample.com\n",
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@operator_required
def import_file(request: HttpRequest) -> HttpResponse:
    """Take a file or pasted rows."""
    actor = actor_of(request)
    form = ImportForm(posted(request), request.FILES or None)
    if form.is_bound and form.is_valid():
        job = import_services.begin_import(
            actor=actor,
            file=form.content(),
            options={
                "name": form.name(),
                "encoding": form.encoding_of_content(),
                "update": form.cleaned_data["update"],
            },
            asks=form.asks,
        )
        return redirect("choose_columns" if form.asks else "show_job", job_id=job.pk)
    examples = [(kind.value, text) for kind, text in EXAMPLES.items()]
    if not actor.touches_everything:
        examples = [one for one in examples if one[0] != Kind.DOMAINS.value]
    return render(request, "bulk/import_file.html", {"form": form, "examples": examples})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@operator_required
def choose_columns(request: HttpRequest, job_id: int) -> HttpResponse:
    """Say what each column is; shows the first rows."""
    actor = actor_of(request)
    job: Job | None = Job.objects.visible_to(actor).filter(pk=job_id).first()
    if job is None:
        raise Http404
    if not job.options.get("asks") or job.state != State.CHECKING:
        return redirect("show_job", job_id=job.pk)
    if not job.belongs_to(actor):
        # In the rows there may be passwords that another operator was given.
        raise PermissionDenied
    return _choose(request, job)


def _choose(request: HttpRequest, job: Job) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    encoding = data.get("encoding", job.options.get("encoding", ""))
    encoding = encoding if encoding in dict(ENCODINGS) else ""
    context: dict[str, Any] = {"job": job, "encodings": ENCODINGS, "encoding": encoding}
    try:
        head = head_of(job, encoding)
    except Unreadable as error:
        return render(request, "bulk/choose_columns.html", {**context, "problem": str(error)})
    guessed = {f"column_{n}": field_of(name) or "" for n, name in enumerate(head.names)}
    form = ColumnsForm(head, posted(request), initial=guessed)
    if form.is_bound and form.is_valid():
        try:
            import_services.choose_columns(
                actor=actor_of(request), job=job, columns=form.chosen(), encoding=encoding
            )
        except Unreadable as error:
            form.add_error(None, str(error))
        else:
            return redirect("show_job", job_id=job.pk)
    shown = [[_shown(form, number, cell) for number, cell in enumerate(row)] for row in head.rows]
    return render(request, "bulk/choose_columns.html", {**context, "form": form, "rows": shown})


def _shown(form: ColumnsForm, number: int, cell: str) -> str:
    """What a cell shows: no password."""
    value = form[f"column_{number}"].value() if number < len(form.head.names) else ""
    if value in ("password", "password_hash") and cell:
        return "••••••"
    return cell[:80]


@require_safe
@operator_required
def download_example(request: HttpRequest, kind: str) -> HttpResponse:
    """A small file that can be filled in."""
    if kind not in set(Kind):
        raise Http404
    # With its mark, so that Excel reads it as UTF-8.
    answer = HttpResponse("\ufeff" + EXAMPLES[Kind(kind)], content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return answer
