"""Publishing through a real primary: what it takes, what it refuses, and what somebody else did."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dns.message
import pytest

from mailkit.dns import publish as module
from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.dkim_record import key_record
from mailkit.dns.families import dmarc, spf
from mailkit.dns.primary import Primary, PublishError, Trouble, TsigKey
from mailkit.dns.publish import Change, Plan, find_zone, make_plan, send
from mailkit.dns.records import txt_strings
from mailkit.dns.results import Record
from mailkit.dns.subject import MailDomain
from tests.mailkit.dns.dkim_cases import KEY
from tests.mailkit.dns.memory import HOST, checks_of
from tests.servers.primary import SECRET, PrimaryServer, SilentServer

pytestmark = pytest.mark.stack

LINES = """
@ MX 10 old.example.
@ TXT "v=spf1 include:partner.test -all"
@ TXT "site-verification=abc"
_mta-sts TXT "v=STSv1; id=1;"
alias CNAME elsewhere.example.
_25._tcp.mx TLSA 3 1 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
long TXT "aaaa" "bbbb"
"""
NAMES = [f"z{number}.test" for number in range(64)]
REVERSE = "2.0.192.in-addr.arpa"


@pytest.fixture(scope="module")
def server() -> Iterator[PrimaryServer]:
    zones = {**dict.fromkeys(NAMES, LINES), REVERSE: "9 PTR old.example.", "locked.test": LINES}
    zones["other.test"] = LINES
    with PrimaryServer(zones, locked=("locked.test",)) as running:
        yield running


@pytest.fixture
def zone(request: pytest.FixtureRequest) -> str:
    """A zone of the test's own."""
    taken = request.config.stash.setdefault(TAKEN, [])
    taken.append(request.node.nodeid)
    return NAMES[len(taken) - 1]


TAKEN = pytest.StashKey[list[str]]()


def publish(primary: Primary, new: list[Record], old: list[Record] | None = None) -> Plan:
    async def both() -> Plan:
        plan = await make_plan(primary, new, old or [])
        await send(primary, plan)
        return plan

    return asyncio.run(both())


def trouble(work: Any) -> PublishError:
    with pytest.raises(PublishError) as caught:
        asyncio.run(work) if asyncio.iscoroutine(work) else work()
    assert SECRET not in str(caught.value)
    return caught.value


HEX = "b" * 64
DKIM = key_record("z", KEY).value
CASES = [
    ("MX", "", [Record("", "MX", "10 mx.host.test.")], [Record("", "MX", "10 old.example.")],
     ["10 mx.host.test."]),
    ("MX beside", "", [Record("", "MX", "20 mx.host.test.")], [],
     ["10 old.example.", "20 mx.host.test."]),
    ("SPF merge", "", [Record("", "TXT", "v=spf1 include:partner.test ip4:192.0.2.10 -all")],
     [Record("", "TXT", "v=spf1 include:partner.test -all")],
     ['"site-verification=abc"', '"v=spf1 include:partner.test ip4:192.0.2.10 -all"']),
    ("DKIM", "mail._domainkey", [Record("", "TXT", DKIM)], [],
     [" ".join('"' + part.decode() + '"' for part in txt_strings(DKIM))]),
    ("DMARC", "_dmarc", [Record("", "TXT", "v=DMARC1; p=none")], [], ['"v=DMARC1; p=none"']),
    ("STS id", "_mta-sts", [Record("", "TXT", "v=STSv1; id=2;")],
     [Record("", "TXT", "v=STSv1; id=1;")], ['"v=STSv1; id=2;"']),
    ("TLSA", "_25._tcp.mx", [Record("", "TLSA", f"3 1 1 {HEX}")],
     [Record("", "TLSA", "3 1 1 " + "a" * 64)], [f"3 1 1 {HEX}"]),
    ("SRV", "_imaps._tcp", [Record("", "SRV", "0 1 993 mx.host.test.")], [],
     ["0 1 993 mx.host.test."]),
    ("strings", "long", [Record("", "TXT", "new")], [Record("", "TXT", "aaaabbbb")], ['"new"']),
    ("CNAME", "mta-sts", [Record("", "CNAME", "mx.host.test.")], [], ["mx.host.test."]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("host", "new", "old", "after"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_it_publishes_and_takes_back(
    server: PrimaryServer,
    zone: str,
    host: str,
    new: list[Record],
    old: list[Record],
    after: list[str],
) -> None:
    name = f"{host}.{zone}.".lstrip(".")
    kind = new[0].type
    before = server.values(name, kind)
    plan = publish(
        server.primary(zone),
        [replace(record, name=name) for record in new],
        [replace(record, name=name) for record in old],
    )
    assert server.values(name, kind) == after
    assert [line[0] for line in plan.difference] == ["-"] * len(old) + ["+"] * len(new)
    asyncio.run(send(server.primary(zone), plan.undo))
    assert server.values(name, kind) == before


def test_a_ptr_record_goes_into_the_reverse_zone(server: PrimaryServer) -> None:
    name = f"9.{REVERSE}."
    new, old = Record(name, "PTR", "mx.host.test."), Record(name, "PTR", "old.example.")
    publish(server.primary(REVERSE), [new], [old])
    assert server.values(name, "PTR") == ["mx.host.test."]


def test_what_is_there_already_is_no_change(server: PrimaryServer, zone: str) -> None:
    same = [Record(f"{zone}.", "MX", "10 OLD.example."), Record(f"long.{zone}.", "TXT", "aaaabbbb")]
    plan = publish(server.primary(zone), same)
    assert plan.changes == ()
    assert server.values(f"long.{zone}.", "TXT") == ['"aaaa" "bbbb"']


def test_records_of_several_names_are_one_change(server: PrimaryServer, zone: str) -> None:
    records = [
        Record(f"{zone}.", "MX", "20 mx.host.test."),
        Record(f"_dmarc.{zone}.", "TXT", "v=DMARC1; p=none", 60),
    ]

    async def race() -> None:
        plan = await make_plan(server.primary(zone), records)
        server.change(zone, f"{zone}.", "MX", "5 new.example.")
        await send(server.primary(zone), plan)

    problem = trouble(race())
    assert problem.trouble == Trouble.CHANGED
    assert server.values(f"_dmarc.{zone}.", "TXT") == []


@pytest.mark.parametrize("kind", ["replaced", "added", "new"])
def test_what_somebody_else_changed_meanwhile_is_refused_and_shown(
    server: PrimaryServer, zone: str, kind: str
) -> None:
    name = f"{zone}." if kind != "new" else f"_dmarc.{zone}."
    theirs = {
        "replaced": ['"v=spf1 mx -all"', '"site-verification=abc"'],
        "added": ['"more"', '"v=spf1 include:partner.test -all"', '"site-verification=abc"'],
        "new": ['"v=DMARC1; p=reject"'],
    }[kind]
    ours = Record(name, "TXT", "v=spf1 a -all" if kind != "new" else "v=DMARC1; p=none")
    gone = [Record(name, "TXT", "v=spf1 include:partner.test -all")] if kind != "new" else []

    async def race() -> None:
        plan = await make_plan(server.primary(zone), [ours], gone)
        server.change(zone, name, "TXT", *theirs)
        await send(server.primary(zone), plan)

    problem = trouble(race())
    assert problem.trouble == Trouble.CHANGED
    assert list(problem.found) == sorted(theirs)
    assert server.values(name, "TXT") == sorted(theirs)


def test_undo_is_refused_once_the_record_is_another(server: PrimaryServer, zone: str) -> None:
    plan = publish(server.primary(zone), [Record(f"_dmarc.{zone}.", "TXT", "v=DMARC1; p=none")])
    server.change(zone, f"_dmarc.{zone}.", "TXT", '"v=DMARC1; p=reject"')
    assert trouble(send(server.primary(zone), plan.undo)).trouble == Trouble.CHANGED


def test_a_cname_in_the_way_is_told_before_anything_is_sent(
    server: PrimaryServer, zone: str
) -> None:
    record = Record(f"alias.{zone}.", "TXT", "v=DMARC1")
    problem = trouble(make_plan(server.primary(zone), [record]))
    assert problem.trouble == Trouble.CNAME
    assert "elsewhere.example." in problem.detail


def test_a_cname_that_comes_meanwhile_is_refused(server: PrimaryServer, zone: str) -> None:
    name = f"_dmarc.{zone}."

    async def race() -> None:
        plan = await make_plan(server.primary(zone), [Record(name, "TXT", "v=DMARC1")])
        server.change(zone, name, "CNAME", "elsewhere.example.")
        await send(server.primary(zone), plan)

    assert trouble(race()).trouble == Trouble.CNAME
    assert server.values(name, "CNAME") == ["elsewhere.example."]


def test_a_cname_beside_other_records_is_not_taken(server: PrimaryServer, zone: str) -> None:
    """knot answers NOERROR and changes nothing: only reading back shows it."""
    record = Record(f"_mta-sts.{zone}.", "CNAME", "mx.host.test.")
    assert trouble(lambda: publish(server.primary(zone), [record])).trouble == Trouble.NOT_TAKEN


def test_an_alias_takes_the_place_of_addresses_and_goes_again(
    server: PrimaryServer, zone: str
) -> None:
    """One update: while the one is there the server takes nothing of the other."""
    name = f"mta-sts.{zone}."
    kinds = ("A", "AAAA", "CNAME")
    addresses = [Record(name, "A", "10.1.2.3"), Record(name, "AAAA", "fd00::1")]
    alias = [Record(name, "CNAME", "mx.host.test.")]
    publish(server.primary(zone), addresses)
    plan = publish(server.primary(zone), alias, addresses)
    assert server.values(name, "CNAME") == ["mx.host.test."]
    asyncio.run(send(server.primary(zone), plan.undo))
    assert [server.values(name, kind) for kind in kinds] == [["10.1.2.3"], ["fd00::1"], []]
    publish(server.primary(zone), alias, addresses)
    publish(server.primary(zone), addresses, alias)
    assert [server.values(name, kind) for kind in kinds] == [["10.1.2.3"], ["fd00::1"], []]


OTHER_SECRET = "b3RoZXIgc2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZXM="
MX_ONLY = TsigKey("mx-only", SECRET)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("z", {"key": TsigKey("panel", OTHER_SECRET)}, Trouble.BAD_SECRET),
        ("z", {"key": TsigKey("nobody", SECRET)}, Trouble.KEY_REFUSED),
        ("z", {"key": TsigKey("panel", SECRET, "hmac-sha512")}, Trouble.KEY_REFUSED),
        ("z", {"key": TsigKey("panel", "not base64!")}, Trouble.BAD_KEY),
        ("z", {"key": TsigKey("panel", SECRET, "rot13")}, Trouble.BAD_KEY),
        ("z", {"key": TsigKey("pa..nel", SECRET)}, Trouble.BAD_KEY),
        ("z", {"key": MX_ONLY}, Trouble.KEY_REFUSED),
        ("z", {"key": None}, Trouble.NOT_ALLOWED),
        ("z", {"address": "127.0.0.1", "port": 1}, Trouble.UNREACHABLE),
        ("z", {"address": "no address"}, Trouble.UNREACHABLE),
        ("locked.test", {}, Trouble.KEY_REFUSED),
        ("absent.test", {}, Trouble.NOT_SERVED),
    ],
    ids=lambda value: str(getattr(value, "name", "")) or None,
)
def test_each_refusal_has_its_name(
    server: PrimaryServer, zone: str, name: str, changes: dict[str, Any], expected: Trouble
) -> None:
    name = zone if name == "z" else name
    primary = server.primary(name, **changes)
    record = Record(f"_dmarc.{name}.", "TXT", "v=DMARC1; p=none")
    assert trouble(lambda: publish(primary, [record])).trouble == expected
    assert server.values(f"_dmarc.{name}.", "TXT") == []


def test_a_key_may_be_for_some_types_only(server: PrimaryServer, zone: str) -> None:
    publish(server.primary(zone, key=MX_ONLY), [Record(f"{zone}.", "MX", "20 mx.host.test.")])
    assert server.values(f"{zone}.", "MX") == ["10 old.example.", "20 mx.host.test."]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (Record("www.other.test.", "A", "192.0.2.1"), Trouble.OUTSIDE_ZONE),
        (Record("www.{zone}.", "A", "192.0.2.300"), Trouble.BAD_RECORD),
        (Record("www..{zone}.", "A", "192.0.2.3"), Trouble.BAD_RECORD),
        (Record("www.{zone}.", "NOSUCH", "1"), Trouble.BAD_RECORD),
        (Record("www.{zone}.", "MX", "mx.host.test."), Trouble.BAD_RECORD),
    ],
)
def test_what_cannot_be_sent_is_refused_here(
    server: PrimaryServer, zone: str, record: Record, expected: Trouble
) -> None:
    record = replace(record, name=record.name.replace("{zone}", zone))
    assert trouble(make_plan(server.primary(zone), [record])).trouble == expected


@pytest.mark.parametrize(
    ("server_options", "expected"),
    [
        ({}, Trouble.TIMEOUT),
        ({"closes": True}, Trouble.UNREACHABLE),
        ({"answer": b"\x80"}, Trouble.NOT_SERVED),
        ({"answer": bytes.fromhex("8182") + bytes(8)}, Trouble.SERVER_FAILED),
        ({"answer": bytes.fromhex("8184") + bytes(8)}, Trouble.NO_UPDATES),
        ({"answer": bytes.fromhex("8180") + bytes(8)}, Trouble.NOT_SERVED),
    ],
    ids=["silence", "closes", "garbage", "SERVFAIL", "NOTIMP", "not authoritative"],
)
def test_a_server_that_misbehaves(server_options: dict[str, Any], expected: Trouble) -> None:
    async def work() -> None:
        async with SilentServer(**server_options) as silent:
            primary = Primary("z.test", "127.0.0.1", silent.port, timeout=0.3)
            await make_plan(primary, [Record("z.test.", "TXT", "x")])

    assert trouble(work()).trouble == expected


def test_an_update_without_an_answer_is_looked_up(
    server: PrimaryServer, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost, not the update: it is there, and so it is published."""
    real = module.exchange
    done = []

    async def lose(primary: Primary, message: dns.message.Message) -> dns.message.Message:
        reply = await real(primary, message)
        if isinstance(message, dns.update.UpdateMessage):
            done.append(reply)
            raise PublishError(Trouble.TIMEOUT, "lost")
        return reply

    monkeypatch.setattr(module, "exchange", lose)
    publish(server.primary(zone), [Record(f"_dmarc.{zone}.", "TXT", "v=DMARC1; p=none")])
    assert done
    assert server.values(f"_dmarc.{zone}.", "TXT") == ['"v=DMARC1; p=none"']


def test_an_update_that_did_not_arrive_is_a_timeout(
    server: PrimaryServer, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(primary: Primary, message: dns.message.Message) -> dns.message.Message:
        raise PublishError(Trouble.TIMEOUT, "lost")

    plan = asyncio.run(make_plan(server.primary(zone), [Record(f"{zone}.", "TXT", "x")]))
    monkeypatch.setattr(module, "exchange", lose)
    assert trouble(send(server.primary(zone), plan)).trouble == Trouble.TIMEOUT


def test_a_server_that_is_gone_in_between_leaves_it_unsure(zone: str) -> None:
    change = Change(f"{zone}.", "TXT", (), ('"x"',), 60)

    async def work() -> None:
        async with SilentServer() as silent:
            primary = Primary(zone, "127.0.0.1", silent.port, timeout=0.2)
            await send(primary, Plan(f"{zone}.", (change,)))

    assert trouble(work()).trouble == Trouble.UNSURE


def test_the_secret_is_not_shown(server: PrimaryServer) -> None:
    assert SECRET not in repr(server.primary("z.test"))


def test_what_spf_and_dmarc_suggest_is_published(server: PrimaryServer, zone: str) -> None:
    """The checks' own records, sent to the primary and checked there again."""
    domain = MailDomain(zone)
    primary_answers = AtPrimary(server)
    for family, code in ((spf, "spf.include_dead"), (dmarc, "dmarc.missing")):
        (check, *_rest) = checks_of(family, domain, HOST, primary_answers)
        assert check.code == code
        publish(server.primary(zone), list(check.publish), list(check.remove))
        again = checks_of(family, domain, HOST, primary_answers)
        assert code not in {one.code for one in again}
    assert '"site-verification=abc"' in server.values(f"{zone}.", "TXT")


class AtPrimary:
    """Asks the primary itself."""

    def __init__(self, server: PrimaryServer) -> None:
        self.server = server

    async def ask(self, name: str, type: str) -> Answer:
        values = self.server.values(name, type)
        if not values:
            return Answer(name, type, Outcome.NODATA)
        if type in ("TXT", "SPF"):
            texts = tuple((value.strip('"').encode(),) for value in values)
            return Answer(name, type, Outcome.OK, texts=texts)
        return Answer(name, type, Outcome.OK, values=tuple(values))


def test_the_zone_of_a_name_is_found_by_its_soa(server: PrimaryServer) -> None:
    lookups = AtPrimary(server)
    assert asyncio.run(find_zone("_dmarc.z1.test.", lookups)) == ("z1.test", "ns.z1.test")
    assert asyncio.run(find_zone("_dmarc.nowhere.example", lookups)) is None
