"""What lists need to have their rows chosen, and pages to say that a job waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse

from audit.access import actor_of
from bulk.actions import Action, actions_on
from bulk.beginning import quoted
from bulk.models import Job, State
from bulk.selection import COUNTED, FILTERS, count_if_cheap

register = template.Library()


@dataclass(frozen=True)
class Tools:
    """`url`: where the list's form goes. `count`: rows that match on all pages, None if unknown.

    `pages`: there are more than this one.
    """

    url: str
    actions: list[Action]
    pages: bool
    count: int | None
    more: bool

    def __bool__(self) -> bool:
        return bool(self.actions)


@register.simple_tag(takes_context=True)
def bulk_tools(context: dict[str, Any], noun: str) -> Tools:
    """The actions on this list's rows; the context has `asked`, `page` and `request`."""
    request, asked, page = context["request"], context["asked"], context["page"]
    actor = actor_of(request)
    actions = actions_on(noun, actor)
    pages = bool(asked.after or page.next_after)
    count = None
    if actions and pages:
        filters = {name: getattr(asked, name, "") or "" for name in FILTERS}
        count = count_if_cheap(noun, filters, actor)
    query = request.GET.urlencode()
    url = reverse("begin_job", args=[noun])
    return Tools(
        f"{url}?{query}" if query else url,
        actions,
        pages,
        None if count is None else min(count, COUNTED),
        count is not None and count > COUNTED,
    )


register.filter("quoted_key", quoted)


@register.simple_tag(takes_context=True)
def waiting_jobs(context: dict[str, Any]) -> int:
    """How many jobs of whoever looks wait for his confirmation."""
    actor = actor_of(context["request"])
    own = Job.objects.begun_by(actor)
    return len(own.filter(state=State.CHECKED).values_list("pk")[: COUNTED + 1])
