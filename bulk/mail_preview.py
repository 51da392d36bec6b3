"""What the first rows of a job's plan would do to mail, as the forms' preview shows it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit.access import actor_of, operator_required
from bulk.items import CHANGING, Item, Verdict
from bulk.models import Job, Role, State
from bulk.parts import numbers, read_items
from bulk.views import job_of
from domains.schema import is_found
from mailserver.changes import TABLES, Change, deletion, merged
from mailserver.preview import SHOWN
from mailserver.preview_words import preview_context
from mailserver.tracing import is_own

# So many rows of the plan count as changed in the traces; the first of them are shown.
COUNTED_IN = 100
# Parts of the plan that are looked at for them.
LOOKED_AT = 10


@require_safe
@never_cache
@operator_required
def preview_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Where mail goes now, and where it would go, for the first rows of a plan that waits."""
    job = job_of(request, job_id)
    if job.state != State.CHECKED:
        raise Http404
    actor = actor_of(request)
    mine = (one for one in _changes(job) if all(is_own(actor, key) for key in one.keys))
    changes = list(islice(mine, COUNTED_IN))
    context = preview_context(actor, lambda: merged(changes, SHOWN))
    context |= {"job": job, "counted": len(changes), "shown": min(len(changes), SHOWN)}
    return render(request, "bulk/preview_job.html", context)


def _changes(job: Job) -> Iterator[Change]:
    """What each row of the plan does, in the order of the plan, from its first parts."""
    for number in numbers(job, Role.PLAN)[:LOOKED_AT]:
        for item in read_items(job, Role.PLAN, number):
            change = change_of(item, job)
            if change is not None:
                yield change


def change_of(item: Item, job: Job) -> Change | None:
    """What carrying it out does to the tables; None where no mail takes another way by it."""
    if item.object_type not in TABLES or item.verdict not in {*CHANGING, Verdict.WARNED}:
        return None
    does = item.values.get("do", str(item.verdict))
    kind, key = item.object_type, item.key
    if does == Verdict.DELETE:
        # An undo takes away the row alone.
        keeps = job.kind == "undo" or job.options.get("dependents") == "keep"
        return deletion(kind, [key], keep=keeps)
    lower = [key.lower()] if is_found(TABLES[kind], key) else []
    if kind == "domain" and does == Verdict.CREATE:
        return Change((key,), domains=dict.fromkeys(lower, True))
    if kind == "mailbox" and does == Verdict.CREATE:
        return Change((key,), users=dict.fromkeys(lower, True))
    if kind == "forwarding" and "destination" in item.changes:
        return Change((key,), forwardings=dict.fromkeys(lower, item.changes["destination"][1]))
    if kind == "transport" and "transport" in item.changes:
        return Change((key,), transports=dict.fromkeys(lower, item.changes["transport"][1]))
    return None
