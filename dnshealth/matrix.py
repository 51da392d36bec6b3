"""The matrix of domains by family, page by page: in the order of names or the worst first.

Pages go by key, never by offset. What was never checked has no row of ours: such domains come
last, in the order of their names, and have a walk of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.dateparse import parse_datetime

from audit.actor import Actor
from dnshealth.models import Finding, Health
from dnshealth.names import stored_name
from dnshealth.states import State
from domains.models import Domain
from domains.querysets import PAGE_SIZE
from mailkit.dns.families.registry import FAMILIES
from mailkit.dns.results import REQUIRED_FAMILIES

# Of the mail host: the same for every domain, so they are columns only where mail depends on them.
COLUMNS = tuple(one.name for one in FAMILIES if not one.host_level or one.name in REQUIRED_FAMILIES)
SORTS = ("worst", "name", "oldest", *COLUMNS)
# A whole domain is never that.
_NO_VERDICT = (State.SKIPPED, State.OFF)
FILTERS = tuple(str(state) for state in reversed(State) if state not in _NO_VERDICT)
# Looked through at once for domains without a row of ours, and so often for one page.
CHUNK = 500
MOST_CHUNKS = 10
# Begins the cursor of the walk through what was never checked; no rank and no time does.
_REST = "~"


@dataclass(frozen=True)
class Wanted:
    """What the page was asked for. `verdict` "" for all; `after` where the page before ended."""

    q: str
    verdict: str
    sort: str
    after: str

    @property
    def narrowed(self) -> bool:
        """Whether the list shows a part only."""
        return bool(self.q or self.verdict)


def wanted(request: HttpRequest) -> Wanted:
    """Read the address of the page. Http404 for what it cannot be asked."""
    values = {name: request.GET.get(name, "") for name in ("q", "verdict", "sort", "after")}
    sort = values["sort"] or "worst"
    if any("\x00" in text for text in values.values()) or sort not in SORTS:
        raise Http404
    if values["verdict"] and values["verdict"] not in FILTERS:
        raise Http404
    return Wanted(values["q"].strip(), values["verdict"], sort, values["after"])


@dataclass(frozen=True)
class MatrixPage:
    """Domains and, where they were checked, how they stand."""

    rows: list[tuple[Domain, Health | None]]
    next_after: str | None


def read_page(actor: Actor, asked: Wanted, size: int = PAGE_SIZE) -> MatrixPage:
    """The lines behind `asked.after`."""
    if asked.sort == "name" and not asked.verdict:
        return _by_name(actor, asked, size)
    found: list[tuple[str, Domain, Health | None]] = []
    ended = True
    for line in _lines(actor, asked):
        if line is None:
            ended = False
            break
        found.append(line)
        if len(found) > size:
            break
    if len(found) > size:
        return MatrixPage([line[1:] for line in found[:size]], found[size - 1][0])
    # So many domains were looked through without finding enough: the next page goes on.
    return MatrixPage([line[1:] for line in found], None if ended or not found else found[-1][0])


def counts(actor: Actor) -> dict[str, int]:
    """How many checked domains have each verdict."""
    rows = Health.objects.visible_to(actor).order_by().values_list("verdict")
    found = dict(rows.annotate(count=Count("*")))
    unknown = Health.objects.visible_to(actor).filter(unknown_since__isnull=False)
    found[str(State.UNKNOWN)] = sum(
        count
        for _verdict, count in unknown.order_by().values_list("verdict").annotate(n=Count("*"))
    )
    return found


def _by_name(actor: Actor, asked: Wanted, size: int) -> MatrixPage:
    rows = Domain.objects.visible_to(actor)
    if asked.q:
        rows = rows.matching(asked.q)
    page = rows.page(after=asked.after, size=size)
    return MatrixPage(_with_health(actor, page.rows), page.next_after)


def _with_health(actor: Actor, rows: list[Domain]) -> list[tuple[Domain, Health | None]]:
    names = {row.domain: stored_name(row.domain) for row in rows}
    stored = Health.objects.visible_to(actor).in_bulk(list(names.values()))
    return [(row, stored.get(names[row.domain])) for row in rows]


Line = tuple[str, Domain, Health | None]


def _lines(actor: Actor, asked: Wanted) -> Iterator[Line | None]:
    """The lines with their cursors; None where the search is given up for this page."""
    if not asked.after.startswith(_REST) and asked.verdict != State.UNCHECKED:
        yield from _checked(actor, asked)
    if asked.verdict in ("", State.UNCHECKED):
        after = asked.after[1:] if asked.after.startswith(_REST) else ""
        yield from _rest(actor, asked, after)


def _checked(actor: Actor, asked: Wanted) -> Iterator[Line]:
    rows, path, column, descending = _walk(actor, asked)
    after = _split(asked.after, column)
    while True:
        chunk = list(_behind(rows, column, descending, path, after)[: PAGE_SIZE + 1])
        healths: list[Health] = [one.health if isinstance(one, Finding) else one for one in chunk]
        keys = [one.row_key for one in healths]
        there = {row.domain: row for row in Domain.objects.filter(pk__in=keys)}
        for one, health in zip(chunk, healths, strict=True):
            after = (getattr(one, column) if column else None, health.pk)
            # A domain that SQL deleted leaves a row of ours behind.
            if health.row_key in there:
                yield _cursor(after), there[health.row_key], health
        if len(chunk) <= PAGE_SIZE:
            return


def _walk(actor: Actor, asked: Wanted) -> tuple[QuerySet[Any], str, str, bool]:
    """The rows, the path to the domain's name in them, the column of the order, and its way."""
    health = Health.objects.visible_to(actor)
    if asked.q:
        health = health.filter(domain__icontains=asked.q)
    if asked.verdict == State.UNKNOWN:
        health = health.filter(unknown_since__isnull=False)
    elif asked.verdict:
        health = health.filter(verdict=asked.verdict)
    if asked.sort in COLUMNS:
        rows = Finding.objects.filter(family=asked.sort).select_related("health")
        if asked.narrowed or not actor.touches_everything:
            rows = rows.filter(health__in=health)
        return rows, "health_id", "rank", True
    if asked.sort == "oldest":
        return health, "pk", "checked_at", False
    return health, "pk", "" if asked.sort == "name" else "rank", True


def _behind(
    rows: QuerySet[Any],
    column: str,
    descending: bool,
    path: str,
    after: tuple[int | datetime | None, str] | None,
) -> QuerySet[Any]:
    order = [f"-{column}" if descending else column] if column else []
    found = rows.order_by(*order, path)
    if after is None:
        return found
    value, name = after
    if value is None:
        return found.filter(**{f"{path}__gt": name})
    further = f"{column}__{'lt' if descending else 'gt'}"
    return found.filter(Q(**{further: value}) | Q(**{column: value, f"{path}__gt": name}))


def _cursor(after: tuple[int | datetime | None, str]) -> str:
    value, name = after
    if value is None:
        return name
    return f"{value.isoformat() if isinstance(value, datetime) else value} {name}"


def _split(after: str, column: str) -> tuple[int | datetime | None, str] | None:
    """The cursor of the page before. Http404 for one that no page gave."""
    if not after:
        return None
    if not column:
        return None, after
    text, _blank, name = after.partition(" ")
    try:
        value = parse_datetime(text) if column == "checked_at" else int(text[:4])
    except ValueError:
        value = None
    if value is None or not name:
        raise Http404
    return value, name


def _rest(actor: Actor, asked: Wanted, after: str) -> Iterator[Line | None]:
    """Domains that were never checked or, in the order of a family, not for that family."""
    rows = Domain.objects.visible_to(actor)
    if asked.q:
        rows = rows.matching(asked.q)
    for _chunk in range(MOST_CHUNKS):
        page = rows.page(after=after, size=CHUNK)
        lines = _with_health(actor, page.rows)
        met = {health.pk for _row, health in lines if health is not None}
        if asked.sort in COLUMNS and met and not asked.verdict:
            found = Finding.objects.filter(family=asked.sort, health__in=met)
            met = set(found.values_list("health_id", flat=True))
        for row, health in lines:
            if health is None or health.pk not in met:
                yield _REST + row.domain, row, health
        if page.next_after is None:
            return
        after = page.next_after
    yield None
