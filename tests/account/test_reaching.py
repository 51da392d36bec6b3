"""By which addresses mail gets to a mailbox: chains, catch-alls, domain aliases, extensions."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailboxes import leading
from mailboxes import reaching as module
from mailboxes.models import Forwarding, Mailbox
from mailboxes.reaching import Reaching, reaching
from mailboxes.routing import DatabaseTables
from mailboxes.target_refresh import refresh_targets
from mailkit.postfix.aliases import ANYBODY, expand_many

from .conftest import ANNA


@pytest.fixture(params=["by_reading", "by_table"], autouse=True)
def found(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to find who forwards to an address, which must find the same."""
    if request.param == "by_table":
        monkeypatch.setattr(leading, "FEW", 0)
    return request.param


def find(email: str) -> Reaching:
    refresh_targets()
    return reaching(email)


@pytest.mark.parametrize(
    ("rows", "ways"),
    [
        ({}, []),
        ({"info@a.test": ANNA}, ["info@a.test"]),
        ({"info@a.test": f"x@far.example, {ANNA.upper()}"}, ["info@a.test"]),
        (
            {"one@a.test": "two@b.test", "two@b.test": "three@a.test", "three@a.test": ANNA},
            ["three@a.test", "two@b.test", "one@a.test"],
        ),
        ({"@b.test": ANNA}, ["@b.test"]),
        ({"x@a.test": "anybody@b.test", "@b.test": ANNA}, ["@b.test", "x@a.test"]),
        # Another row keeps it from the catch-all.
        (
            {"x@a.test": "taken@b.test", "taken@b.test": "y@far.example", "@b.test": ANNA},
            ["@b.test"],
        ),
        ({"@b.test": "@a.test"}, ["anna@b.test"]),
        ({"@b.test": "@a.test", "anna@b.test": "x@far.example"}, []),
        (
            {"@b.test": "@a.test", "info@a.test": ANNA},
            ["anna@b.test", "info@a.test", "info@b.test"],
        ),
        ({"@b.test": "@a.test", "@a.test": ANNA}, ["@a.test", "anna@b.test", "@b.test"]),
        ({"@c.test": "@b.test", "@b.test": "@a.test"}, ["anna@b.test", "anna@c.test"]),
        ({"info@a.test": "anna+work@a.test"}, ["info@a.test"]),
        ({"info@a.test": "joanna@a.test", "x@a.test": "anna@a.test.example"}, []),
        ({"one@a.test": "two@a.test", "two@a.test": "one@a.test"}, []),
        # Her own forwarding takes it away, or keeps a copy.
        ({ANNA: "x@far.example", "info@a.test": ANNA}, []),
        ({ANNA: f"{ANNA}, x@far.example", "info@a.test": ANNA}, ["info@a.test"]),
        # Another mailbox with a forwarding is a way too.
        ({"bert@a.test": f"bert@a.test, {ANNA}"}, ["bert@a.test"]),
    ],
)
def test_the_ways_are(anna, forwardings, found, rows, ways):
    Mailbox.objects.create(email="bert@a.test", password="x")
    forwardings(rows)
    ways_found = find(ANNA)
    assert [way.address for way in ways_found.ways] == ways
    assert not ways_found.more
    assert (ways_found.as_of is not None) is (found == "by_table")


def test_what_stands_between_is_told(anna, forwardings):
    forwardings({"one@a.test": "two@b.test", "two@b.test": ANNA})
    first, second = find(ANNA).ways
    assert (first.address, first.between) == ("two@b.test", ())
    assert (second.address, second.between) == ("one@a.test", ("two@b.test",))


def test_too_many_ways_are_cut_and_it_says_so(anna, monkeypatch):
    monkeypatch.setattr(module, "MOST", 10)
    Forwarding.objects.bulk_create(
        Forwarding(source=f"s{n:03}@b.test", destination=ANNA) for n in range(30)
    )
    found = find(ANNA)
    assert len(found.ways) == 10
    assert found.more


def test_each_hop_is_one_question(anna, forwardings, found):
    forwardings({"one@a.test": "two@b.test", "two@b.test": ANNA})
    refresh_targets()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        reaching(ANNA)
    sign = "LIKE" if found == "by_reading" else "DISTINCT"
    asked = [query for query in captured.captured_queries if sign in query["sql"]]
    assert len(asked) == 3, "two hops, and one that finds nothing more"
    if found == "by_table":
        assert "LIKE" not in str(captured.captured_queries)


@pytest.mark.parametrize("seed", range(60))
def test_it_agrees_with_postfix_forwards_on_random_rows(anna, forwardings, seed):
    """Every address whose mail ends in the mailbox is listed, and no other."""
    rng = random.Random(seed)
    names, domains = ["anna", "bert", "c", "d"], ["a.test", "b.test", "c.test"]
    everyone = [f"{name}@{domain}" for name in names for domain in domains]
    Mailbox.objects.create(email="bert@a.test", password="x")
    rows = {}
    for _ in range(rng.randint(2, 9)):
        if rng.random() < 0.3:
            source = "@" + rng.choice(domains)
            target = "@" + rng.choice(domains) if rng.random() < 0.5 else rng.choice(everyone)
        else:
            source = rng.choice(everyone)
            target = ", ".join(rng.sample(everyone, rng.randint(1, 3)))
        rows[source] = target
    forwardings(rows)

    listed = {way.address for way in find(ANNA).ways}

    asked = [*everyone, *(f"{ANYBODY}@{domain}" for domain in domains)]
    ends = expand_many(asked, DatabaseTables())
    arrives = {
        one for one, found in ends.items() if found.error is None and ANNA in found.recipients
    }
    for domain in domains:
        assert (f"@{domain}" in listed) == (f"{ANYBODY}@{domain}" in arrives), rows
    for one in everyone:
        if one == ANNA:
            continue
        has_row = one in rows
        covered = "@" + one.rpartition("@")[2] in listed and not has_row
        if one in arrives and not covered:
            assert one in listed, rows
        if one in listed:
            assert one in arrives, rows
