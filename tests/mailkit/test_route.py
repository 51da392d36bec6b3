"""The trace over tables in memory: outcomes, recipients, transports, warnings, steps.

That it does what Postfix does is measured in tests/stack/test_route.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from mailkit.postfix.master import Settings
from mailkit.postfix.route import Kind, Outcome, Trace, Warn, trace

DOVECOT = ("lmtp", "unix:private/dovecot-lmtp")


@dataclass
class Tables:
    domain_rows: set[str] = field(default_factory=lambda: {"a.test", "b.test", "c.test", "d.test"})
    users: set[str] = field(default_factory=lambda: {"u@a.test", "v@a.test", "w@b.test"})
    rows: dict[str, str] = field(default_factory=dict)
    transport_rows: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def domains(self, names):
        self.asked += 1
        return {name for name in names if name in self.domain_rows}

    def mailboxes(self, keys):
        self.asked += 1
        return {key for key in keys if key in self.users}

    def forwardings(self, keys):
        self.asked += 1
        return {key: self.rows[key] for key in keys if key in self.rows}

    def transports(self, keys):
        self.asked += 1
        return {key: self.transport_rows[key] for key in keys if key in self.transport_rows}


FORWARDINGS = {
    "f@a.test": "u@a.test",
    "list@a.test": "u@a.test, x@far.test",
    "two@a.test": "u@a.test v@a.test",
    "chain@a.test": "chain2@a.test",
    "chain2@a.test": "f@a.test",
    "v@a.test": "v@a.test, copy@far.test",
    "dead@a.test": "nobody@a.test",
    "far@a.test": "X@Far.Test",
    "loop@a.test": "loop2@a.test",
    "loop2@a.test": "loop@a.test",
    "empty@a.test": "",
    "blank@a.test": " ",
    "bare@a.test": "root",
    "nonsense@a.test": "u@a.test, @d.test",
    "bad@a.test": "u@-bad.test",
    "@b.test": "u@a.test",
    "@c.test": "@a.test",
    "w@c.test": "w@b.test",
    "w@b.test": "x@far.test",
    "odd.test": "a key without an @",
}
TRANSPORTS = {
    "gone@far.test": "discard:",
    "held.test": "retry:4.2.1 later",
    ".wild.test": "relay:[192.0.2.1]",
    "nosuch@far.test": "nosuch:x",
    "deadly@far.test": "smtp:[192.0.2.1",
    "null@a.test": ":",
    "part@a.test": ":unix:private/other",
    "smtp@a.test": "smtp",
    "closed.test": "error:5.1.2 closed",
}
TARGETS = {
    **{f"to-{name}@a.test": f"{name}@far.test" for name in ("gone", "nosuch", "deadly")},
    "to-held@a.test": "x@held.test",
    "to-closed@a.test": "x@closed.test",
    "to-wild@a.test": "x@sub.wild.test",
}


def followed(address: str, *, settings: Settings | None = None, **changes) -> Trace:
    tables = Tables(rows={**FORWARDINGS, **TARGETS}, transport_rows=dict(TRANSPORTS))
    for name in ("null", "part", "smtp"):
        tables.users.add(f"{name}@a.test")
    for name, value in changes.items():
        setattr(tables, name, value)
    return trace(address, tables, settings or Settings())


@pytest.mark.parametrize(
    ("address", "outcome", "ends"),
    [
        ("u@a.test", "delivered", {"u@a.test": DOVECOT}),
        ("U@A.TEST", "delivered", {"u@a.test": DOVECOT}),
        ("u+tag@a.test", "delivered", {"u+tag@a.test": DOVECOT}),
        ("f@a.test", "delivered", {"u@a.test": DOVECOT}),
        ("f+tag@a.test", "delivered", {"u+tag@a.test": DOVECOT}),
        ("chain@a.test", "delivered", {"u@a.test": DOVECOT}),
        ("two@a.test", "mixed", None),
        ("v@a.test", "mixed", {"v@a.test": DOVECOT, "copy@far.test": ("smtp", "far.test")}),
        ("far@a.test", "relayed", {"x@far.test": ("smtp", "far.test")}),
        ("any@b.test", "delivered", {"u@a.test": DOVECOT}),
        ("u+x@c.test", "delivered", {"u+x@a.test": DOVECOT}),
        ("nobody@c.test", "bounced", {"nobody@a.test": DOVECOT}),
        ("dead@a.test", "bounced", {"nobody@a.test": DOVECOT}),
        ("nonsense@a.test", "mixed", {"u@a.test": DOVECOT, '""@d.test': DOVECOT}),
        ("bad@a.test", "bounced", {"u@-bad.test": ("error", "5.1.3 bad address syntax")}),
        ("to-gone@a.test", "discarded", {"gone@far.test": ("discard", "far.test")}),
        ("to-held@a.test", "deferred", {"x@held.test": ("retry", "4.2.1 later")}),
        ("to-closed@a.test", "bounced", {"x@closed.test": ("error", "5.1.2 closed")}),
        ("to-wild@a.test", "relayed", {"x@sub.wild.test": ("relay", "[192.0.2.1]")}),
        ("to-nosuch@a.test", "deferred", {"nosuch@far.test": ("nosuch", "x")}),
        ("to-deadly@a.test", "deferred", {"deadly@far.test": ("smtp", "[192.0.2.1")}),
        ("null@a.test", "delivered", {"null@a.test": DOVECOT}),
        ("part@a.test", "relayed", {"part@a.test": ("lmtp", "unix:private/other")}),
        ("smtp@a.test", "relayed", {"smtp@a.test": ("smtp", "a.test")}),
        ("nobody@a.test", "rejected", {}),
        ("empty@a.test", "rejected", {}),
        ("x@far.test", "rejected", {}),
        ("x@held.test", "rejected", {}),
        ("u@", "rejected", {}),
        ("", "rejected", {}),
        ("two addresses@a.test, b@a.test", "rejected", {}),
        ("loop@a.test", "deferred", {}),
        ("blank@a.test", "deferred", {}),
    ],
)
def test_outcome_and_final_recipients(
    address: str, outcome: str, ends: dict[str, tuple[str, str]] | None
):
    data = followed(address).as_data()
    assert data["outcome"] == outcome
    found = {one["address"]: (one["transport"], one["nexthop"]) for one in data["deliveries"]}
    if ends is not None:
        assert found == ends
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("address", "reply"),
    [
        ("nobody@a.test", "550 5.1.1"),
        ("x@far.test", "554 5.7.1"),
        ("u%far.test@a.test", "554 5.7.1"),
        ("u@-a.test", "501 5.1.3"),
        ("loop@a.test", "451 4.6.0"),
        ("x@d.test", "450 4.3.2"),
        ("x@e.test", "550 5.1.2"),
        ("u@a.test", ""),
    ],
)
def test_the_reply_that_refuses(address: str, reply: str):
    found = followed(
        address,
        domain_rows={"a.test", "d.test", "e.test"},
        transport_rows={"d.test": "retry:4.3.2 moving", "e.test": "error:5.1.2 closed"},
    )
    assert found.reply.startswith(reply)
    assert found.refused == bool(reply)


@pytest.mark.parametrize(
    ("address", "warnings"),
    [
        ("u@a.test", []),
        ("loop@a.test", [Warn.LOOP]),
        ("blank@a.test", [Warn.ENDLESS]),
        ("dead@a.test", [Warn.DEAD_TARGET]),
        ("w@b.test", [Warn.MAIL_TAKEN_AWAY]),
        ("empty@a.test", [Warn.EMPTY_DESTINATION]),
        ("to-nosuch@a.test", [Warn.UNKNOWN_SERVICE]),
        ("to-deadly@a.test", [Warn.BAD_NEXTHOP]),
        ("x@held.test", [Warn.TRANSPORT_WITHOUT_DOMAIN]),
        ("bare@a.test", [Warn.NO_ORIGIN]),
        ("x@odd.test", [Warn.ALIAS_DOMAIN]),
    ],
)
def test_warnings(address: str, warnings: list[Warn]):
    assert sorted(followed(address).warnings) == sorted(warnings)


def test_the_star_catches_mailboxes_too():
    found = followed("u@a.test", transport_rows={"*": "relay:[192.0.2.9]"})
    assert found.outcome is Outcome.RELAYED
    assert Warn.TRANSPORT_STAR in found.warnings


@pytest.mark.parametrize(
    ("settings", "address", "end"),
    [
        ({"relayhost": "[192.0.2.5]:587"}, "far@a.test", ("smtp", "[192.0.2.5]:587")),
        ({"virtual_transport": "virtual"}, "u@a.test", ("virtual", "a.test")),
        ({"virtual_transport": "dovecot:"}, "u@a.test", ("dovecot", "a.test")),
        ({"myorigin": "host.test"}, "bare@a.test", ("smtp", "host.test")),
        (
            {"myorigin": "host.test", "mydestination": ("host.test",)},
            "bare@a.test",
            ("local", "host.test"),
        ),
        ({"mydestination": ("a.test",)}, "system@a.test", ("local", "a.test")),
    ],
)
def test_the_settings_of_main_cf(settings: dict, address: str, end: tuple[str, str]):
    found = followed(address, settings=replace(Settings(), **settings))
    (delivery,) = found.deliveries
    assert (delivery.transport, delivery.nexthop) == end


def test_without_a_delimiter_there_are_no_extensions():
    settings = replace(Settings(), recipient_delimiter="")
    assert followed("f+tag@a.test", settings=settings).outcome is Outcome.REJECTED


def test_each_step_names_the_table_the_key_and_the_rows_answer():
    found = followed("list+x@a.test")
    assert [(step.kind, step.question, step.table, step.answer) for step in found.steps] == [
        (Kind.DOMAIN, "a.test", "domains", "a.test"),
        (Kind.RCPT, "list+x@a.test", "", "250 2.1.5 Ok"),
        (Kind.ALIAS, "list@a.test", "forwardings", "u@a.test, x@far.test"),
        (Kind.ALIAS, "u@a.test", "users", "u@a.test"),
        (Kind.TRANSPORT, "u+x@a.test", "transport", ""),
        (Kind.MAILBOX, "u@a.test", "users", "u@a.test"),
        (Kind.DELIVERY, "u+x@a.test", "", "lmtp:unix:private/dovecot-lmtp"),
        (Kind.DOMAIN, "far.test", "domains", ""),
        (Kind.TRANSPORT, "x+x@far.test", "transport", ""),
        (Kind.DELIVERY, "x+x@far.test", "", "smtp:far.test"),
    ]


def test_the_data_has_what_the_contract_says():
    data = followed("v@a.test").as_data()
    assert list(data) == ["address", "outcome", "deliveries", "warnings", "steps"]
    assert all(list(one) == ["address", "transport", "nexthop"] for one in data["deliveries"])
    wanted = ["kind", "question", "table", "answer", "note"]
    assert all(list(step) == wanted for step in data["steps"])


def test_a_chain_of_ten_asks_little():
    tables = Tables(rows={f"n{number}@a.test": f"n{number + 1}@a.test" for number in range(10)})
    tables.users.add("n10@a.test")
    assert trace("n0@a.test", tables).outcome is Outcome.DELIVERED
    assert tables.asked <= 32
