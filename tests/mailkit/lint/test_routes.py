"""Where rows lead: each code has tables that make it and near misses that must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from mailkit.lint import Code
from mailkit.lint.forwardings import judge_forwardings
from mailkit.lint.transports import judge_domains, judge_transports
from mailkit.postfix.fates import Outcome
from mailkit.postfix.master import Settings
from mailkit.postfix.route import Warn, trace
from tests.stack.route_states import Ports, State, random_state

SETTINGS = Settings(mydestination=("mx.test",), myorigin="mx.test", alias_domains_in_maps=False)
DOMAINS = ("a.test", "b.test", "sub.a.test")
USERS = frozenset({"anna@a.test", "bert@b.test"})
MANY = ", ".join(f"x{number}@far.test" for number in range(1001))


def world(
    rows: Mapping[str, str] | None = None, transports: Mapping[str, str] | None = None
) -> State:
    return State(0, DOMAINS, USERS, rows or {}, transports or {}, ())


# (rows, the row that is judged, its codes, the detail of the first)
FORWARDINGS: list[tuple[dict[str, str], str, list[Code], tuple[str, ...] | None]] = [
    ({"x@a.test": "anna@a.test"}, "x@a.test", [], None),
    ({"x@a.test": ""}, "x@a.test", [], None),
    (
        {"x@a.test": "y@a.test", "y@a.test": "x@a.test"},
        "x@a.test",
        [Code.LOOP],
        ("x@a.test", "y@a.test", "x@a.test"),
    ),
    # It contains itself: a copy stays.
    ({"anna@a.test": "anna@a.test, bert@b.test"}, "anna@a.test", [], None),
    ({"x@a.test": "x+y@a.test"}, "x@a.test", [Code.LOOP], None),
    ({"@a.test": "@b.test", "x@b.test": "x@a.test"}, "x@b.test", [Code.LOOP], None),
    ({"x@a.test": MANY}, "x@a.test", [Code.TOO_MANY], ()),
    *(
        ({"x@a.test": text}, "x@a.test", [Code.ENDLESS], ())
        for text in ("  ", " ", "\n", ",", " , ", "()")
    ),
    ({"x@a.test": '"' + "y" * 1001 + '"@far.test'}, "x@a.test", [Code.ENDLESS], ()),
    ({"x@a.test": "nobody@a.test"}, "x@a.test", [Code.DEAD_END], ("nobody@a.test",)),
    ({"x@a.test": "y@a.test", "y@a.test": "no@b.test"}, "x@a.test", [Code.DEAD_END], None),
    ({"x@a.test": "no@a.test, anna@a.test"}, "x@a.test", [Code.DEAD_TARGET], ("no@a.test",)),
    # A catch-all takes it.
    ({"x@a.test": "no@b.test", "@b.test": "bert@b.test"}, "x@a.test", [], None),
    ({"anna@a.test": "bert@b.test"}, "anna@a.test", [Code.MAIL_TAKEN_AWAY], ("bert@b.test",)),
    (
        {"anna@a.test": "out@far.test"},
        "anna@a.test",
        [Code.MAIL_TAKEN_AWAY, Code.OFF_SITE],
        None,
    ),
    # Through another row back to itself: a circle, not a copy.
    ({"anna@a.test": "y@a.test", "y@a.test": "anna@a.test"}, "anna@a.test", [Code.LOOP], None),
    ({"@a.test": "anna@a.test"}, "@a.test", [Code.CATCH_ALL], ("anna@a.test",)),
    ({"@a.test": "no@b.test"}, "@a.test", [Code.DEAD_END, Code.CATCH_ALL], None),
    ({"@a.test": "@b.test"}, "@a.test", [Code.DOMAIN_ALIAS], ("@b.test",)),
    ({"@a.test": "@b.test", "@b.test": "@a.test"}, "@a.test", [Code.LOOP], None),
    ({"x@a.test": "out@far.test"}, "x@a.test", [Code.OFF_SITE], ("out@far.test",)),
    (
        {"x@a.test": "y@a.test", "y@a.test": "z@a.test", "z@a.test": "anna@a.test"},
        "x@a.test",
        [Code.CHAIN],
        ("x@a.test", "y@a.test", "z@a.test", "anna@a.test"),
    ),
    ({"x@a.test": "y@a.test", "y@a.test": "anna@a.test"}, "x@a.test", [], None),
    ({"anna@a.test": "Anna@a.test"}, "anna@a.test", [Code.TO_ITSELF], ()),
    ({"anna@a.test": "anna@a.test, x@far.test"}, "anna@a.test", [Code.OFF_SITE], None),
    # The mailbox gets the rest of its mail without the row, too, but this mail by it alone.
    ({"anna+x@a.test": "anna+x@a.test"}, "anna+x@a.test", [], None),
    ({"x@a.test": "x@a.test"}, "x@a.test", [Code.DEAD_END], ("x@a.test",)),
    (
        {"x@a.test": "anna@a.test, bert@b.test, Anna@A.test"},
        "x@a.test",
        [Code.TWICE],
        ("anna@a.test",),
    ),
    (
        {"@a.test": "bert@b.test bert@b.test"},
        "@a.test",
        [Code.CATCH_ALL, Code.TWICE],
        ("bert@b.test",),
    ),
    # Twice by way of another row.
    ({"x@a.test": "anna@a.test, y@a.test", "y@a.test": "anna@a.test"}, "x@a.test", [], None),
    # Found in lower case where case does not count, and by nobody where it does.
    ({"x@a.test": "no@a.test", "X@a.test": "no@a.test"}, "X@a.test", [Code.DEAD_END], None),
    ({"X@a.test": "no@a.test"}, "X@a.test", [], None),
]


@pytest.mark.parametrize(("rows", "source", "codes", "detail"), FORWARDINGS)
def test_where_a_forwarding_leads(
    rows: dict[str, str], source: str, codes: list[Code], detail: tuple[str, ...] | None
) -> None:
    found = list(judge_forwardings([(source, rows[source])], world(rows), SETTINGS))
    assert [one.code for one in found] == codes
    assert all(one.key == source and one.table == "forwardings" for one in found)
    if detail is not None:
        assert found[0].detail == detail


def test_every_code_of_forwardings_has_a_case() -> None:
    met = {code for _rows, _source, codes, _detail in FORWARDINGS for code in codes}
    assert met == {code for code in Code if code.startswith("forwarding.")}


def test_a_dead_address_that_a_transport_takes_is_alive() -> None:
    state = world({"x@a.test": "no@a.test"}, {"a.test": "smtp:[192.0.2.1]"})
    assert list(judge_forwardings(list(state.rows.items()), state, SETTINGS)) == []


# (rows of `transport`, the row that is judged, its codes, problem)
TRANSPORTS: list[tuple[str, str, list[Code], str]] = [
    ("far.test", "smtp:[192.0.2.1]", [], ""),
    ("far.test", "", [Code.TRANSPORT_EMPTY], ""),
    ("far.test", "nosuch:", [Code.TRANSPORT_VALUE], "transport.unknown_service"),
    ("far.test", "smtp:[192.0.2.1", [Code.TRANSPORT_VALUE], "transport.bad_host"),
    ("@far.test", "smtp:[192.0.2.1]", [Code.TRANSPORT_KEY], "local.empty"),
    ("*.far.test", "smtp:[192.0.2.1]", [Code.TRANSPORT_KEY], "domain.syntax"),
    ("far..test", "smtp:[192.0.2.1]", [Code.TRANSPORT_KEY], "domain.syntax"),
    ("  @far.test", "smtp:[192.0.2.1]", [Code.TRANSPORT_KEY], "local.empty"),
    # No form takes these, but Postfix asks for them.
    ("mailhost", "smtp:[192.0.2.1]", [], ""),
    ("a_b.test", "smtp:[192.0.2.1]", [], ""),
    ("[192.0.2.1]", "smtp:[192.0.2.1]", [], ""),
    (".0.2.1]", "smtp:[192.0.2.1]", [], ""),
    (".a_b.test", "smtp:[192.0.2.1]", [], ""),
    ("u@localhost", "smtp:[192.0.2.1]", [], ""),
    ("u..v@far.test", "smtp:[192.0.2.1]", [], ""),
    ("u..v@a.test", "smtp:[192.0.2.1]", [Code.TRANSPORT_OWN], ""),
    ('"a b"@a.test', "discard:", [Code.TRANSPORT_HELD], ""),
    ("mailhost", "nosuch:", [Code.TRANSPORT_VALUE], "transport.unknown_service"),
    ("*", "smtp:[192.0.2.1]", [Code.TRANSPORT_STAR], ""),
    ("a.test", "smtp:[192.0.2.1]", [Code.TRANSPORT_OWN], ""),
    ("anna@a.test", "smtp:[192.0.2.1]", [Code.TRANSPORT_OWN], ""),
    ("a.test", ":", [], ""),
    ("a.test", SETTINGS.virtual_transport, [], ""),
    ("a.test", "error:5.2.1 gone", [Code.TRANSPORT_HELD], ""),
    ("anna@a.test", "retry:4.2.1 later", [Code.TRANSPORT_HELD], ""),
    (".a.test", "smtp:[192.0.2.1]", [], ""),
]


@pytest.mark.parametrize(("key", "value", "codes", "problem"), TRANSPORTS)
def test_what_a_transport_does(key: str, value: str, codes: list[Code], problem: str) -> None:
    found = list(judge_transports([(key, value)], world(), SETTINGS))
    assert [one.code for one in found] == codes
    assert [one.problem for one in found] == [problem] * len(codes)


@pytest.mark.parametrize(
    ("transports", "codes"),
    [
        ({}, []),
        # The row of the domain itself is judged where it stands.
        ({"sub.a.test": "smtp:[192.0.2.1]"}, []),
        ({".a.test": "smtp:[192.0.2.1]"}, [("sub.a.test", Code.TRANSPORT_OWN)]),
        ({".a.test": "discard:"}, [("sub.a.test", Code.TRANSPORT_HELD)]),
        ({".a.test": ":"}, []),
        ({".a.test": "smtp:[192.0.2.1]", "sub.a.test": ":"}, []),
        (
            {".test": "smtp:[192.0.2.1]"},
            [(name, Code.TRANSPORT_OWN) for name in DOMAINS],
        ),
    ],
)
def test_a_parents_transport_takes_our_domains_mail(
    transports: dict[str, str], codes: list[tuple[str, Code]]
) -> None:
    found = judge_domains(DOMAINS, world(transports=transports), SETTINGS)
    assert [(one.key, one.code) for one in found] == codes


def test_a_domain_that_postfix_takes_for_its_own() -> None:
    here = replace(SETTINGS, mydestination=("a.test",))
    found = list(judge_domains(DOMAINS, world(), here))
    assert [(one.key, one.code) for one in found] == [("a.test", Code.DOMAIN_LOCAL)]


@pytest.mark.parametrize("seed", range(30))
def test_the_lint_and_the_trace_agree(seed: int) -> None:
    """The trace is compared with the real Postfix; what it meets the lint must say, and no more."""
    state = random_state(seed, Ports(2525, 2424))
    settings = Settings()
    codes: dict[str, set[Code]] = {}
    for one in judge_forwardings(list(state.rows.items()), state, settings):
        codes.setdefault(one.key, set()).add(one.code)
    looked = 0
    for source, text in state.rows.items():
        if "@" not in source[1:] or not text or source != source.lower():
            continue
        found = trace(source, state, settings)
        if found.reply.startswith(("5", "450")):
            continue
        looked += 1
        endless = {Code.LOOP, Code.ENDLESS, Code.TOO_MANY} & codes.get(source, set())
        assert bool(endless) == bool({Warn.LOOP, Warn.ENDLESS} & set(found.warnings)), source
        dead = {Code.DEAD_END, Code.DEAD_TARGET} & codes.get(source, set())
        returned = any(one.fate and one.fate.outcome is Outcome.BOUNCED for one in found.deliveries)
        if not text.startswith("@"):
            assert bool(dead) == returned, source
        taken = Code.MAIL_TAKEN_AWAY in codes.get(source, set())
        # Mail for an extension may go elsewhere and the mailbox still get its own.
        if "+" not in source:
            assert taken == (Warn.MAIL_TAKEN_AWAY in found.warnings), source
    assert looked
