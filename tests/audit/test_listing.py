"""The change log in pages: each action once, at the place of its first entry."""

from __future__ import annotations

import random
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import listing
from audit.listing import FETCH, read_page
from audit.models import Entry
from audit.querysets import Wanted


def make_log(groups: list[int], *, domain_of=lambda number: "a.test") -> None:
    """An entry for each number, of the action with this number."""
    ids = {number: uuid.UUID(int=number + 1) for number in groups}
    Entry.objects.bulk_create(
        Entry(
            group=ids[number],
            action="create_domain",
            object_type="domain",
            object_key=f"{number}.test",
            domain=domain_of(place),
        )
        for place, number in enumerate(groups)
    )


def lines(page) -> list[tuple[int, int]]:
    return [(line.entry.pk, line.more) for line in page.lines]


def expected(entries, *, folded: bool) -> list[tuple[int, int]]:
    if not folded:
        return [(pk, 0) for pk in entries.order_by("-pk").values_list("pk", flat=True)]
    found: dict[uuid.UUID, list[int]] = {}
    for pk, group in entries.order_by("pk").values_list("pk", "group"):
        found.setdefault(group, []).append(pk)
    return sorted(((ids[0], len(ids) - 1) for ids in found.values()), reverse=True)


def walk_down(entries, **options) -> list[list[tuple[int, int]]]:
    page = read_page(entries, **options)
    pages = [lines(page)]
    while page.older is not None:
        page = read_page(entries, before=page.older, **options)
        pages.append(lines(page))
    return pages


def walk_up(entries, start: int, **options) -> list[list[tuple[int, int]]]:
    pages = []
    after: int | None = start
    while after is not None:
        page = read_page(entries, after=after, **options)
        pages.append(lines(page))
        after = page.newer
    return pages


# Each database sorts and limits in its own way, but pages are made of what it gives.
@pytest.mark.parametrize("seed", range(25 if connection.vendor == "sqlite" else 6))
@pytest.mark.parametrize("how", ["folded", "near first", "flat"])
def test_every_action_is_on_one_page_in_order(db, seed: int, how: str, monkeypatch) -> None:
    """Of random sizes, overlapping as two people's actions do, one of them huge."""
    monkeypatch.setattr(listing, "NEAR", 150)
    folded = how != "flat"
    options = {"folded": folded, "near_first": how == "near first"}
    rng = random.Random(seed)
    groups = [rng.randrange(1 + place // 3) for place in range(rng.randint(1, 400))]
    if seed % 2:
        at = rng.randrange(len(groups))
        groups[at:at] = [9999] * (2 * FETCH + 7)
    make_log(groups, domain_of=lambda place: "ab"[rng.randrange(2)] + ".test")
    for wanted in (Wanted(), Wanted(domain="a.test")):
        entries = Entry.objects.wanted(wanted)
        size = rng.randint(1, 60)
        pages = walk_down(entries, size=size, **options)
        everything = [line for page in pages for line in page]
        assert everything == expected(entries, folded=folded)
        assert all(len(page) == size for page in pages[:-1])
        if everything:
            up = walk_up(entries, everything[-1][0], size=size, **options)
            # The last one up is the first page, whole.
            assert up[-1] == pages[0]
            assert [line for page in up[-2::-1] for line in page] == everything[
                len(everything) - 1 - size * (len(up) - 1) : len(everything) - 1
            ]


def test_a_huge_action_costs_no_more_queries(db) -> None:
    make_log([*range(60), *([100] * 5000), *range(200, 260)])
    for options in ({}, {"before": Entry.objects.order_by("pk")[5030].pk}, {"after": 1}):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page = read_page(Entry.objects.all(), **options)
        assert len(page.lines) == 50
        assert len(captured) <= 9


def test_an_empty_log(db) -> None:
    for options in ({}, {"before": 5}, {"after": 5}):
        page = read_page(Entry.objects.all(), **options)
        assert (page.lines, page.older, page.newer) == ([], None, None)
