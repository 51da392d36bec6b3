"""What a change of the tables would do to virtual alias expansion, before it is written."""

from __future__ import annotations

import pytest

from mailkit.postfix.aliases import (
    Changed,
    MemoryTables,
    entry_addresses,
    expand,
    find_loop,
    takes_mail_away,
    with_row,
)


def test_changed_tables_have_the_new_rows_and_lack_the_old() -> None:
    base = MemoryTables({"a@x.t": "b@x.t", "c@x.t": "d@x.t"}, {"u@x.t", "v@x.t"})
    changed = Changed(base, {"a@x.t": "new@x.t", "c@x.t": None}, {"u@x.t": False, "w@x.t": True})
    keys = ["a@x.t", "c@x.t", "e@x.t"]
    assert dict(changed.forwardings(keys)) == {"a@x.t": "new@x.t"}
    assert set(changed.mailboxes(["u@x.t", "v@x.t", "w@x.t"])) == {"v@x.t", "w@x.t"}


def test_a_row_written_under_another_source_replaces_the_old_one() -> None:
    base = MemoryTables({"old@x.t": "a@x.t"})
    changed = with_row(base, "New@x.t", ["b@x.t", "c@x.t"], without="Old@x.t")
    assert dict(changed.forwardings(["old@x.t", "new@x.t"])) == {"new@x.t": "b@x.t, c@x.t"}


def test_a_row_that_keeps_its_source_is_not_lost() -> None:
    base = MemoryTables({"a@x.t": "b@x.t"})
    changed = with_row(base, "a@x.t", ["c@x.t"], without="a@x.t")
    assert dict(changed.forwardings(["a@x.t"])) == {"a@x.t": "c@x.t"}


@pytest.mark.parametrize(
    ("rows", "source", "destinations", "local_parts", "loop"),
    [
        ({"a@x.t": "b@x.t"}, "b@x.t", ["a@x.t"], [], "b@x.t a@x.t b@x.t"),
        ({"a@x.t": "b@x.t"}, "c@x.t", ["a@x.t"], [], None),
        ({"@y.t": "@x.t"}, "@x.t", ["@y.t"], [], "? ?"),
        ({}, "@x.t", ["@x.t"], [], None),
        ({"p@y.t": "p@x.t"}, "@x.t", ["@y.t"], [], None),
        ({"p@y.t": "p@x.t"}, "@x.t", ["@y.t"], ["o", "p"], "p@x.t p@y.t p@x.t"),
        ({"@x.t": "a@y.t"}, "a@y.t", ["q@x.t"], [], "a@y.t q@x.t a@y.t"),
        ({}, "s@x.t", ["s+x@x.t"], [], "s@x.t s+x@x.t"),
        ({}, "s@x.t", ["s@x.t", "t@x.t"], [], None),
    ],
)
def test_a_loop_is_found_before_the_row_is_written(
    rows: dict[str, str],
    source: str,
    destinations: list[str],
    local_parts: list[str],
    loop: str | None,
) -> None:
    found = find_loop(MemoryTables(rows), source, destinations, local_parts=local_parts)
    if loop == "? ?":
        assert found is not None
        assert found[0] == found[-1]
    else:
        assert found == (None if loop is None else tuple(loop.split()))


def test_changing_a_row_breaks_the_loop_it_was_part_of() -> None:
    tables = MemoryTables({"a@x.t": "b@x.t", "b@x.t": "a@x.t"})
    assert find_loop(tables, "a@x.t", ["b@x.t"]) is not None
    assert find_loop(tables, "a@x.t", ["c@x.t"]) is None
    assert find_loop(tables, "c@x.t", ["b@x.t"], without="a@x.t") is None


def test_the_addresses_by_which_mail_comes_to_a_row() -> None:
    assert entry_addresses("a@x.t") == ["a@x.t"]
    generic, *others = entry_addresses("@x.t", ["p", "q"])
    assert generic.endswith("@x.t")
    assert others == ["p@x.t", "q@x.t"]


@pytest.mark.parametrize(
    ("destination", "taken"),
    [
        ("x@far.test", True),
        ("u@x.t, x@far.test", False),
        ("v@x.t", True),
    ],
)
def test_a_forwarding_may_take_a_mailboxs_mail_away(destination: str, taken: bool) -> None:
    rows = {"u@x.t": destination, "w@x.t": "u@x.t"}
    found = expand("u@x.t", MemoryTables(rows, {"u@x.t", "v@x.t"}))
    assert found.error is None
    assert takes_mail_away("u@x.t", found) == taken


@pytest.mark.parametrize("destination", ["w@x.t", "u+inbox@x.t, x@far.test"])
def test_what_leads_back_is_an_error_instead(destination: str) -> None:
    found = expand("u@x.t", MemoryTables({"u@x.t": destination, "w@x.t": "u@x.t"}, {"u@x.t"}))
    assert found.loop is not None
    assert not found.recipients
