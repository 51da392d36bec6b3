"""The passwords that a job made: shown once, to whoever began it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from audit.access import actor_of, operator_required
from audit.recent import recent_sign_in_required_of_button
from bulk import services
from bulk.csv_lines import csv_text
from bulk.views import job_of


@require_POST
@never_cache
@operator_required
@recent_sign_in_required_of_button
def show_passwords(request: HttpRequest, job_id: int) -> HttpResponse:
    """On a page, or with `as=csv` as a file. Soon afterwards nobody can see them any more."""
    job = job_of(request, job_id)
    actor = actor_of(request)
    if not job.belongs_to(actor):
        raise PermissionDenied
    made = services.take_passwords(actor=actor, job=job)
    if not made:
        messages.warning(request, _("The passwords were shown already, and are forgotten."))
        return redirect("show_job", job_id=job.pk)
    if request.POST.get("as") == "csv":
        text = csv_text([("email", "password"), *made])
        answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="passwords-{job.pk}.csv"'
        return answer
    context = {"job": job, "made": made, "minutes": services.SHOWN_MINUTES}
    return render(request, "bulk/show_passwords.html", context)
